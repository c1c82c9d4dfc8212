"""Records in memory, bounded by bytes: for pictures, which are large, short-lived and sent again."""

from bisect import bisect_left
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from shelfstream.bus.api import Headers, Partition, Record


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


class MemoryLog:
    """Keeps the newest records of all its partitions within ``most_bytes`` together; the oldest of all goes first.

    The newest record stays even when it alone is larger.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._size_bytes = 0
        self._records: dict[Partition, deque[Record]] = {}
        self._ends: dict[Partition, int] = {}

    def create(self, starts: Mapping[Partition, int]) -> None:
        """Add partitions, each empty and with the offset that its first record will have."""
        for partition, start in starts.items():
            self._records[partition] = deque()
            self._ends[partition] = start

    def partitions(self) -> Sequence[Partition]:
        return tuple(self._records)

    def append(self, partition: Partition, key: bytes, value: bytes | None, headers: Headers, at: datetime) -> int:
        record = Record(partition, self._ends[partition], key, value, headers, at)
        self._records[partition].append(record)
        self._ends[partition] += 1
        self._size_bytes += record.size_bytes
        while self._size_bytes > self._most_bytes and self._size_bytes > record.size_bytes:
            self._forget_oldest()
        return record.offset

    def _forget_oldest(self) -> None:
        filled = (records for records in self._records.values() if records)
        oldest = min(filled, key=lambda records: records[0].appended_at)
        self._size_bytes -= oldest.popleft().size_bytes

    def read(self, partition: Partition, start: int, stop: int, limit: int) -> list[Record]:
        records = self._records[partition]
        first, end = self.bounds(partition)
        begin = max(start, first)
        return [records[offset - first] for offset in range(begin, min(stop, end, begin + limit))]

    def bounds(self, partition: Partition) -> tuple[int, int]:
        end = self._ends[partition]
        return end - len(self._records[partition]), end

    def offset_at(self, partition: Partition, moment: datetime) -> int:
        first, _ = self.bounds(partition)
        return first + bisect_left(self._records[partition], moment, key=lambda record: record.appended_at)

    def expire(self, partition: Partition, before: datetime) -> None:
        records = self._records[partition]
        while records and records[0].appended_at < before:
            self._size_bytes -= records.popleft().size_bytes
