"""What all parts of an embedded bus share: one lock, the logs, and the groups with their members."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from shelfstream.bus.api import Appended, Message, Partition, Position, Record
from shelfstream.bus.embedded.memory_log import Log, MemoryLog
from shelfstream.bus.embedded.sqlite_log import Database, SqliteLog
from shelfstream.bus.topics import TopicSpec, partition_of
from shelfstream.clock import Clock
from shelfstream.errors import InvalidMessage, Unavailable

_UPKEEP_EVERY_S = 60.0
_TOMBSTONES_KEPT = timedelta(days=1)
_MEMORY_STARTS = "SELECT max(place) FROM positions WHERE topic = ? AND number = ?"
_COMMIT = (
    "INSERT INTO positions VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET place = excluded.place, note = excluded.note"
)
_COMMITTED = "SELECT place, note FROM positions WHERE consumer_group = ? AND topic = ? AND number = ?"


@dataclass(eq=False)
class Member:
    """One consumer in a group. ``held`` is what it may read and commit now; ``beat_s`` is when it last polled."""

    name: str
    topics: tuple[str, ...]
    beat_s: float
    held: set[Partition] = field(default_factory=set)


def range_assignment(subscriptions: Mapping[str, Sequence[str]], counts: Mapping[str, int]) -> dict[Partition, str]:
    """Give each topic's partitions to its subscribers in runs, as Kafka's range assignor does.

    Members with the same topics get the same numbers of topics with equal counts.
    """
    owners: dict[Partition, str] = {}
    for topic in sorted({topic for topics in subscriptions.values() for topic in topics}):
        members = sorted(name for name, topics in subscriptions.items() if topic in topics)
        for index in range(counts[topic]):
            owners[Partition(topic, index)] = members[index * len(members) // counts[topic]]
    return owners


class Group:
    """The members of one group and the partitions' target owners.

    A partition moves in two steps: its holder lets go of it inside its own ``poll``, then the new owner takes it in
    its own. A member that has not polled for ``poll_budget_s`` is put out; it learns of that when it comes back.
    """

    def __init__(self, counts: Mapping[str, int], poll_budget_s: float) -> None:
        self._counts = counts
        self._poll_budget_s = poll_budget_s
        self._members: dict[str, Member] = {}
        self._owners: dict[Partition, str] = {}

    def join(self, member: Member) -> None:
        """Take a member in; one of the same name before it is out."""
        self._members[member.name] = member
        self._share()

    def leave(self, member: Member) -> None:
        """Let a member go, with all that it held."""
        if self.has(member):
            del self._members[member.name]
            self._share()

    def has(self, member: Member) -> bool:
        """Whether the group still counts on this member."""
        return self._members.get(member.name) is member

    def beat(self, member: Member, now_s: float) -> None:
        """Note that a member is alive, and put out who has not been for too long."""
        member.beat_s = now_s
        late = [other for other in self._members.values() if now_s - other.beat_s > self._poll_budget_s]
        for other in late:
            self.leave(other)

    def to_release(self, member: Member) -> list[Partition]:
        """What a member holds and should let go of."""
        return sorted(partition for partition in member.held if self._owners.get(partition) != member.name)

    def to_take(self, member: Member) -> list[Partition]:
        """What is a member's by now and nobody holds any more."""
        held = {partition for other in self._members.values() for partition in other.held}
        return sorted(
            partition for partition, owner in self._owners.items() if owner == member.name and partition not in held
        )

    def _share(self) -> None:
        self._owners = range_assignment({name: it.topics for name, it in self._members.items()}, self._counts)


