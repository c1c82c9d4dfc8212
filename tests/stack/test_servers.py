"""The real servers: they answer, keep their data, and never outlive whoever wanted them."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis

from deploy.runtime.process_guard import GRACE_S
from deploy.runtime.redis_server import Redis
from deploy.runtime.server import Server
from devstack.kafka.broker import Kafka
from devstack.kafka.jars import kafka_jars
from devstack.local import LocalStack
from devstack.postgres import Postgres, within_reach
from shelfstream.bus.kafka.bus import KafkaBus
from shelfstream.bus.kafka.settings import KafkaSettings
from shelfstream.errors import Fault, Faults

pytestmark = pytest.mark.real
_ROOT = Path(__file__).parents[2]
_PARENT = """
import sys, time
from deploy.runtime.redis_server import Redis
server = Redis()
server.start()
print(server.pid, server.folder, flush=True)
time.sleep(600)
"""


def ask_redis(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        assert client.ping()


def ask_postgres(url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute("SELECT 41 + 1").fetchone()
    assert row == (42,)


def ask_kafka(url: str) -> None:
    admin = KafkaBus(KafkaSettings(bootstrap_servers=url)).admin()
    assert admin.partition_counts(["nothing"]) == {}
    admin.close()


def until(done: Callable[[], bool], what: str) -> None:
    give_up_s = time.monotonic() + 30
    while not done():
        assert time.monotonic() < give_up_s, what
        time.sleep(0.05)


def runs(pid: int) -> bool:
    """Whether a process is there and not just waiting to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("make", "ask"),
    [
        pytest.param(lambda cache: Redis(), ask_redis, id="redis"),
        pytest.param(lambda cache: Postgres(), ask_postgres, id="postgres"),
        pytest.param(Kafka, ask_kafka, id="kafka", marks=pytest.mark.slow),
    ],
)
def test_a_server_answers_and_leaves_nothing_behind(
    make: Callable[[Path], Server], ask: Callable[[str], None], kafka_cache: Path
) -> None:
    """Its URL serves a client; after the block neither its process nor its temporary folder is there."""
    with make(kafka_cache) as server:
        ask(server.url)
        pid, folder = server.pid, server.folder
        assert pid is not None
        assert folder.exists()
    assert not runs(pid)
    assert not folder.exists()


def test_data_outlive_a_kill() -> None:
    """A server killed as by a power cut comes back on its port with what it had acknowledged."""
    with Postgres() as server:
        url = server.url.replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (n int)")
            connection.execute("CHECKPOINT")
        server.kill()
        server.start()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_kill_9_of_the_parent_takes_the_server_along() -> None:
    """Nobody cleans up after a killed process, and yet neither server nor folder stays."""
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True, cwd=_ROOT)
    assert parent.stdout is not None
    pid_text, folder = parent.stdout.readline().split()
    assert runs(int(pid_text))
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    until(lambda: not runs(int(pid_text)), "the server is still there")
    until(lambda: not Path(folder).exists(), "the folder is still there")
    parent.stdout.close()


def test_kill_9_of_the_guard_takes_the_server_along(tmp_path: Path) -> None:
    """Even without its watcher a server ends."""
    server = Redis(tmp_path)
    server.start()
    pid = server.pid
    assert pid is not None
    assert server._guard is not None
    server._guard.kill()
    until(lambda: not runs(pid), "the server is still there")
    server.stop()


@pytest.mark.parametrize("told", [None, "another's", "nonsense"])
def test_a_stop_needs_no_file_with_the_pid(told: str | None, tmp_path: Path) -> None:
    """Where that file was lost or tells of another server, the own one ends in peace, and no other."""
    with Redis(tmp_path / "other") as other:
        server = Redis(tmp_path)
        server.start()
        pid, started_s = server.pid, time.monotonic()
        assert pid is not None
        (tmp_path / "pid").unlink()
        if told is not None:
            (tmp_path / "pid").write_text(str(other.pid) if told == "another's" else told)
        server.stop()
        assert not runs(pid)
        assert time.monotonic() - started_s < GRACE_S
        ask_redis(other.url)


@pytest.mark.slow
def test_a_stop_has_an_end(tmp_path: Path) -> None:
    """A server whose guard does not answer is ended all the same, within a time that is known."""
    server = Redis(tmp_path)
    server.start()
    pid, guarded = server.pid, server._guard
    assert pid is not None
    assert guarded is not None
    os.kill(guarded.pid, signal.SIGSTOP)
    server.stop()
    until(lambda: not runs(pid), "the server is still there")
    assert guarded.returncode is not None


def test_a_frozen_server_can_be_stopped() -> None:
    """A stop thaws it first, so it ends and leaves nothing behind."""
    with Redis() as server:
        pid = server.pid
        server.freeze()
    assert pid is not None
    assert not runs(pid)


@pytest.mark.parametrize(("make", "package"), [(Redis, "redis"), (Postgres, "postgresql")])
def test_a_missing_component_is_a_sentence(
    make: Callable[[], Server], package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the program the fault names the package that brings it, and no folder stays."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(Path, "glob", lambda self, pattern: iter(()))
    server = make()
    with pytest.raises(Faults, match=f"apt install {package}"), server:
        pass
    assert not server.folder.exists()


def test_kafka_says_what_it_lacks(tmp_path: Path, kafka_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Maven there are no jars, without Java no broker: each is told."""
    jars = kafka_jars(kafka_cache)
    assert any(jars.glob("kafka_*.jar"))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Faults, match="maven"):
        Kafka(tmp_path, tmp_path).prepare()
    with pytest.raises(Faults, match="openjdk"):
        Kafka(kafka_cache, tmp_path).prepare()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")
def test_a_folder_out_of_reach_is_a_sentence(tmp_path: Path) -> None:
    """Below a folder that is closed to PostgreSQL's user, the fault says which one and what to do."""
    closed = tmp_path / "closed"
    (closed / "postgres").mkdir(parents=True)
    closed.chmod(0o700)
    with pytest.raises(Faults, match="SHELFSTREAM_CACHE"):
        Postgres(closed / "postgres").prepare()


def test_a_closed_home_folder_is_left_for_one_that_everybody_may_enter(tmp_path: Path) -> None:
    """As root below a folder that is closed to others, PostgreSQL keeps its data elsewhere, always in one place."""
    if os.geteuid() != 0:
        assert within_reach(tmp_path / "postgres") == tmp_path / "postgres"
        return
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    found = within_reach(closed / "cache" / "postgres")
    assert not found.is_relative_to(tmp_path)
    assert within_reach(closed / "cache" / "postgres") == found
    try:
        with Postgres(found) as server:
            ask_postgres(server.url)
    finally:
        shutil.rmtree(found.parent, ignore_errors=True)


def test_when_one_server_cannot_start_those_that_were_started_stop_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing goes on running that ``make stack-down`` does not know of."""
    stack = LocalStack(tmp_path)
    first, second, third = stack.servers
    assert (first.name, second.name, third.name) == ("kafka", "redis", "postgres")

    def missing() -> list[str]:
        raise Faults("starting postgres", [Fault("PostgreSQL", "is missing")])

    monkeypatch.setattr(third, "prepare", missing)
    monkeypatch.setattr(stack, "servers", (second, third))
    with pytest.raises(Faults, match="is missing"):
        stack.up()
    assert (second.pid, third.pid) == (None, None)
    assert not stack.urls_file.exists()
