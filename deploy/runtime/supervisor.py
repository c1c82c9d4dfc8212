"""Runs services in threads: the first failure stops all, a signal drains them, a second one ends at once."""

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import structlog

from shelfstream.clock import Clock
from shelfstream.errors import ShelfstreamError
from shelfstream.service import Service

_LOOK_EVERY_S = 0.2
_log = structlog.get_logger(__name__)


class ServiceFailed(Exception):
    """A service ended by an exception; that is its ``__cause__``."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.service = service


class DrainOverdue(Exception):
    """Services that did not end within the time that a stop may take."""

    def __init__(self, services: Sequence[str]) -> None:
        super().__init__(f"{', '.join(services)} did not end in time; work in hand will be done again")


class Supervisor:
    """Runs services until ``stop`` is set, one of them fails, or all have ended by themselves."""

    def __init__(self, services: Sequence[Service], clock: Clock, *, drain_within_s: float) -> None:
        self._services = tuple(services)
        self._clock = clock
        self._drain_within_s = drain_within_s
        self._failures: list[tuple[str, BaseException]] = []

    def run(self, stop: threading.Event) -> None:
        """Run all. Raises ``ServiceFailed`` for the first failure, ``DrainOverdue`` when the end takes too long."""
        threads = {
            # Daemons, so that one that hangs cannot hold the process after it was given up.
            service.name: threading.Thread(target=self._run, args=(service, stop), name=service.name, daemon=True)
            for service in self._services
        }
        for thread in threads.values():
            thread.start()
        while not stop.is_set() and any(thread.is_alive() for thread in threads.values()):
            stop.wait(_LOOK_EVERY_S)
        stop.set()
        overdue = self._join(threads)
        if self._failures:
            name, cause = self._failures[0]
            raise ServiceFailed(name) from cause
        if overdue:
            raise DrainOverdue(overdue)

    def _run(self, service: Service, stop: threading.Event) -> None:
        structlog.contextvars.bind_contextvars(service=service.name)
        try:
            service.run(stop)
        except ShelfstreamError as exc:
            _log.error("service_stopped", error=type(exc).__name__, detail=str(exc))
            self._fail(service, exc, stop)
        except BaseException as exc:  # noqa: BLE001 - whatever ends a thread must end the process, and be told
            _log.error("service_crashed", exc_info=exc)
            self._fail(service, exc, stop)
        else:
            _log.info("service_ended")

    def _fail(self, service: Service, exc: BaseException, stop: threading.Event) -> None:
        self._failures.append((service.name, exc))
        stop.set()

    def _join(self, threads: dict[str, threading.Thread]) -> list[str]:
        until_s = self._clock.monotonic_s() + self._drain_within_s
        for thread in threads.values():
            thread.join(max(0.0, until_s - self._clock.monotonic_s()))
        return [name for name, thread in threads.items() if thread.is_alive()]


@contextmanager
def stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set ``stop``; a second one ends the process at once. For the main thread alone."""

    def handle(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