class Core:
    """Every public method may be called from any thread. ``news`` is notified when there is something to look for."""

    def __init__(
        self, path: Path | None, clock: Clock, table: Mapping[str, TopicSpec], memory_bytes: int, poll_budget_s: float
    ) -> None:
        self.news = threading.Condition(threading.RLock())
        self.clock = clock
        self._poll_budget_s = poll_budget_s
        self._database = Database(path)
        self._lasting = SqliteLog(self._database)
        self._memory = MemoryLog(memory_bytes)
        self._specs: dict[str, TopicSpec] = dict(table)
        self._logs: dict[Partition, Log] = dict.fromkeys(self._lasting.partitions(), self._lasting)
        self.counts: dict[str, int] = {}
        self._count()
        self._groups: dict[str, Group] = {}
        self._closed = False
        self.create(table.values())
        self._upkeep(clock.monotonic_s())

    def _count(self) -> None:
        for partition in self._logs:
            self.counts[partition.topic] = max(self.counts.get(partition.topic, 0), partition.index + 1)

    def create(self, specs: Iterable[TopicSpec]) -> list[str]:
        """Make the topics that are missing; returns their names."""
        with self.news:
            missing = [spec for spec in specs if spec.name not in self.counts]
            for spec in missing:
                self._specs[spec.name] = spec
                if spec.in_memory and spec.compacted:
                    raise ValueError(f"{spec.name}: a compacted topic lasts, so it cannot be kept in memory")
                if spec.in_memory:
                    self._memory.create(self._memory_starts(spec))
                    self._logs.update(dict.fromkeys(self._memory.partitions(), self._memory))
                else:
                    self._lasting.create(spec)
                    self._logs.update(dict.fromkeys(self._lasting.partitions(), self._lasting))
            self._count()
            return [spec.name for spec in missing]

    def spec(self, topic: str) -> TopicSpec | None:
        """How a topic is kept, where the bus's table knows it."""
        return self._specs.get(topic)

    def _memory_starts(self, spec: TopicSpec) -> dict[Partition, int]:
        """Offsets go on after the furthest committed one, which may stem from an earlier process."""
        starts = {}
        for index in range(spec.partitions):
            furthest = self._database.rows(_MEMORY_STARTS, (spec.name, index))[0][0]
            starts[Partition(spec.name, index)] = cast("int", furthest or 0)
        return starts

    def append(self, message: Message) -> Appended:
        """Keep a message. Raises ``InvalidMessage`` when it is too large or its topic is unknown."""
        with self.news:
            self._check_open()
            spec = self._specs.get(message.topic)
            if spec is None or message.topic not in self.counts:
                raise InvalidMessage(f"{message.topic}: there is no such topic")
            partition = self._partition_of(message, spec)
            key = message.key.encode()
            carried = sum(len(name) + len(value) for name, value in message.headers)
            size_bytes = len(key) + len(message.value or b"") + carried
            if size_bytes > spec.max_message_bytes:
                raise InvalidMessage(f"{message.topic}: {size_bytes} bytes, more than {spec.max_message_bytes}")
            log = self._logs[partition]
            offset = log.append(partition, key, message.value, message.headers, self.clock.now())
            self._upkeep_if_due()
            self.news.notify_all()
            return Appended(partition, offset)

    def _partition_of(self, message: Message, spec: TopicSpec) -> Partition:
        count = self.counts[message.topic]
        index = partition_of(message.key, spec, count) if message.partition is None else message.partition
        if not 0 <= index < count:
            raise InvalidMessage(f"{message.topic}: has no partition {index}")
        return Partition(message.topic, index)

    def read(self, partition: Partition, start: int, stop: int, limit: int) -> list[Record]:
        """The first ``limit`` records that still exist with ``start <= offset < stop``."""
        with self.news:
            self._check_open()
            return self._logs[partition].read(partition, start, stop, limit)

    def bounds(self, partition: Partition) -> tuple[int, int]:
        """(first offset that still exists, offset after the last)."""
        with self.news:
            self._check_open()
            return self._logs[partition].bounds(partition)

    def offset_at(self, partition: Partition, moment: datetime) -> int:
        """First offset appended at or after a moment; the end where there is none."""
        with self.news:
            self._check_open()
            return self._logs[partition].offset_at(partition, moment)

    def commit(self, group: str, positions: Mapping[Partition, Position]) -> None:
        """Make a group's positions durable, all or none."""
        with self.news:
            self._check_open()
            rows = [(group, at.topic, at.index, it.offset, it.note) for at, it in positions.items()]
            self._database.write_many(_COMMIT, rows)

    def committed(self, group: str, partition: Partition) -> Position | None:
        """Where a group stands in a partition."""
        with self.news:
            self._check_open()
            rows = self._database.rows(_COMMITTED, (group, partition.topic, partition.index))
            return Position(*cast("tuple[int, str]", rows[0])) if rows else None

    def group(self, name: str) -> Group:
        """The group of that name, made when first asked for. Use it under ``news`` only."""
        if name not in self._groups:
            self._groups[name] = Group(self.counts, self._poll_budget_s)
        return self._groups[name]

    def _upkeep_if_due(self) -> None:
        now_s = self.clock.monotonic_s()
        if now_s - self._upkept_s >= _UPKEEP_EVERY_S:
            self._upkeep(now_s)

    def _upkeep(self, now_s: float) -> None:
        """Expire and compact. A topic that the table does not know (any more) is left as it is."""
        self._upkept_s = now_s
        now = self.clock.now()
        for partition, log in self._logs.items():
            spec = self._specs.get(partition.topic)
            if spec is None:
                continue
            if spec.retention_ms is None:
                self._lasting.compact(partition, now - _TOMBSTONES_KEPT)
            else:
                log.expire(partition, now - timedelta(milliseconds=spec.retention_ms))

    def upkeep(self) -> None:
        """Expire and compact now."""
        with self.news:
            self._check_open()
            self._upkeep(self.clock.monotonic_s())

    def _check_open(self) -> None:
        if self._closed:
            raise Unavailable("the embedded bus is closed")

    def close(self) -> None:
        """Close the file; who waits for records is woken, and everything fails from here on."""
        with self.news:
            if not self._closed:
                self._closed = True
                self._database.close()
                self.news.notify_all()
