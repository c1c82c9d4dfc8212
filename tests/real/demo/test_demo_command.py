"""``shelfstream demo`` as a newcomer starts it: the real command, with everything that it runs."""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(600)]

_ROOT = Path(__file__).parents[3]
_COMMAND = [sys.executable, "-m", "deploy", "demo", "--headless"]
_RUNS_S = 60
_STARTS_WITHIN_S = 60.0
_ENDS_WITHIN_S = 60.0


class Demo:
    """A running demo, whose lines are read as they come."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        self.started_s = time.monotonic()
        self.process = subprocess.Popen(
            [*_COMMAND, "--data", str(data), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=_ROOT,
        )
        self.said: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def says(self, words: str, within_s: float = _STARTS_WITHIN_S) -> str:
        """Wait for a line with these words."""
        give_up_s = time.monotonic() + within_s
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, give_up_s - time.monotonic()))
            except queue.Empty:
                line = None
            assert line is not None, f"never said {words!r}:\n{''.join(self.said)}"
            self.said.append(line)
            if words in line:
                return line

    def ends(self, code: int, within_s: float = _ENDS_WITHIN_S) -> None:
        """Wait for its end, with this exit code."""
        ended = self.process.wait(within_s)
        self.said += iter(self._lines.get, None)
        assert ended == code, f"ended with {ended}:\n{''.join(self.said)}"


@contextmanager
def demo(data: Path, *options: str) -> Iterator[Demo]:
    """A demo that does not outlive the test."""
    running = Demo(data, *options)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()


@dataclass(frozen=True)
class Told:
    """What an unattended run left: where it said the console is, its report, and when the first alert was shown."""

    first_line: str
    report: dict[str, Any]
    first_alert_s: float


def processes_of(folder: Path) -> dict[int, str]:
    """The processes that run in a folder or were told of it, by pid."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            said = (entry / "cmdline").read_text().replace("\0", " ")
            inside = (entry / "cwd").readlink().is_relative_to(folder)
        except OSError:
            continue
        if inside or str(folder) in said:
            found[int(entry.name)] = said
    return found


def until(done: Callable[[], bool], what: Callable[[], object], within_s: float = 15.0) -> None:
    give_up_s = time.monotonic() + within_s
    while not done():
        assert time.monotonic() < give_up_s, what()
        time.sleep(0.1)


def unattended(data: Path, json_path: Path, port: int) -> Told:
    with demo(data, "--for", str(_RUNS_S), "--json", str(json_path), "--port", str(port)) as running:
        first_line = running.says("the console is at")
        running.says("OUT", _RUNS_S)
        first_alert_s = time.monotonic() - running.started_s
        running.ends(0, _RUNS_S + _ENDS_WITHIN_S)
    report: dict[str, Any] = json.loads(json_path.read_text())
    return Told(first_line, report, first_alert_s)


