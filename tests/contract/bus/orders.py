"""A stage that does what its records say, and processes of it that end one after the other."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shelfstream.bus.api import Message, Partition, Record
from shelfstream.bus.loop import Loop
from shelfstream.bus.observer import Step, Tally
from shelfstream.bus.settings import LoopSettings
from shelfstream.bus.stage import Outcome, Received, Stage, Stateless
from shelfstream.clock import SystemClock
from shelfstream.errors import InvalidMessage, Unavailable
from tests.contract.bus.bus_kit import Kit

_PARTITION = 0


def orders_settings(**given: object) -> LoopSettings:
    """Settings that wait for nothing."""
    usual = {"batch_max_wait_s": 0, "tick_every_s": 0.2, "give_up_after_s": 0.5}
    return LoopSettings.model_validate(usual | given)


@dataclass
class Orders:
    """``bad`` cannot be decoded, ``boom`` is a bug, ``send…`` is sent on; everything is applied.

    The first ``crashes`` batches end the loop whatever is in them; ``apply`` refuses ``refusals`` times.

    Also the loop's watch: it ends the loop when its group has nothing left to read.
    """

    kit: Kit
    applied: list[str] = field(default_factory=list)
    counts: dict[Tally, int] = field(default_factory=dict)
    refusals: int = 0
    crashes: int = 0

    def __post_init__(self) -> None:
        self._admin = self.kit.admin()
        self._stop = threading.Event()

    def put(self, *values: str) -> None:
        """Send values in, all to one partition, with their first letters as keys."""
        messages = (Message(self.kit.left, value[0], value.encode(), partition=_PARTITION) for value in values)
        self.kit.send(*messages)

    def run(self, settings: LoopSettings) -> None:
        """Run a new loop until nothing is left, or until it ends by itself."""
        stage = Stage(self.kit.group(), (self.kit.left,), self, None, Stateless(), self.apply)
        self._stop = threading.Event()
        Loop(stage, self.kit.bus, clock=SystemClock(), settings=settings, observer=self).run(self._stop)

    def left(self) -> int:
        """How many records are not done."""
        return sum(self._admin.lag(self.kit.group(), [self.kit.left]).values())

    def dead(self) -> list[Record]:
        """The dead letters."""
        return self.kit.everything(Partition(self.kit.left_dead, _PARTITION))

    def decode(self, record: Record) -> str:
        """The value as text."""
        value = (record.value or b"").decode()
        if value == "bad":
            raise InvalidMessage("cannot be decoded")
        return value

    def handle(self, state: None, batch: Sequence[Received[str]], now: datetime) -> Outcome[None, str]:
        """Do as told."""
        values = tuple(received.item for received in batch)
        if values and self.crashes:
            self.crashes -= 1
            raise ZeroDivisionError("not this record's fault")
        if "boom" in values:
            raise ZeroDivisionError("a bug")
        sent = tuple(Message(self.kit.right, "s", value.encode()) for value in values if value.startswith("send"))
        return Outcome(None, (sent,), values)

    def apply(self, effects: Sequence[str]) -> None:
        """Keep effects, or refuse."""
        if self.refusals:
            self.refusals -= 1
            raise Unavailable("rows", retry_after_s=0.05)
        self.applied += effects

    def at(self, step: Step) -> None:
        """After a commit, look whether it was the last."""
        if step is Step.COMMITTED and not self.left():
            self._stop.set()

    def count(self, what: Tally, by: int = 1) -> None:
        """Count."""
        self.counts[what] = self.counts.get(what, 0) + by
