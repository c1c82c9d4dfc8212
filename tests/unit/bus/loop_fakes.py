"""A stage that does what its records say, on a bus whose waiting moves a clock by hand."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shelfstream.bus.api import Appended, Message, Partition, Position, Record
from shelfstream.bus.embedded.bus import EmbeddedBus, EmbeddedProducer
from shelfstream.bus.embedded.consumer import EmbeddedConsumer
from shelfstream.bus.loop import Loop
from shelfstream.bus.observer import Step, Tally
from shelfstream.bus.offsets import CommitMetadata
from shelfstream.bus.settings import LoopSettings
from shelfstream.bus.stage import Outcome, Received, Stage
from shelfstream.bus.topics import KeyedBy, TopicSpec
from shelfstream.clock import ManualClock
from shelfstream.errors import InvalidMessage, Unavailable

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
IN, OUT = "in", "out"
_HOUR_MS = 3_600_000
TABLE = {name: TopicSpec(name, KeyedBy.STORE, 1, _HOUR_MS) for name in (IN, OUT, f"{IN}.dead")}
HOME = Partition(IN, 0)


class SteppedConsumer(EmbeddedConsumer):
    """Waits by moving the clock, and lets the test act at each wait."""

    bus: "SteppedBus"

    def poll(self, timeout_s: float, max_records: int) -> list[Record]:
        """What is there; else time passes."""
        self.bus.polling()
        records = super().poll(0, max_records)
        if not records and timeout_s > 0:
            self.bus.clock.advance(min(timeout_s, self.bus.poll_at_most_s))
            self.bus.waiting()
            records = super().poll(0, max_records)
        return records

    def commit(self, positions: Mapping[Partition, Position]) -> None:
        """Commit, unless the test has something against it."""
        self.bus.committing(positions)
        super().commit(positions)


class MoodyProducer(EmbeddedProducer):
    """Unavailable as often as told to, before it takes anything."""

    refusals: list[str]

    def send(self, message: Message) -> Future[Appended]:
        """Refuse, or send."""
        if self.refusals and message.topic == OUT:
            raise Unavailable(self.refusals.pop(), retry_after_s=1)
        return super().send(message)


class SteppedBus(EmbeddedBus):
    """An embedded bus in memory on a ``ManualClock``."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(None, clock, TABLE)
        self.poll_at_most_s = float("inf")
        self.clock = clock
        self.refusals: list[str] = []
        self.waiting: Callable[[], None] = lambda: None
        self.polling: Callable[[], None] = lambda: None
        self.committing: Callable[[Mapping[Partition, Position]], None] = lambda positions: None

    def consumer(self, group: str, *, member: str | None = None) -> SteppedConsumer:
        """A consumer that moves the clock."""
        consumer = SteppedConsumer(self._core, group, member or "only")
        consumer.bus = self
        return consumer

    def producer(self) -> MoodyProducer:
        """A producer that may refuse."""
        producer = MoodyProducer(self._core)
        producer.refusals = self.refusals
        return producer


@dataclass
class Script:
    """The fake stage. Values are its orders: ``bad`` cannot be decoded, ``odd`` cannot be handled, ``boom`` is a bug.

    Everything else is sent on in one wave and applied. ``batches`` keeps what was handled, with the time told.
    """

    batches: list[tuple[list[str], datetime]] = field(default_factory=list)
    ticks: list[datetime] = field(default_factory=list)
    applied: list[str] = field(default_factory=list)
    counts: dict[Tally, int] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    apply_refusals: int = 0
    apply_retry_s: float = 1
    gained_refusals: int = 0
    gains: list[Partition] = field(default_factory=list)
    on_handle: Callable[[Sequence[str]], None] = lambda values: None

    def decode(self, record: Record) -> str:
        """The value as text."""
        value = (record.value or b"").decode()
        if value == "bad":
            raise InvalidMessage("cannot be decoded")
        return value

    def handle(self, state: int, batch: Sequence[Received[str]], now: datetime) -> Outcome[int, str]:
        """Send each value on."""
        values = [received.item for received in batch]
        if not values:
            self.ticks.append(now)
            return Outcome(state)
        self.batches.append((values, now))
        self.on_handle(values)
        if "boom" in values:
            raise ZeroDivisionError("a bug")
        if "odd" in values:
            raise InvalidMessage("cannot be handled")
        sent = tuple(Message(OUT, "s", value.encode()) for value in values if value != "silent")
        return Outcome(state + len(values), (sent,), tuple(values))

    def gained(self, state: int, partitions: Sequence[Partition], beat: Callable[[], None]) -> int:
        """Note what came, if the state can be had."""
        if self.gained_refusals:
            self.gained_refusals -= 1
            raise Unavailable("state", retry_after_s=1)
        self.gains += partitions
        return state

    def dropped(self, state: int, partitions: Sequence[Partition]) -> int:
        """Nothing to drop."""
        return state

    def apply(self, effects: Sequence[str]) -> None:
        """Keep effects, or refuse."""
        if self.apply_refusals:
            self.apply_refusals -= 1
            raise Unavailable("rows", retry_after_s=self.apply_retry_s)
        self.applied += effects

    def at(self, step: Step) -> None:
        """Note a step."""
        self.steps.append(step)

    def count(self, what: Tally, by: int = 1) -> None:
        """Count."""
        self.counts[what] = self.counts.get(what, 0) + by


