"""Alerts as one service: the loop that keeps the ledger, once the catalogue is known that it needs."""

import threading
from collections.abc import Sequence
from contextlib import ExitStack

from shelfstream.background import Background, Work
from shelfstream.loop_service import LoopService

_LOOK_EVERY_S = 0.05


class AlertsService:
    """Runs ``loop`` once ``loaded`` is set (the opening hours are known), with ``beside`` running all along."""

    def __init__(self, loop: LoopService, beside: Sequence[tuple[str, Work]], loaded: threading.Event) -> None:
        self.name = loop.name
        self._loop = loop
        self._beside = tuple(beside)
        self._loaded = loaded

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set. Raises what the loop or a thread beside it raises."""
        with ExitStack() as stack:
            for name, work in self._beside:
                stack.enter_context(Background(name, work, stop))
            while not stop.is_set() and not self._loaded.wait(_LOOK_EVERY_S):
                pass
            if not stop.is_set():
                self._loop.run(stop)

    def alive(self) -> bool:
        """Whether the loop beats."""
        return self._loop.alive()

    def ready(self) -> bool:
        """Whether the loop has its partitions, their state restored."""
        return self._loop.ready()
