"""``shelfstream run all --catalogue FOLDER``: a whole store on one machine, as its owner starts, edits and kills it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.demo.settings import DEMO_STORE
from devstack.kafka.broker import Kafka

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(400)]

_ROOT = Path(__file__).parents[3]
_WITHIN_S = 90.0
_STORE = "demo-market"


class Box:
    """One process that runs the store."""

    def __init__(self, folder: Path, data: Path, **settings: str) -> None:
        self.log = data.with_suffix(".log")
        environment = environment_of(data, **settings)
        command = [sys.executable, "-m", "deploy", "run", "all", "--catalogue", str(folder)]
        self._before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=log, stderr=log)

    def url(self) -> str:
        """Where it says that the console is."""
        found: list[str] = []

        def said() -> bool:
            found[:] = re.findall(r"The console is at (http://\S+)", self.log.read_text()[self._before :])
            return bool(found)

        until(said, self)
        return found[-1]

    def ask(self, path: str) -> Any:
        return httpx.get(self.url() + path, timeout=10).json()

    def known(self) -> int:
        """How many slots are known to be something."""
        if not self.ask("/api/stores"):
            return 0
        slots = self.ask(f"/api/stores/{_STORE}/slots")["slots"]
        return sum(slot["state"] != "UNKNOWN" for slot in slots)


def environment_of(data: Path, **settings: str) -> dict[str, str]:
    """What the process is told; ``settings`` are ``SECTION__FIELD``."""
    free = {"CONSOLE__PORT": "0", "PROCESS__HEALTH_PORT": "0"}
    ours = {"PROCESS__DATA_FOLDER": str(data), "CONSOLE__SIGN_IN": "off", **free, **settings}
    return {**os.environ, **{f"SHELFSTREAM_{name}": value for name, value in ours.items()}}


def until(done: Callable[[], bool], box: Box) -> None:
    give_up_s = time.monotonic() + _WITHIN_S
    while not done():
        assert box.process.poll() is None, box.log.read_text()
        assert time.monotonic() < give_up_s, box.log.read_text()
        time.sleep(0.2)


@contextmanager
def box(folder: Path, data: Path, **settings: str) -> Iterator[Box]:
    running = Box(folder, data, **settings)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def test_a_store_runs_without_any_server_and_outlives_kill_9(tmp_path: Path) -> None:
    """Slots become known, an edit of the folder shows, and after kill -9 a second start goes on with the same data."""
    folder, data = tmp_path / "my-store", tmp_path / "data"
    shutil.copytree(DEMO_STORE, folder)
    with box(folder, data) as first:
        until(lambda: first.known() > 0, first)
        store = folder / "store.yaml"
        store.write_text(re.sub(r"(?m)^name: .*$", "name: Corner Shop", store.read_text()))
        until(lambda: first.ask("/api/stores") == [{"id": _STORE, "name": "Corner Shop"}], first)
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.wait()
    with box(folder, data) as second:
        until(lambda: second.known() > 0, second)
        with box(folder, data) as rival:
            assert rival.process.wait(60) == 2
        assert "another process runs on" in second.log.read_text()
        assert second.known() > 0
        second.process.send_signal(signal.SIGTERM)
        assert second.process.wait(60) == 0


def test_a_folder_with_faults_starts_nothing(tmp_path: Path) -> None:
    """Every fault is told with its file and line, and no data folder is made."""
    folder, data = tmp_path / "my-store", tmp_path / "data"
    shutil.copytree(DEMO_STORE, folder)
    (folder / "slots.csv").write_text("slot\n")
    with box(folder, data) as running:
        assert running.process.wait(60) == 2
    assert "slots.csv:1" in running.log.read_text()
    assert not data.exists()


def test_the_same_store_moves_onto_servers(
    tmp_path: Path, kafka_cache: Path, redis_url: str, postgres_url: str, run_pid: int
) -> None:
    """Named in the settings, servers are used instead of what would be started: the folder is published to them."""
    data = tmp_path / "data"
    with Kafka(kafka_cache, watch_pid=run_pid) as broker:
        servers = {"KAFKA__BOOTSTRAP_SERVERS": broker.url, "REDIS__URL": redis_url, "SQL__URL": postgres_url}
        for command in (["topics", "create"], ["db", "upgrade"]):
            words = [sys.executable, "-m", "deploy", *command]
            subprocess.run(words, cwd=_ROOT, env=environment_of(data, **servers), check=True, timeout=120)
        with box(DEMO_STORE, data, **servers) as moved:
            until(lambda: moved.known() > 0, moved)
            moved.process.send_signal(signal.SIGTERM)
            assert moved.process.wait(60) == 0
    kept_in_folders = {"pictures", "archive"}
    assert sorted(path.name for path in data.iterdir() if path.name not in kept_in_folders) == ["run.lock"]


def test_the_first_start_says_how_to_sign_in(tmp_path: Path) -> None:
    """By a link that holds once; nobody else comes in, and the next start says nothing more."""
    folder, data = tmp_path / "my-store", tmp_path / "data"
    shutil.copytree(DEMO_STORE, folder)
    invites = "Choose admin's password within 24 hours: "
    with box(folder, data, CONSOLE__SIGN_IN="required") as first:
        until(lambda: invites in first.log.read_text(), first)
        assert httpx.get(f"{first.url()}/api/stores").status_code == 401
        link = first.log.read_text().partition(invites)[2].split()[0]
        with httpx.Client() as browser:
            assert browser.post(link, data={"password": "seven blue kettles"}).status_code == 303
            assert browser.get(f"{first.url()}/api/stores").status_code == 200
            assert browser.post(link, data={"password": "seven blue kettles"}).status_code == 410
        first.process.send_signal(signal.SIGTERM)
        assert first.process.wait(60) == 0
    with box(folder, data, CONSOLE__SIGN_IN="required") as second:
        assert second.url()
        second.process.send_signal(signal.SIGTERM)
        assert second.process.wait(60) == 0
        assert second.log.read_text().count(invites) == 1
