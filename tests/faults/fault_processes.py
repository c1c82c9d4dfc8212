"""Stages as separate processes of the real command, to be killed, frozen and started again by tests."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

import httpx

from deploy.runtime.server import HOST, free_port

_STARTS_WITHIN_S = 60.0
_STOPS_WITHIN_S = 30.0
_POLL_S = 0.1


def wait_until(true: Callable[[], bool], what: str, within_s: float) -> None:
    """Wait for a condition; fail with a sentence when it does not come."""
    give_up_s = time.monotonic() + within_s
    while not true():
        if time.monotonic() > give_up_s:
            raise AssertionError(f"{what}: not within {within_s:g} s")
        time.sleep(_POLL_S)


class StageProcess:
    """``shelfstream run STAGE`` with an environment of its own, its log in a file, its health on a port of its own."""

    def __init__(self, stage: str, environment: Mapping[str, str], folder: Path, name: str = "") -> None:
        self.stage = stage
        self.name = name or stage
        self.health_port = free_port()
        self.log = folder / f"{self.name}.log"
        self._environment = {
            **os.environ,
            **environment,
            "SHELFSTREAM_PROCESS__NAME": self.name,
            "SHELFSTREAM_PROCESS__HEALTH_PORT": str(self.health_port),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How it ended; ``None`` while it runs."""
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Start it; ``wait_ready`` says when it works."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "deploy", "run", self.stage],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def ready(self) -> bool:
        """What its readiness probe says."""
        try:
            return httpx.get(f"http://{HOST}:{self.health_port}/ready", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def wait_ready(self, within_s: float = _STARTS_WITHIN_S) -> None:
        """Wait until it works; fail with the end of its log when it does not."""
        give_up_s = time.monotonic() + within_s
        while not self.ready():
            if not self.running or time.monotonic() > give_up_s:
                raise AssertionError(f"{self.name} is not ready; the end of its log:\n{self.log.read_text()[-3000:]}")
            time.sleep(_POLL_S)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        if self.running and self._process is not None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def stop(self) -> int:
        """End it in peace and return its exit code; fail when it does not end."""
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)
        if self._process is None:
            return 0
        try:
            return self._process.wait(_STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not stop; its log:\n{self.log.read_text()[-3000:]}") from None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.kill()
