"""Reads partitions of the embedded bus outside any group."""

from collections.abc import Iterator

from shelfstream.bus.embedded.core import Core
from shelfstream.bus.records import Partition, Record

_AT_ONCE = 200


class EmbeddedReader:
    """Holds nothing; each page is read under the bus's lock and handed out without it."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def read(self, partition: Partition, start: int, stop: int) -> Iterator[Record]:
        while page := self._core.read(partition, start, stop, _AT_ONCE):
            yield from page
            start = page[-1].offset + 1

    def bounds(self, partition: Partition) -> tuple[int, int]:
        return self._core.bounds(partition)

    def close(self) -> None:
        """Nothing is held."""
