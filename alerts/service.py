"""Alerts as one service: the loop that keeps the ledger, and beside it the catalogue's follower and the courier."""

import threading
from collections.abc import Callable, Sequence

from shelfstream.loop_service import LoopService

Work = Callable[[threading.Event], None]
_ENDS_WITHIN_S = 30.0
_LOOK_EVERY_S = 0.05


class SideThread:
    """Work beside the loop. Its failure sets ``stop``, so that the whole service ends and tells it."""

    def __init__(self, name: str, work: Work, stop: threading.Event) -> None:
        self._work = work
        self._stop = stop
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.failed_with: BaseException | None = None
        self._thread.start()

    def join(self) -> None:
        """Wait for its end; a message that is just being sent has its time."""
        self._thread.join(_ENDS_WITHIN_S)

    def _run(self) -> None:
        try:
            self._work(self._stop)
        except BaseException as exc:  # noqa: BLE001  # handed to the service's own thread, which raises it
            self.failed_with = exc
            self._stop.set()


class AlertsService:
    """Runs ``loop`` once ``loaded`` is set (the opening hours are known), with ``beside`` running all along."""

    def __init__(self, loop: LoopService, beside: Sequence[tuple[str, Work]], loaded: threading.Event) -> None:
        self.name = loop.name
        self._loop = loop
        self._beside = tuple(beside)
        self._loaded = loaded

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set. Raises what the loop or a thread beside it raises."""
        threads = [SideThread(name, work, stop) for name, work in self._beside]
        try:
            while not stop.is_set() and not self._loaded.wait(_LOOK_EVERY_S):
                pass
            if not stop.is_set():
                self._loop.run(stop)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        for thread in threads:
            if thread.failed_with is not None:
                raise thread.failed_with

    def alive(self) -> bool:
        """Whether the loop beats."""
        return self._loop.alive()

    def ready(self) -> bool:
        """Whether the loop has its partitions, their state restored."""
        return self._loop.ready()