class Deaf:
    """A listener that does nothing."""

    def assigned(self, partitions: object) -> None:
        """Do nothing."""

    def revoked(self, partitions: object, *, lost: bool) -> None:
        """Do nothing."""


def quick(**given: object) -> LoopSettings:
    """Settings without waits."""
    return LoopSettings.model_validate({"batch_max_wait_s": 0, "tick_every_s": 1} | given)


@dataclass
class Bench:
    """A bus, a clock and a script, and ways to run them."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    script: Script = field(default_factory=Script)

    def __post_init__(self) -> None:
        self.bus = SteppedBus(self.clock)
        self.stop = threading.Event()

    def put(self, *values: str, key: str = "s") -> None:
        """Send values in."""
        producer = EmbeddedProducer(self.bus._core)
        for value in values:
            producer.send(Message(IN, key, value.encode()))

    def run(self, settings: LoopSettings | None = None, *, waits: int = 3) -> None:
        """Run a new loop and stop it when it has waited ``waits`` times for records."""
        left = [waits]
        given = self.bus.waiting

        def wait() -> None:
            left[0] -= 1
            given()
            if left[0] <= 0:
                self.stop.set()

        self.bus.waiting = wait
        try:
            self.stop.clear()
            self.loop(settings).run(self.stop)
        finally:
            self.bus.waiting = given

    def loop(self, settings: LoopSettings | None = None) -> Loop[int, str, str]:
        """A loop over the script."""
        script = self.script
        stage = Stage("g", (IN,), script, 0, script, script.apply)
        return Loop(stage, self.bus, clock=self.clock, settings=settings, observer=script)

    def out(self, topic: str = OUT) -> list[str]:
        """Values that came out."""
        return [(record.value or b"").decode() for record in self.records(topic)]

    def records(self, topic: str) -> Iterable[Record]:
        """Records of a topic."""
        reader = self.bus.reader()
        return list(reader.read(Partition(topic, 0), *reader.bounds(Partition(topic, 0))))

    def leave_open(self) -> None:
        """Leave the note open at the beginning, as a process does that was killed there."""
        consumer = EmbeddedConsumer(self.bus._core, "g", "killed")
        consumer.subscribe([IN], Deaf())
        consumer.poll(0, 1)
        consumer.commit({HOME: Position(0, CommitMetadata(open=True).encode())})
        consumer.close()

    def put_out(self) -> None:
        """Let the member in hand be put out of its group, as one is that does not poll for too long."""
        self.clock.advance(301)
        rival = EmbeddedConsumer(self.bus._core, "g", "rival")
        rival.subscribe([IN], Deaf())
        rival.poll(0, 1)
        rival.close()

    def note(self) -> tuple[int, CommitMetadata]:
        """Where the group stands, and the note found there."""
        found = self.bus.consumer("g").committed(HOME)
        assert found is not None
        return found.offset, CommitMetadata.decode(found.note)

    def lag(self) -> int:
        """What the group has left."""
        return self.bus.admin().lag("g", [IN])[HOME]
