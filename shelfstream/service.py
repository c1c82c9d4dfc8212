"""A service: what a stage's composition root builds and the supervisor runs, one thread each.

``StageContext`` is what every stage is given by its process; ``LoopService`` runs the loop of a stage on the bus.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import SecretStr
from sqlalchemy import Engine

from shelfstream.background import Background, Work
from shelfstream.bus.api import Bus, Partition
from shelfstream.bus.loop import Loop
from shelfstream.bus.metrics import LoopMetrics, lag_watch
from shelfstream.bus.observer import LoopObserver
from shelfstream.clock import Clock
from shelfstream.file_store import FileStore, PictureStore, archive_at
from shelfstream.metrics import Metrics
from shelfstream.secrets import KnownSecrets


class Service(Protocol):
    """One running stage."""

    @property
    def name(self) -> str:
        """What logs, metrics and health pages call it."""
        ...

    def run(self, stop: threading.Event) -> None:
        """Work in the caller's thread until ``stop`` is set, then drain and return. Raises on failure."""
        ...

    def alive(self) -> bool:
        """Whether it makes progress; a process of which this is false for long should be restarted."""
        ...

    def ready(self) -> bool:
        """Whether it does its work by now."""
        ...


if TYPE_CHECKING:
    # The ingest box has no Redis client installed; a type must not ask for one.
    import redis


@dataclass(frozen=True)
class StageContext:
    """The outside world, opened once per process. ``process`` is unique among all processes on one bus.

    ``member`` is that name where an operator gave it: it is then the same after a restart, and the groups keep the
    process's places for it. ``None``: every start is a new member, which leaves its groups at once when it stops.
    ``secrets`` are all that the process has been given: what it says to anybody goes through their ``mask``.
    ``archive`` keeps what analytics took in; in this process's memory where nothing else was said.
    ``link_keys`` sign links in messages that answer without a password, the newest first; without any there are none.
    ``redis`` is ``None`` where the settings name none; it and ``engine`` connect when first used.
    """

    bus: Bus
    clock: Clock
    pictures: PictureStore
    process: str
    redis: "redis.Redis | None"
    engine: Engine
    metrics: Metrics
    member: str | None = None
    secrets: KnownSecrets = field(default_factory=KnownSecrets)
    link_keys: tuple[SecretStr, ...] = ()
    archive: FileStore = field(default_factory=lambda: archive_at("memory://archive"))


MakeLoop = Callable[[LoopObserver], Loop[Any, Any, Any]]


class LoopService:
    """Runs the loop that ``make_loop`` builds; consumers belong to one thread, so it is built inside ``run``.

    ``reads`` names the topics whose lag of group ``name`` is to be told to Prometheus; ``background`` is work that goes
    on in threads of its own, and whose failure is the service's. Alive while the loop's last beat is younger than
    ``beats_within_s``; ready from its first assignment on, its state restored.
    """

    def __init__(
        self,
        name: str,
        make_loop: MakeLoop,
        parts: StageContext,
        *,
        reads: Sequence[str] = (),
        background: Sequence[tuple[str, Work]] = (),
        beats_within_s: float = 120.0,
    ) -> None:
        self.name = name
        self._make_loop = make_loop
        self._clock = parts.clock
        self._metrics = LoopMetrics(parts.metrics, name, parts.clock)
        lag = [(f"lag-{name}", lag_watch(parts.bus, name, reads, self._owned, self._metrics.lag))] if reads else []
        self._background = (*background, *lag)
        self._beats_within_s = beats_within_s
        self._loop: Loop[Any, Any, Any] | None = None
        self._started_s = parts.clock.monotonic_s()
        self._ended = False

    def run(self, stop: threading.Event) -> None:
        """Run the loop until ``stop`` is set. Raises what the loop raises, or what goes on in the background."""
        try:
            with ExitStack() as stack:
                for name, work in self._background:
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
