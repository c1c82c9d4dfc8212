"""A stage that counts, built as the real ones are: levels first, then the events that they hold, then rows.

What it leads to can be compared word by word between a run with crashes and one without.
"""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shelfstream.bus.api import Bus, Message, Partition, Record
from shelfstream.bus.loop import Loop
from shelfstream.bus.observer import LoopObserver, Step, Tally
from shelfstream.bus.settings import LoopSettings
from shelfstream.bus.stage import Outcome, Received, Stage
from shelfstream.bus.topics import KeyedBy, TopicSpec
from shelfstream.clock import SystemClock
from shelfstream.errors import InvalidMessage, Unavailable

GROUP = "counting"
PARTITIONS = 2
_HOUR_MS = 3_600_000
SETTINGS = LoopSettings(
    batch_max_records=3, batch_max_wait_s=0, poll_max_records=2, tick_every_s=0.2, crashes_until_dead=100
)


@dataclass(frozen=True)
class Topics:
    """The stage's topics; a run of their own on a broker that others use too."""

    run: str = "run"

    @property
    def numbers(self) -> str:
        """What comes in."""
        return f"numbers.{self.run}"

    @property
    def levels(self) -> str:
        """The sum of each key, with all its events."""
        return f"levels.{self.run}"

    @property
    def events(self) -> str:
        """One event for each number."""
        return f"events.{self.run}"

    @property
    def group(self) -> str:
        """The consumer group."""
        return f"{GROUP}.{self.run}"

    def table(self) -> dict[str, TopicSpec]:
        """All topics, dead letters included."""
        specs = (
            TopicSpec(self.numbers, KeyedBy.STORE, PARTITIONS, _HOUR_MS),
            TopicSpec(f"{self.numbers}.dead", KeyedBy.STORE, PARTITIONS, _HOUR_MS),
            TopicSpec(self.levels, KeyedBy.STORE, PARTITIONS, None),
            TopicSpec(self.events, KeyedBy.STORE, PARTITIONS, _HOUR_MS),
        )
        return {spec.name: spec for spec in specs}


@dataclass(frozen=True)
class Level:
    """One key: the offset of the last number taken, and the sums after each."""

    offset: int
    sums: tuple[int, ...]


State = dict[str, Level]


