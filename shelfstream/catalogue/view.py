"""The live catalogue of a running stage: follows ``shelf.catalogue`` to its end when asked; changes need no restart."""

import threading
from collections.abc import Callable, Iterable

from shelfstream.bus.api import Partition, Reader, Record
from shelfstream.bus.topics import CATALOGUE
from shelfstream.catalogue.catalogue import Catalogue, CatalogueSnapshot, sound_part
from shelfstream.catalogue.finding import Subject
from shelfstream.catalogue.model import CatalogueEntity
from shelfstream.catalogue.records import read_change
from shelfstream.errors import InvalidMessage

OnInvalid = Callable[[Record, InvalidMessage], None]


class CatalogueView:
    """Holds what ``shelf.catalogue`` says for some partitions.

    ``refresh`` (with a reader of the caller's own thread) and ``apply`` belong to one thread at a time;
    ``snapshot`` may be read from any thread and never changes under the reader. A record that cannot be read
    goes to ``on_invalid`` (send it to the dead letters); the entity stays as it was.
    """

    def __init__(self, partitions: Iterable[int], on_invalid: OnInvalid) -> None:
        self._on_invalid = on_invalid
        self._lock = threading.Lock()
        self._next: dict[Partition, int] = {}
        self._held: dict[Partition, dict[Subject, CatalogueEntity]] = {}
        self._snapshot = CatalogueSnapshot()
        self._changed = False
        self.follow(partitions)

    @property
    def snapshot(self) -> CatalogueSnapshot:
        """The catalogue as of the last refresh."""
        return self._snapshot

    def follow(self, partitions: Iterable[int]) -> None:
        """Follow exactly these partitions from now on; entities of others are dropped, new ones come with a refresh."""
        wanted = {Partition(CATALOGUE, index) for index in partitions}
        with self._lock:
            for partition in self._held.keys() - wanted:
                self._changed = self._changed or bool(self._held[partition])
                del self._held[partition], self._next[partition]
            for partition in wanted - self._held.keys():
                self._held[partition], self._next[partition] = {}, 0
            self._publish()

    def refresh(self, reader: Reader) -> bool:
        """Read every followed partition to its end; returns whether the snapshot changed.

        The first call catches up from the beginning. Raises ``Unavailable``; what was read until then is kept.
        """
        with self._lock:
            try:
                for partition in sorted(self._held):
                    self._read(partition, reader)
            finally:
                changed = self._publish()
        return changed

    def apply(self, record: Record) -> bool:
        """Take up one record that the caller has read itself; returns whether the snapshot changed."""
        with self._lock:
            if record.partition in self._held and record.offset >= self._next[record.partition]:
                self._take(record)
            return self._publish()

    def _read(self, partition: Partition, reader: Reader) -> None:
        first, end = reader.bounds(partition)
        if end < self._next[partition]:
            # The topic was made anew: what is held came from a log that is gone.
            self._changed = self._changed or bool(self._held[partition])
            self._held[partition], self._next[partition] = {}, 0
        start = max(first, self._next[partition])
        if start >= end:
            return
        for record in reader.read(partition, start, end):
            self._take(record)
        self._next[partition] = end

    def _take(self, record: Record) -> None:
        held = self._held[record.partition]
        self._next[record.partition] = record.offset + 1
        try:
            change = read_change(record)
        except InvalidMessage as exc:
            self._on_invalid(record, exc)
            return
        if held.get(change.subject) == change.entity:
            return
        self._changed = True
        if change.entity is None:
            del held[change.subject]
        else:
            held[change.subject] = change.entity

    def _publish(self) -> bool:
        if not self._changed:
            return False
        entities = (entity for held in self._held.values() for entity in held.values())
        self._snapshot = CatalogueSnapshot(self._snapshot.version + 1, sound_part(Catalogue.of(entities)))
        self._changed = False
        return True
