"""Reads what comes on some topics from now on, outside any group."""

from collections.abc import Iterator, Sequence

from shelfstream.bus.api import Bus, Partition, Record
from shelfstream.bus.ownership import is_control


class Tail:
    """Begins where the topics end when it is made, so that nothing of the past is told.

    For one thread; ``close`` it in the end.
    """

    def __init__(self, bus: Bus, topics: Sequence[str]) -> None:
        self._reader = bus.reader()
        admin = bus.admin()
        try:
            counts = admin.partition_counts(topics)
        finally:
            admin.close()
        partitions = [Partition(topic, index) for topic in topics for index in range(counts.get(topic, 0))]
        self._next = {partition: self._reader.bounds(partition)[1] for partition in partitions}

    def new(self) -> Iterator[Record]:
        """Records since the last call, topic by topic in the order given; control records are left out.

        Raises ``Unavailable``.
        """
        for partition, reached in self._next.items():
            first, end = self._reader.bounds(partition)
            start = max(first, reached)
            if start >= end:
                continue
            for record in self._reader.read(partition, start, end):
                if not is_control(record):
                    yield record
            self._next[partition] = end

    def close(self) -> None:
        """Let go of the bus."""
        self._reader.close()