class Counting:
    """Adds each number to its key's sum. A number met before changes nothing, and its key is told again."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics

    def decode(self, record: Record) -> tuple[str, int]:
        """The key and its number."""
        try:
            return (record.key or b"").decode(), int(record.value or b"")
        except ValueError as exc:
            raise InvalidMessage("not a number") from exc

    def handle(self, state: State, batch: Sequence[Received[tuple[str, int]]], now: datetime) -> Outcome[State, str]:
        """Levels in the first wave, events in the second, one row for each event."""
        new, told = dict(state), dict[str, Level]()
        for received in batch:
            key, number = received.item
            level = new.get(key, Level(-1, ()))
            if received.record.offset > level.offset:
                before = level.sums[-1] if level.sums else 0
                level = Level(received.record.offset, (*level.sums, before + number))
            new[key] = told[key] = level
        levels = tuple(
            Message(self._topics.levels, key, json.dumps([level.offset, level.sums]).encode())
            for key, level in told.items()
        )
        events = tuple(
            Message(self._topics.events, key, f"{sequence}:{total}".encode())
            for key, level in told.items()
            for sequence, total in enumerate(level.sums)
        )
        rows = tuple(f"{event.key}/{(event.value or b'').decode()}" for event in events)
        return Outcome(new, (levels, events), rows, tuple(told))


class Restoring:
    """Gives the sums back from the levels, before the first number."""

    def __init__(self, bus: Bus, topics: Topics) -> None:
        self._bus = bus
        self._topics = topics

    def gained(self, state: State, partitions: Sequence[Partition], beat: Callable[[], None]) -> State:
        """Read the levels of what came."""
        new, reader = dict(state), self._bus.reader()
        for partition in partitions:
            levels = Partition(self._topics.levels, partition.index)
            for record in reader.read(levels, *reader.bounds(levels)):
                offset, sums = json.loads(record.value or b"")
                new[(record.key or b"").decode()] = Level(offset, tuple(sums))
        reader.close()
        return new

    def dropped(self, state: State, partitions: Sequence[Partition]) -> State:
        """Nothing is kept: what is still ours is restored with the rest."""
        return {}


class CaughtUp:
    """A watch that stops the loop when its group has nothing left to read."""

    def __init__(self, bus: Bus, topics: Topics, stop: threading.Event) -> None:
        self._admin = bus.admin()
        self._topics = topics
        self._stop = stop

    def at(self, step: Step) -> None:
        """After a commit, look whether it was the last."""
        if step is Step.COMMITTED and self.done():
            self._stop.set()

    def done(self) -> bool:
        """Whether nothing is left. A fresh broker, asked about its first group, needs a moment to know it."""
        try:
            return not any(self._admin.lag(self._topics.group, [self._topics.numbers]).values())
        except Unavailable:
            return False

    def close(self) -> None:
        """Close the connection."""
        self._admin.close()

    def count(self, what: Tally, by: int = 1) -> None:
        """Counts do not matter here."""


def counting_loop(
    bus: Bus, topics: Topics, watch: LoopObserver, rows: set[str], settings: LoopSettings = SETTINGS
) -> Loop[State, tuple[str, int], str]:
    """The loop; its rows go into ``rows`` (a set: the same row twice is one row)."""
    stage = Stage(
        group=topics.group,
        topics=(topics.numbers,),
        handler=Counting(topics),
        initial=dict[str, Level](),
        store=Restoring(bus, topics),
        apply=rows.update,
        project=lambda told: None,
    )
    return Loop(stage, bus, clock=SystemClock(), settings=settings, observer=watch)


def log_of(bus: Bus, topic: str) -> dict[str, list[str]]:
    """All values of a topic by key, in order."""
    found: dict[str, list[str]] = {}
    reader = bus.reader()
    for index in range(PARTITIONS):
        partition = Partition(topic, index)
        for record in reader.read(partition, *reader.bounds(partition)):
            found.setdefault((record.key or b"").decode(), []).append((record.value or b"").decode())
    reader.close()
    return found


def once(values: Sequence[str]) -> list[str]:
    """Values in the order in which each came first."""
    return list(dict.fromkeys(values))


def expected(numbers: Sequence[tuple[str, int]]) -> dict[str, list[str]]:
    """The events of each key, worked out by hand."""
    sums: dict[str, list[int]] = {}
    for key, number in numbers:
        before = sums.setdefault(key, [])
        before.append((before[-1] if before else 0) + number)
    return {key: [f"{n}:{total}" for n, total in enumerate(totals)] for key, totals in sums.items()}


def check_whole(bus: Bus, topics: Topics, numbers: Sequence[tuple[str, int]], rows: set[str]) -> None:
    """Every event at least once and in order, the newest level of each key right, every row there, no others."""
    wanted = expected(numbers)
    events, levels = log_of(bus, topics.events), log_of(bus, topics.levels)
    assert {key: once(values) for key, values in events.items()} == wanted
    assert {key: json.loads(values[-1])[1] for key, values in levels.items()} == {
        key: [int(event.split(":")[1]) for event in values] for key, values in wanted.items()
    }
    assert rows == {f"{key}/{event}" for key, values in wanted.items() for event in values}
    assert log_of(bus, f"{topics.numbers}.dead") == {}


def check_outbox(bus: Bus, topics: Topics) -> None:
    """No event is in the log that its key's level does not hold: levels are acknowledged first."""
    events, levels = log_of(bus, topics.events), log_of(bus, topics.levels)
    for key, values in events.items():
        held = [f"{n}:{total}" for n, total in enumerate(json.loads(levels[key][-1])[1])]
        assert set(values) <= set(held)
