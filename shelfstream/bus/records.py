"""What travels on the bus: records that were read and messages to be sent."""

from dataclasses import dataclass
from datetime import datetime

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

    ``partition`` is left to the topic's rule, except for records about a partition itself (owner claims, ticks).
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
