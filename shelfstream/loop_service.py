"""A loop as a service: the loop is made in the thread that runs it, and tells whether it goes on."""

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from shelfstream.background import Background, Work
from shelfstream.bus.loop import Loop
from shelfstream.bus.records import Partition
from shelfstream.bus.watch import LoopWatch
from shelfstream.lag import lag_watch
from shelfstream.loop_metrics import LoopMetrics
from shelfstream.parts import Parts

MakeLoop = Callable[[LoopWatch], Loop[Any, Any, Any]]


class LoopService:
    """Runs the loop that ``make_loop`` builds; consumers belong to one thread, so it is built inside ``run``.

    ``reads`` names the topics whose lag of group ``name`` is to be told to Prometheus; ``beside`` is work that goes on
    in threads of its own, and whose failure is the service's. Alive while the loop's last beat is younger than
    ``beats_within_s``; ready from its first assignment on, its state restored.
    """

    def __init__(
        self,
        name: str,
        make_loop: MakeLoop,
        parts: Parts,
        *,
        reads: Sequence[str] = (),
        beside: Sequence[tuple[str, Work]] = (),
        beats_within_s: float = 120.0,
    ) -> None:
        self.name = name
        self._make_loop = make_loop
        self._clock = parts.clock
        self._metrics = LoopMetrics(parts.metrics, name, parts.clock)
        lag = [(f"lag-{name}", lag_watch(parts.bus, name, reads, self._owned, self._metrics.lag))] if reads else []
        self._beside = (*beside, *lag)
        self._beats_within_s = beats_within_s
        self._loop: Loop[Any, Any, Any] | None = None
        self._started_s = parts.clock.monotonic_s()
        self._ended = False

    def run(self, stop: threading.Event) -> None:
        """Run the loop until ``stop`` is set. Raises what the loop raises, or what is beside it."""
        try:
            with ExitStack() as stack:
                for name, work in self._beside:
                    stack.enter_context(Background(name, work, stop))
                self._loop = self._make_loop(self._metrics)
                self._loop.run(stop)
        finally:
            self._ended = True

    def _owned(self) -> frozenset[Partition]:
        return frozenset() if self._loop is None else self._loop.owned

    def alive(self) -> bool:
        beat_s = self._loop.beat_s if self._loop is not None else self._started_s
        return not self._ended and self._clock.monotonic_s() - beat_s < self._beats_within_s

    def ready(self) -> bool:
        return self.alive() and self._loop is not None and self._loop.joined
