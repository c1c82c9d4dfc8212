"""What the embedded bus promises beyond the contract suite: it outlives its process, and bounds what it keeps."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shelfstream.bus.api import Message, Partition, Position
from shelfstream.bus.embedded.bus import EMBEDDED_SIZES, EmbeddedBus
from shelfstream.bus.topics import EVENTS, FRAMES, LEVELS, partition_of, topic_table
from shelfstream.clock import ManualClock, SystemClock
from shelfstream.errors import Faults, PartitionLost, Unavailable

TABLE = topic_table(EMBEDDED_SIZES)
NOW = datetime(2026, 3, 1, tzinfo=UTC)
_WRITER = """
import sys
from pathlib import Path
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.bus.api import Message
from shelfstream.clock import SystemClock
producer = EmbeddedBus(Path(sys.argv[1]), SystemClock()).producer()
for number in range(1_000_000):
    producer.send(Message("shelf.events", "s/a", str(number).encode())).result()
    print(number, flush=True)
"""


class Quiet:
    """A listener that only remembers what it was told."""

    def __init__(self) -> None:
        self.lost: list[Partition] = []

    def assigned(self, partitions: Sequence[Partition]) -> None:
        """Nothing to restore."""

    def revoked(self, partitions: Sequence[Partition], *, lost: bool) -> None:
        """Remember what was lost."""
        if lost:
            self.lost += partitions


def home(topic: str, key: str) -> Partition:
    return Partition(topic, partition_of(key, TABLE[topic], TABLE[topic].partitions))


def values(bus: EmbeddedBus, topic: str, key: str) -> list[bytes | None]:
    reader = bus.reader()
    return [record.value for record in reader.read(home(topic, key), *reader.bounds(home(topic, key)))]


def test_whatever_was_acknowledged_outlives_kill_9(tmp_path: Path) -> None:
    """A process killed while it writes loses nothing of which it was told that it is durable."""
    path = tmp_path / "bus.db"
    writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    last = [int(writer.stdout.readline()) for _ in range(200)][-1]
    os.kill(writer.pid, signal.SIGKILL)
    last = [last, *map(int, writer.communicate()[0].split("\n")[:-1])][-1]
    found = values(EmbeddedBus(path, SystemClock()), EVENTS, "s/a")
    assert found[: last + 1] == [str(number).encode() for number in range(last + 1)]


def test_positions_and_notes_outlive_the_bus(tmp_path: Path) -> None:
    """A group goes on where it was, in a later process, with its notes; frames begin after what was read of them."""
    first = EmbeddedBus(tmp_path / "bus.db", SystemClock())
    for topic in (EVENTS, FRAMES):
        first.producer().send(Message(topic, "s/a", b"old"))
    consumer = first.consumer("g")
    consumer.subscribe([EVENTS, FRAMES], Quiet())
    consumer.poll(0, 10)
    consumer.commit({home(EVENTS, "s/a"): Position(1, "note"), home(FRAMES, "s/a"): Position(1)})
    first.close()

    bus = EmbeddedBus(tmp_path / "bus.db", SystemClock())
    for topic in (EVENTS, FRAMES):
        bus.producer().send(Message(topic, "s/a", b"new"))
    again = bus.consumer("g")
    again.subscribe([EVENTS, FRAMES], Quiet())
    assert [record.value for record in again.poll(0, 10)] == [b"new", b"new"]
    assert again.committed(home(EVENTS, "s/a")) == Position(1, "note")


def test_a_second_process_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """Two openers of one file would not see each other's records, so the second one is told."""
    bus = EmbeddedBus(tmp_path / "bus.db", SystemClock())
    with pytest.raises(Faults, match="another process"):
        EmbeddedBus(tmp_path / "bus.db", SystemClock())
    bus.close()
    EmbeddedBus(tmp_path / "bus.db", SystemClock()).close()


def test_memory_is_bounded_and_the_oldest_frame_goes_first() -> None:
    """However many pictures come, no more than the cap is kept, the newest of all; a late reader begins there."""
    bus = EmbeddedBus(None, SystemClock(), memory_bytes=10_000)
    for number in range(100):
        bus.producer().send(Message(FRAMES, f"s/camera-{number % 7}", bytes([number]) * 900))
    reader, kept = bus.reader(), list[int]()
    for index in range(EMBEDDED_SIZES.camera_partitions):
        partition = Partition(FRAMES, index)
        kept += [record.value[0] for record in reader.read(partition, *reader.bounds(partition)) if record.value]
    assert sorted(kept) == list(range(90, 100))