@pytest.fixture(scope="module")
def taken_port() -> Iterator[int]:
    """A port on which somebody else listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, taken_port: int) -> list[Told]:
    """Two unattended runs that ended by themselves, with 0; the second on what the first left."""
    folder = tmp_path_factory.mktemp("demo")
    return [unattended(folder / "data", folder / f"{number}.json", taken_port) for number in (1, 2)]


@pytest.fixture(params=[0, 1], ids=["fresh", "again"])
def told(both: list[Told], request: pytest.FixtureRequest) -> Told:
    """Each of the two."""
    return both[int(request.param)]


def test_a_taken_port_is_told(told: Told, taken_port: int) -> None:
    """The console goes to another port, and the demo says where it is and why."""
    assert f"port {taken_port} is taken" in told.first_line
    assert f":{taken_port} " not in told.first_line


def test_the_first_alert_comes_within_a_minute(told: Told) -> None:
    """On fresh data and on old, the first alert of this run is there 60 s after the start of the process."""
    assert told.first_alert_s <= 60
    assert 0 < told.report["first_alert_s"] <= 60


def test_the_report_has_every_figure(told: Told) -> None:
    """All that a script may ask for is there, in its kind."""
    kinds = {name: type(value) for name, value in told.report.items()}
    counts = dict.fromkeys(("frames_published", "frames_seen", "facings_seen"), int)
    lists = dict.fromkeys(("events", "alerts", "truth", "missed", "excused"), list)
    assert kinds == {**counts, "first_alert_s": float, **lists}


def test_frames_flow(told: Told) -> None:
    """Frames are published and looked at, and facings are seen in them."""
    report = told.report
    assert 0 < report["frames_seen"] <= report["frames_published"]
    assert report["facings_seen"] > report["frames_seen"]


def test_events_are_reported(told: Told) -> None:
    """Each event has its slot, product, state, the interval of its onset, its times, and a verdict."""
    events = told.report["events"]
    assert {event["state"] for event in events} >= {"OUT", "STOCKED"}
    for event in events:
        assert isinstance(event["slot"], str)
        assert isinstance(event["product"], str)
        assert set(event["onset"]) == {"earliest", "latest", "level"}
        assert moment(event["onset"]["earliest"]) <= moment(event["onset"]["latest"])
        assert isinstance(event["latency_s"], float)
        assert moment(event["emitted_at"])
        assert isinstance(event["true"], bool) == (event["state"] != "UNKNOWN")


def test_alerts_are_reported(told: Told) -> None:
    """Each alert has its slot, when it was raised and, if so, cleared, and a verdict; some alert is true."""
    alerts = told.report["alerts"]
    for alert in alerts:
        assert isinstance(alert["slot"], str)
        assert isinstance(alert["true"], bool)
        assert alert["cleared_at"] is None or moment(alert["cleared_at"]) >= moment(alert["raised_at"])
    assert any(alert["true"] for alert in alerts)


def test_truth_is_reported(told: Told) -> None:
    """Truth holds whole episodes; what was missed or excused is part of it."""
    truth = told.report["truth"]
    assert truth
    for episode in truth:
        assert set(episode) == {"slot", "product", "from", "to"}
        assert episode["to"] is None or moment(episode["to"]) > moment(episode["from"])
    for name in ("missed", "excused"):
        assert all(episode in truth for episode in told.report[name])


def moment(told: str) -> datetime:
    """An aware time, as the report writes it."""
    read = datetime.fromisoformat(told)
    assert read.tzinfo is not None
    return read


def test_ctrl_c_ends_it_and_a_second_one_is_refused(tmp_path: Path) -> None:
    """A second demo on the same folder is refused and harms nobody; SIGINT then ends the first, and all it started."""
    with demo(tmp_path, "--port", "0") as first:
        first.says("frames seen")
        pid_file = tmp_path / "redis" / "pid"
        before = pid_file.read_bytes(), pid_file.stat().st_mtime_ns
        with demo(tmp_path, "--port", "0") as second:
            second.says("another process runs on")
            second.ends(2)
        assert (pid_file.read_bytes(), pid_file.stat().st_mtime_ns) == before
        first.process.send_signal(signal.SIGINT)
        first.ends(0)
    assert processes_of(tmp_path) == {}


def test_kill_9_leaves_nothing_and_the_next_start_works(tmp_path: Path) -> None:
    """Killed with -9, it takes its Redis along within seconds; on the data it left the next demo runs as any."""
    with demo(tmp_path, "--port", "0") as killed:
        killed.says("OUT")
        redis_pid = int((tmp_path / "redis" / "pid").read_text())
        assert redis_pid in processes_of(tmp_path)
        os.kill(killed.process.pid, signal.SIGKILL)
        killed.ends(-signal.SIGKILL)
        until(lambda: processes_of(tmp_path) == {}, lambda: processes_of(tmp_path))
    report = tmp_path / "out.json"
    with demo(tmp_path, "--port", "0", "--for", "15", "--json", str(report)) as again:
        again.ends(0, 15 + _ENDS_WITHIN_S)
    assert json.loads(report.read_text())["frames_seen"] > 0


def test_a_reader_that_leaves_ends_it(tmp_path: Path) -> None:
    """Piped into ``head -1``, it goes with its reader instead of staying without one."""
    command = f"{' '.join(_COMMAND)} --port 0 --data {tmp_path} | head -1"
    done = subprocess.run(
        ["bash", "-c", command], cwd=_ROOT, capture_output=True, text=True, check=False, timeout=_ENDS_WITHIN_S
    )
    assert done.stdout.startswith("the console is at")
    assert "Traceback" not in done.stderr
    until(lambda: processes_of(tmp_path) == {}, lambda: processes_of(tmp_path))


@pytest.mark.parametrize(("option", "path"), [("--json", "missing/dir/out.json"), ("--data", "file/data")])
def test_a_place_that_cannot_be_written_is_told_at_once(tmp_path: Path, option: str, path: str) -> None:
    """It does not run first and fail in the end: a sentence, exit code 2, and nothing started."""
    (tmp_path / "file").touch()
    with demo(tmp_path / "data", option, str(tmp_path / path)) as refused:
        refused.says(f"{option}:")
        refused.ends(2)
        assert "Traceback" not in "".join(refused.said)
    assert not (tmp_path / "data").exists()
