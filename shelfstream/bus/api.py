"""The bus as every stage sees it: what travels on it, and what it can do.

``kafka/`` and ``embedded/`` implement it; one contract suite runs on both. All methods raise ``Unavailable`` when the
bus is away. A consumer and a reader belong to one thread; a producer may be shared by threads.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shelfstream.bus.topic_check import TopicState
from shelfstream.bus.topics import TopicSpec

Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """One partition of one topic."""

    topic: str
    index: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.index}"


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it stands in the log. ``key`` and ``value`` are as found: nothing was decoded yet.

    ``appended_at`` is the log's time for it: aware UTC, the broker's where the topic says so, else the sender's.
    """

    partition: Partition
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    appended_at: datetime

    def header(self, name: str) -> bytes | None:
        """The last header of that name, or ``None``."""
        for found, value in reversed(self.headers):
            if found == name:
                return value
        return None

    @property
    def size_bytes(self) -> int:
        """Bytes of key, value and headers together."""
        carried = sum(len(name) + len(value) for name, value in self.headers)
        return len(self.key or b"") + len(self.value or b"") + carried

    def __str__(self) -> str:
        return f"{self.partition}@{self.offset}"


@dataclass(frozen=True, slots=True)
class Message:
    """One record to be sent. ``key`` begins with the store; ``value`` of ``None`` deletes it from a compacted topic.

    ``partition`` is left to the topic's rule, except for records about a partition itself (owner claims).
    """

    topic: str
    key: str
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None


@dataclass(frozen=True, slots=True)
class Appended:
    """Where a sent message stands, once the bus has acknowledged it."""

    partition: Partition
    offset: int


@dataclass(frozen=True, slots=True)
class Position:
    """A group's committed place in a partition: the next offset to read, and a note kept with it."""

    offset: int
    note: str = ""


class Producer(Protocol):
    """Sends messages. Order per partition is the order of ``send`` calls, retries included."""

    def send(self, message: Message) -> Future[Appended]:
        """Queue one message; the future resolves once it is durable, or fails with ``Unavailable``.

        Raises ``InvalidMessage`` for a message larger than its topic takes, ``Unavailable`` when the queue is full.
        """
        ...

    def flush(self, timeout_s: float) -> None:
        """Push out what is queued. Says nothing about success: look at each future."""
        ...

    def close(self, timeout_s: float = 10.0) -> None: ...


class AssignmentListener(Protocol):
    """Told, from inside ``poll``, which partitions come and go.

    ``revoked`` runs while the partitions are still this member's (a commit for them still counts) unless
    ``lost`` is true: then somebody else may own them already.
    """

    def assigned(self, partitions: Sequence[Partition]) -> None: ...

    def revoked(self, partitions: Sequence[Partition], *, lost: bool) -> None: ...


class Consumer(Protocol):
    """One member of a consumer group. Partitions are given out by range, so that equal numbers stay together.

    A partition without a committed position starts at its beginning.
    """

    def subscribe(self, topics: Sequence[str], listener: AssignmentListener) -> None: ...

    def poll(self, timeout_s: float, max_records: int) -> list[Record]:
        """Records in offset order per partition; returns as soon as there are any. Keeps the membership alive."""
        ...

    def assignment(self) -> frozenset[Partition]: ...

    def pause(self, partitions: Iterable[Partition]) -> None: ...

    def resume(self, partitions: Iterable[Partition]) -> None: ...

    def seek(self, partition: Partition, offset: int) -> None:
        """The next ``poll`` reads from here; records already fetched for the partition are dropped."""
        ...

    def position(self, partition: Partition) -> int:
        """Offset of the next record that ``poll`` would give."""
        ...

    def committed(self, partition: Partition) -> Position | None: ...

    def commit(self, positions: Mapping[Partition, Position]) -> None:
        """Make positions durable, waiting for it. Raises ``PartitionLost`` if the group has moved on without us."""
        ...

    def end_offsets(self, partitions: Iterable[Partition]) -> dict[Partition, int]: ...

    def offsets_at(self, moment: datetime, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """Per partition the first offset appended at or after ``moment``; its end where there is none."""
        ...

    def close(self) -> None:
        """Leave the group at once, without a commit. A static member's place is kept for its return."""
        ...


class Reader(Protocol):
    """Reads given partitions outside any group: to restore state, to follow a compacted topic, to replay."""

    def read(self, partition: Partition, start: int, stop: int) -> Iterable[Record]:
        """All records that still exist with ``start <= offset < stop``, in order. Returns when ``stop`` is reached."""
        ...

    def bounds(self, partition: Partition) -> tuple[int, int]:
        """(first offset that still exists, offset after the last)."""
        ...

    def close(self) -> None: ...


class Admin(Protocol):
    """Topics: what is there, and making what is not."""

    def create(self, specs: Sequence[TopicSpec]) -> list[str]:
        """Create the topics that are missing; returns their names. Never alters one that exists."""
        ...

    def apply(self, specs: Sequence[TopicSpec]) -> None:
        """Give topics that exist the cleanup, retention and sizes of their specs. Partitions stay as they are."""
        ...

    def states(self, topics: Iterable[str]) -> dict[str, TopicState]:
        """Each topic that exists, as it is."""
        ...

    def partition_counts(self, topics: Iterable[str]) -> dict[str, int]:
        """Partition count of each topic that exists."""
        ...

    def lag(self, group: str, topics: Iterable[str]) -> dict[Partition, int]:
        """Records between a group's committed position and the end, per partition."""
        ...

    def close(self) -> None: ...


class Bus(Protocol):
    """Makes the parts. The only thing that a composition root needs to choose."""

    @property
    def poll_budget_s(self) -> float:
        """How long a member may go without a poll before its group gives its partitions to others."""
        ...

    def producer(self) -> Producer: ...

    def consumer(self, group: str, *, member: str | None = None) -> Consumer:
        """A new member of ``group``. ``member`` names a static member: it does not leave when closed, and whoever
        comes back under its name within the session has its partitions at once. No two may have one name at a time.
        """
        ...

    def reader(self) -> Reader: ...

    def admin(self) -> Admin: ...

    def close(self) -> None: ...
