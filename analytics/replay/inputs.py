"""What a store's belief was made from, in the order of the log's time: the archive's records, and the catalogue's."""

import heapq
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Engine

from analytics.archive.archive import Archive, in_order
from shelfstream.bus.api import Message, Partition, Record
from shelfstream.bus.topics import CATALOGUE
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.finding import subject_of
from shelfstream.catalogue.records import entity_message, gone_message
from shelfstream.catalogue.versions_sql import catalogue_at, changes_after
from shelfstream.file_store import FileStore
from shelfstream.sql import reading


def archived_inputs(files: FileStore, engine: Engine, store: str, start: datetime, stop: datetime) -> Iterator[Record]:
    """All that moved a store's belief in ``start <= t < stop``, the catalogue as it held at ``start`` first.

    Raises ``Unavailable``, and ``Faults`` for a file of the archive that cannot be read.
    """
    catalogue = catalogue_records(engine, store, start, stop)
    return heapq.merge(catalogue, Archive(files).read(store, start, stop), key=in_order)


def catalogue_records(engine: Engine, store: str, start: datetime, stop: datetime) -> list[Record]:
    """The store's catalogue as it held at ``start``, and each change until ``stop``, as records of the bus."""
    with reading(engine) as connection:
        later = [moment for moment in changes_after(connection, start, [store]) if moment < stop]
        versions = [(moment, catalogue_at(connection, moment, [store])) for moment in [start, *later]]
    records: list[Record] = []
    before = Catalogue()
    for moment, catalogue in versions:
        for message in _changes(before, catalogue):
            where = Partition(CATALOGUE, 0)
            records.append(Record(where, len(records), message.key.encode(), message.value, message.headers, moment))
        before = catalogue
    return records


def _changes(before: Catalogue, after: Catalogue) -> Iterator[Message]:
    held = {subject_of(entity): entity for entity in before.entities()}
    wanted = {subject_of(entity): entity for entity in after.entities()}
    yield from (entity_message(entity) for subject, entity in wanted.items() if held.get(subject) != entity)
    yield from (gone_message(subject) for subject in held if subject not in wanted)
