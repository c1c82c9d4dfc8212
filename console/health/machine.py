"""How the system's parts do now: what each stage has still to read, what waits to be sent, what was put aside."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine

from alerts.inbox import ChannelBacklog, channel_backlogs
from console.health.dead_letters import DeadLetter, DeadLetters
from console.read_models import Cached
from shelfstream.bus.api import Bus
from shelfstream.bus.topics import ANSWERS, CAMERAS, CATALOGUE, EVENTS, FACINGS, FRAMES, LEVELS
from shelfstream.clock import Clock
from shelfstream.errors import Unavailable

STAGE_READS: Mapping[str, tuple[str, ...]] = {
    "detector": (FRAMES,),
    "analytics": (FACINGS, CAMERAS, ANSWERS, LEVELS, CATALOGUE),
    "alerts": (EVENTS, ANSWERS),
    "historian": (EVENTS,),
    "keeper": (FRAMES, EVENTS),
    "archivist": (FACINGS, CAMERAS, ANSWERS),
}
"""By consumer group, in the order in which a picture becomes a message: the topics that it reads."""


@dataclass(frozen=True, slots=True)
class MachineNow:
    """The parts as they are now. ``behind``: by stage, records that it has still to read; one that never committed
    anything has all of its topics to read. ``troubles``: what could not be asked, and why.
    """

    at: datetime
    behind: Mapping[str, int] = field(default_factory=dict)
    backlogs: tuple[ChannelBacklog, ...] = ()
    letters: tuple[DeadLetter, ...] = ()
    troubles: tuple[str, ...] = ()


class Machine:
    """Asks bus and SQL how they do."""

    def __init__(self, bus: Bus, engine: Engine, clock: Clock) -> None:
        self._bus = bus
        self._engine = engine
        self._clock = clock
        self.dead_letters = DeadLetters(bus, engine, clock)

    def look(self) -> MachineNow:
        """Everything that can be found out; what cannot is told in ``troubles``."""
        troubles: list[str] = []
        behind: dict[str, int] = {}
        backlogs: list[ChannelBacklog] = []
        letters: list[DeadLetter] = []
        try:
            behind = self._behind()
        except Unavailable as away:
            troubles.append(f"The bus cannot be asked how far the stages are. ({away.what})")
        try:
            backlogs = channel_backlogs(self._engine)
        except Unavailable as away:
            troubles.append(f"The outbox cannot be read. ({away.what})")
        try:
            letters = self.dead_letters.newest()
        except Unavailable as away:
            troubles.append(f"Dead letters cannot be read. ({away.what})")
        return MachineNow(self._clock.now(), behind, tuple(backlogs), tuple(letters), tuple(troubles))

    def _behind(self) -> dict[str, int]:
        with closing(self._bus.admin()) as admin:
            return {stage: sum(admin.lag(stage, topics).values()) for stage, topics in STAGE_READS.items()}


@dataclass(frozen=True)
class Operating:
    """The machine as one who looks after it meets it, ``by`` that name. What was seen is ``kept`` for a moment."""

    machine: Machine
    kept: Cached[str, MachineNow]
    by: str

    def now(self) -> MachineNow:
        """How bus and stages do; what cannot be found out is told in it."""
        return self.kept.get("")

    def look(self) -> MachineNow:
        """The same, looked at anew."""
        return self.machine.look()

    def replay(self, letter_id: str) -> None:
        """Send a dead letter again. Raises ``Faults``, ``Unavailable``."""
        self.machine.dead_letters.replay(letter_id, self.by)
        self.kept.expire()

    def drop(self, letter_id: str) -> None:
        """Put a dead letter away. Raises ``Faults``, ``Unavailable``."""
        self.machine.dead_letters.drop(letter_id, self.by)
        self.kept.expire()
