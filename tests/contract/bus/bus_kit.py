"""A bus with topics of its own, and what the contract's tests do to it again and again."""

import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from shelfstream.bus.api import Admin, AssignmentListener, Bus, Consumer, Message, Partition, Producer, Reader, Record
from shelfstream.bus.topics import KeyedBy, TopicSpec

_MIB = 1024 * 1024
PARTITIONS = 4
POLL_BUDGET_S = 4.0
_GIVE_UP_S = 60.0


def contract_table() -> dict[str, TopicSpec]:
    """Topics under names that no other test uses: a broker keeps them for the whole run."""
    run = uuid.uuid4().hex[:8]
    hour_ms = 3_600_000
    specs = (
        TopicSpec(f"left.{run}", KeyedBy.STORE, PARTITIONS, hour_ms),
        TopicSpec(f"right.{run}", KeyedBy.STORE, PARTITIONS, hour_ms),
        TopicSpec(f"pictures.{run}", KeyedBy.CAMERA, PARTITIONS, hour_ms, max_message_bytes=4 * _MIB, in_memory=True),
        TopicSpec(f"kept.{run}", KeyedBy.STORE, 1, None, segment_ms=100),
        TopicSpec(f"left.{run}.dead", KeyedBy.STORE, PARTITIONS, hour_ms),
    )
    return {spec.name: spec for spec in specs}


@dataclass
class Listener:
    """Remembers what it was told."""

    gained: list[Partition] = field(default_factory=list)
    gone: list[Partition] = field(default_factory=list)
    lost: list[Partition] = field(default_factory=list)

    def assigned(self, partitions: Sequence[Partition]) -> None:
        """Remember what came."""
        self.gained += partitions

    def revoked(self, partitions: Sequence[Partition], *, lost: bool) -> None:
        """Remember what went, and how."""
        (self.lost if lost else self.gone).extend(partitions)


class Kit:
    """Makes parts and closes them again."""

    def __init__(self, bus: Bus, table: dict[str, TopicSpec], upkeep: Callable[[], None]) -> None:
        self.bus = bus
        self.table = table
        self.left, self.right, self.pictures, self.kept, self.left_dead = table
        self.upkeep = upkeep
        self._open = ExitStack()

    def producer(self) -> Producer:
        producer = self.bus.producer()
        self._open.callback(producer.close)
        return producer

    def consumer(
        self,
        topics: Sequence[str],
        group: str = "g",
        listener: AssignmentListener | None = None,
        member: str | None = None,
    ) -> Consumer:
        """A subscribed consumer. Groups are this kit's own."""
        consumer = self.bus.consumer(self.group(group), member=member)
        self._open.callback(consumer.close)
        consumer.subscribe(topics, listener or Listener())
        return consumer

    def group(self, name: str = "g") -> str:
        """A group as ``consumer`` names it."""
        return f"{name}.{self.left}"

    def reader(self) -> Reader:
        reader = self.bus.reader()
        self._open.callback(reader.close)
        return reader

    def admin(self) -> Admin:
        admin = self.bus.admin()
        self._open.callback(admin.close)
        return admin

    def send(self, *messages: Message) -> list[tuple[Partition, int]]:
        """Send messages and wait for all; where they stand."""
        producer = self.producer()
        futures = [producer.send(message) for message in messages]
        producer.flush(30)
        return [(it.partition, it.offset) for it in (future.result(30) for future in futures)]

    def everything(self, partition: Partition) -> list[Record]:
        """All that a partition holds."""
        reader = self.reader()
        return list(reader.read(partition, *reader.bounds(partition)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
        self.bus.close()


def until(done: Callable[[], object], *consumers: Consumer) -> list[Record]:
    """Poll consumers in turn until ``done``; what they gave."""
    give_up_s = time.monotonic() + _GIVE_UP_S
    records: list[Record] = []
    while not done():
        assert time.monotonic() < give_up_s, "nothing more happens"
        for consumer in consumers:
            records += consumer.poll(0.05, 100)
    return records


def take(consumer: Consumer, count: int) -> list[Record]:
    """Poll until there are ``count`` records."""
    records: list[Record] = []
    give_up_s = time.monotonic() + _GIVE_UP_S
    while len(records) < count:
        assert time.monotonic() < give_up_s, f"only {len(records)} of {count} records came"
        records += consumer.poll(0.2, count - len(records))
    return records
