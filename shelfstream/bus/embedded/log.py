"""What keeps the records of some partitions. Two kinds: a file (``sqlite_log``) and memory (``memory_log``)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shelfstream.bus.records import Headers, Partition, Record


class Log(Protocol):
    """Records by partition and offset. Not thread-safe: the bus's core holds its lock around every call."""

    def partitions(self) -> Sequence[Partition]: ...

    def append(self, partition: Partition, key: bytes, value: bytes | None, headers: Headers, at: datetime) -> int:
        """Keep one record and return its offset; it lasts as long as the log does."""
        ...

    def read(self, partition: Partition, start: int, stop: int, limit: int) -> list[Record]:
        """The first ``limit`` records that still exist with ``start <= offset < stop``, in order."""
        ...

    def bounds(self, partition: Partition) -> tuple[int, int]:
        """(first offset that still exists, offset after the last)."""
        ...

    def offset_at(self, partition: Partition, moment: datetime) -> int:
        """First offset appended at or after ``moment``; the end where there is none."""
        ...

    def expire(self, partition: Partition, before: datetime) -> None:
        """Forget what was appended before a moment."""
        ...