def test_a_picture_larger_than_the_memory_is_kept_alone() -> None:
    """The cap never refuses the newest record."""
    bus = EmbeddedBus(None, SystemClock(), memory_bytes=10)
    for value in (b"1" * 50, b"2" * 50):
        bus.producer().send(Message(FRAMES, "s/a", value))
    assert values(bus, FRAMES, "s/a") == [b"2" * 50]


def test_retention_forgets_and_offsets_go_on(tmp_path: Path) -> None:
    """Records go after their topic's time; the offsets go on, even after reopening an emptied partition."""
    clock = ManualClock(NOW)
    bus = EmbeddedBus(tmp_path / "bus.db", clock)
    for value in (b"0", b"1"):
        bus.producer().send(Message(EVENTS, "s/a", value))
    clock.advance(timedelta(days=31).total_seconds())
    bus.close()
    bus = EmbeddedBus(tmp_path / "bus.db", clock)
    assert bus.reader().bounds(home(EVENTS, "s/a")) == (2, 2)
    bus.close()
    bus = EmbeddedBus(tmp_path / "bus.db", clock)
    assert bus.producer().send(Message(EVENTS, "s/a", b"2")).result().offset == 2
    assert values(bus, EVENTS, "s/a") == [b"2"]


def test_deletions_are_forgotten_after_a_day() -> None:
    """A tombstone stays long enough for readers to meet it, and not for ever."""
    clock = ManualClock(NOW)
    bus = EmbeddedBus(None, clock)
    for key, value in (("s/a", b"1"), ("s/a", None), ("s/b", b"2")):
        bus.producer().send(Message(LEVELS, key, value))
    bus.upkeep()
    assert values(bus, LEVELS, "s/a") == [None, b"2"]
    clock.advance(timedelta(days=2).total_seconds())
    bus.upkeep()
    assert values(bus, LEVELS, "s/a") == [b"2"]


def test_a_waiting_poll_returns_as_soon_as_there_is_something() -> None:
    """A record sent from another thread wakes the consumer long before its timeout."""
    bus = EmbeddedBus(None, SystemClock())
    consumer = bus.consumer("g")
    consumer.subscribe([EVENTS], Quiet())
    assert consumer.poll(0, 1) == []
    timer = threading.Timer(0.2, lambda: bus.producer().send(Message(EVENTS, "s/a", b"x")))
    timer.start()
    began_s = time.monotonic()
    assert [record.value for record in consumer.poll(60, 1)] == [b"x"]
    assert time.monotonic() - began_s < 30
    timer.join()


def test_a_member_that_stops_polling_loses_its_partitions_and_its_commits() -> None:
    """After the poll budget another member takes over; the late one may not commit, is told, and joins again."""
    clock, quiet = ManualClock(NOW), Quiet()
    bus = EmbeddedBus(None, clock, poll_budget_s=10)
    late, other = bus.consumer("g"), bus.consumer("g")
    late.subscribe([EVENTS], quiet)
    late.poll(0, 1)
    held = late.assignment()
    clock.advance(11)
    other.subscribe([EVENTS], Quiet())
    other.poll(0, 1)
    assert other.assignment() == held
    with pytest.raises(PartitionLost):
        late.commit({home(EVENTS, "s/a"): Position(1)})
    late.poll(0, 1)
    other.poll(0, 1)
    late.poll(0, 1)
    assert frozenset(quiet.lost) == held
    assert late.assignment() | other.assignment() == held
    assert not late.assignment() & other.assignment()


def test_a_closed_bus_is_unavailable(tmp_path: Path) -> None:
    """Whoever still uses a bus after its end gets the signal, not an error of SQLite's."""
    bus = EmbeddedBus(tmp_path / "bus.db", SystemClock())
    bus.close()
    bus.close()
    with pytest.raises(Unavailable):
        bus.producer().send(Message(EVENTS, "s/a", b"x"))
