"""A batch: records that were read and are not handled yet, in offset order per partition."""

import heapq
from collections.abc import Callable, Iterable

from shelfstream.bus.api import Partition, Record
from shelfstream.bus.settings import LoopSettings


class Batch:
    """Collects records up to the settings' limits; conflates by key if these say so, but for ``marked`` records.

    ``ends`` holds, per partition, the offset after the last record taken in, conflated ones included.
    """

    def __init__(self, settings: LoopSettings, opened_s: float, marked: Callable[[Partition], int | None]) -> None:
        self._settings = settings
        self._marked = marked
        self._opened_s = opened_s
        self._records: dict[tuple[Partition, object], Record] = {}
        self._size_bytes = 0
        self.ends: dict[Partition, int] = {}
        self.skipped = 0

    def __len__(self) -> int:
        return len(self._records)

    @property
    def room(self) -> int:
        """How many more records may come."""
        return max(0, self._settings.batch_max_records - len(self._records))

    @property
    def full(self) -> bool:
        """Whether the batch is closed by its size."""
        return self.room == 0 or self._size_bytes >= self._settings.batch_max_bytes

    def wait_s(self, now_s: float) -> float:
        """How much longer the batch may wait for more records."""
        return max(0.0, self._settings.batch_max_wait_s - self.age_s(now_s))

    def age_s(self, now_s: float) -> float:
        """How long ago the batch was opened."""
        return now_s - self._opened_s

    def add(self, records: Iterable[Record]) -> None:
        """Take records in; with conflation a newer record of a key replaces the older one, which is counted."""
        for record in records:
            self.ends[record.partition] = record.offset + 1
            by_key = self._settings.conflate and record.key is not None
            by_key = by_key and record.offset != self._marked(record.partition)
            slot = (record.partition, record.key if by_key else record.offset)
            replaced = self._records.pop(slot, None)
            if replaced is not None:
                self.skipped += 1
                self._size_bytes -= replaced.size_bytes
            self._records[slot] = record
            self._size_bytes += record.size_bytes

    def drop(self, partitions: Iterable[Partition]) -> None:
        """Forget partitions that were taken away."""
        gone = frozenset(partitions)
        self._records = {slot: record for slot, record in self._records.items() if record.partition not in gone}
        self._size_bytes = sum(record.size_bytes for record in self._records.values())
        for partition in gone:
            self.ends.pop(partition, None)

    def records(self) -> list[Record]:
        """The records, partitions merged by append time, each partition's own in offset order."""
        by_partition: dict[Partition, list[Record]] = {}
        for record in self._records.values():
            by_partition.setdefault(record.partition, []).append(record)
        return list(heapq.merge(*by_partition.values(), key=lambda record: record.appended_at))
