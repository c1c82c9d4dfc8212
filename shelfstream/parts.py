"""What every stage is given by its process's composition root."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from shelfstream.bus.seam import Bus
from shelfstream.clock import Clock
from shelfstream.metrics import Metrics
from shelfstream.pictures import PictureStore
from shelfstream.secrets import KnownSecrets

if TYPE_CHECKING:
    # The ingest box has no Redis client installed; a type must not ask for one.
    import redis


@dataclass(frozen=True)
class Parts:
    """The outside world, opened once per process. ``process`` is unique among all processes on one bus.

    ``member`` is that name where an operator gave it: it is then the same after a restart, and the groups keep the
    process's places for it. ``None``: every start is a new member, which leaves its groups at once when it stops.
    ``secrets`` are all that the process has been given: what it says to anybody goes through their ``mask``.
    ``redis`` and ``engine`` are ``None`` where the settings name none; both connect when first used.
    """

    bus: Bus
    clock: Clock
    pictures: PictureStore
    process: str
    redis: "redis.Redis | None"
    engine: Engine | None
    metrics: Metrics
    member: str | None = None
    secrets: KnownSecrets = field(default_factory=KnownSecrets)
