"""How far the ledger has read the log: an old gap that was filled meanwhile is no news, so messages wait for the rest.

Before somebody is told of an alert, everything that stood in the log when its message was found is in the ledger.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shelfstream.bus.api import Admin, Partition, Reader
from shelfstream.bus.topics import ANSWERS, EVENTS, TopicSpec, partition_of

_TOPICS = (EVENTS, ANSWERS)
Offsets = Mapping[Partition, int]


@dataclass(frozen=True, slots=True)
class Progress:
    """``ends``: where the log ended; ``read``: a place up to which the ledger has surely taken it in."""

    ends: Offsets
    read: Offsets


class LogProgress:
    """Asks the bus. For the thread that made its ``reader`` and ``admin``."""

    def __init__(self, reader: Reader, admin: Admin, group: str, spec: TopicSpec) -> None:
        self._reader = reader
        self._admin = admin
        self._group = group
        self._spec = spec
        self._partitions: list[Partition] = []
        self._count = 1

    def read(self) -> Progress:
        """Where log and ledger stand. Raises ``Unavailable``."""
        if not self._partitions:
            counts = self._admin.partition_counts(_TOPICS)
            self._partitions = [Partition(topic, index) for topic, count in counts.items() for index in range(count)]
            self._count = max(1, counts.get(EVENTS, 0))
        # The ends first: what is appended while we look then makes ``read`` too small, never too large.
        ends = {partition: self._reader.bounds(partition)[1] for partition in self._partitions}
        lags = self._admin.lag(self._group, _TOPICS)
        return Progress(ends, {partition: end - lags.get(partition, end) for partition, end in ends.items()})

    def of_store(self, store: str, offsets: Offsets) -> Offsets:
        """The part of ``offsets`` that a store's records are in."""
        index = partition_of(store, self._spec, self._count)
        return {partition: offset for partition, offset in offsets.items() if partition.index == index}


def reached(read: Offsets, wanted: Offsets) -> bool:
    """Whether all of ``wanted`` has been read."""
    return all(read.get(partition, 0) >= offset for partition, offset in wanted.items())
