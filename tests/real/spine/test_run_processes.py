"""``shelfstream run`` as a process of its own: signals, exit codes, health, what it says."""

import http.client
import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytestmark = [pytest.mark.real, pytest.mark.slow]

_MAIN = (sys.executable, "-m", "deploy")
_READY = re.compile(r'"url": "(http://[^"]+)/ready"')
_WITHIN_S = 60.0


def _environ(folder: Path, more: Mapping[str, str] = {}) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SHELFSTREAM_")}
    ours = {"PROCESS__DATA_FOLDER": str(folder), "PROCESS__LOG_FORMAT": "json"}
    return {**clean, **{f"SHELFSTREAM_{name}": value for name, value in {**ours, **more}.items()}}


def _shelfstream(folder: Path, *arguments: str, more: Mapping[str, str] = {}) -> subprocess.CompletedProcess[str]:
    environ = _environ(folder, more)
    return subprocess.run([*_MAIN, *arguments], env=environ, check=False, capture_output=True, text=True, timeout=120)


class _Running:
    """A running process and what it has logged so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []

    def until(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """Read its log until a line matches."""
        assert self.process.stderr is not None
        while True:
            readable, _, _ = select.select([self.process.stderr], [], [], _WITHIN_S)
            line = self.process.stderr.readline() if readable else ""
            assert line, f"no line with {pattern.pattern} in:\n{''.join(self.lines)}"
            self.lines.append(line)
            if found := pattern.search(line):
                return found

    def end(self, number: signal.Signals) -> int:
        """Send a signal; its exit code."""
        self.process.send_signal(number)
        _, rest = self.process.communicate(timeout=_WITHIN_S)
        self.lines.append(rest)
        return self.process.returncode


@contextmanager
def _run(folder: Path, *stages: str, more: Mapping[str, str] = {}) -> Iterator[_Running]:
    command = [*_MAIN, "run", *stages]
    with subprocess.Popen(command, env=_environ(folder, more), stderr=subprocess.PIPE, text=True, bufsize=1) as process:
        try:
            yield _Running(process)
        finally:
            process.kill()


def _ask(url: str) -> tuple[int, str]:
    """Status and body, whatever the status is."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    connection.request("GET", parts.path)
    with closing(connection), connection.getresponse() as answer:
        return answer.status, answer.read().decode()


def _until_ready(url: str, running: _Running) -> object:
    """Ask until the process says that it is ready."""
    while running.process.poll() is None:
        status, body = _ask(f"{url}/ready")
        if status == 200:
            return json.loads(body)
        select.select([], [], [], 0.05)
    raise AssertionError("".join(running.lines))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains(tmp_path: Path, number: signal.Signals) -> None:
    """A stage becomes ready, tells its metrics, and ends with 0 when asked to; its lines are JSON."""
    with _run(tmp_path, "alerts", "historian") as running:
        url = running.until(_READY)[1]
        assert _until_ready(url, running) == {"ok": True, "services": {"alerts": True, "historian": True}}
        _, metrics = _ask(f"{url}/metrics")
        assert running.end(number) == 0
    assert 'shelfstream_loop_records_total{stage="historian"} 0.0' in metrics
    assert 'shelfstream_service_ready{service="alerts"} 1.0' in metrics
    ended = [json.loads(line) for text in running.lines for line in text.splitlines()]
    assert {line.get("service") for line in ended if line["event"] == "service_ended"} == {"alerts", "historian"}
    assert all(line["process"] for line in ended)


def test_a_second_process_on_the_embedded_bus_is_told_why_not(tmp_path: Path) -> None:
    """The embedded bus belongs to one process: a second one ends with 2 and a sentence."""
    with _run(tmp_path, "historian") as running:
        _until_ready(running.until(_READY)[1], running)
        second = _shelfstream(tmp_path, "run", "alerts")
        assert running.end(signal.SIGTERM) == 0
    assert second.returncode == 2
    assert "Traceback" not in second.stderr


def test_faults_end_with_2_and_all_of_them(tmp_path: Path) -> None:
    """Wrong settings end the start with 2, every fault on standard error."""
    more = {"PROCESS__MODE": "fast", "ALERTS__RAISE_AFTER_S": "soon"}
    done = _shelfstream(tmp_path, "run", "alerts", more=more)
    assert done.returncode == 2
    assert "SHELFSTREAM_PROCESS__MODE" in done.stderr
    assert "SHELFSTREAM_ALERTS__RAISE_AFTER_S" in done.stderr


def test_waits_for_servers_that_come_later(tmp_path: Path) -> None:
    """With its broker away a process is alive, not ready, says what it waits for, and ends in good order."""
    more = {"KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1", "KAFKA__BOOTSTRAP_TIMEOUT_S": "1"}
    with _run(tmp_path, "historian", more=more) as running:
        url = running.until(_READY)[1]
        running.until(re.compile('"event": "waiting"'))
        assert _ask(f"{url}/live")[0] == 200
        assert _ask(f"{url}/ready")[0] == 503
        assert running.end(signal.SIGTERM) == 0
