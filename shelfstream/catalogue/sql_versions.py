"""Versions of the catalogue in SQL: who stood where, from when until when.

Intervals are half-open. A version published for a date T holds from T until the next version of the same entity
that was planned before; what held until T ends there. What held before T is never rewritten.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, or_, select, text, update

from shelfstream.catalogue.finding import Subject, subject_of
from shelfstream.catalogue.model import CatalogueEntity, Kind, Slot
from shelfstream.catalogue.planogram import content_hash
from shelfstream.catalogue.records import CatalogueRecord
from shelfstream.catalogue.sql_tables import catalogue_versions as versions
from shelfstream.catalogue.whole import Catalogue

_PUBLISH_LOCK_ID = 0x5348454C46_01


@dataclass(frozen=True, slots=True)
class Written:
    """How many versions began and how many ended before their time."""

    begun: int
    ended: int


def write_versions(
    connection: Connection, stores: Collection[str], catalogue: Catalogue, valid_from: datetime, published_at: datetime
) -> Written:
    """Make ``catalogue`` hold for ``stores`` from ``valid_from`` on; entities of these stores that it lacks end then.

    Equal content changes nothing. Writers of other processes wait for the transaction's end.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _PUBLISH_LOCK_ID})
    wanted = {subject_of(entity): entity for entity in catalogue.entities() if subject_of(entity).store in stores}
    holding = {_subject(row): row for row in _holding(connection, stores, valid_from)}
    planned = {_subject(row): row.valid_from for row in _planned(connection, stores, valid_from)}
    replaced = [row for subject, row in holding.items() if _differs(row, wanted.get(subject))]
    for row in replaced:
        _end(connection, row, valid_from)
    begun = [
        _values(entity, valid_from, holding[subject].valid_to if subject in holding else planned.get(subject))
        for subject, entity in wanted.items()
        if subject not in holding or _differs(holding[subject], entity)
    ]
    if begun:
        connection.execute(insert(versions), [{**values, "published_at": published_at} for values in begun])
    return Written(len(begun), len(replaced))


def catalogue_at(connection: Connection, moment: datetime, stores: Collection[str] | None = None) -> Catalogue:
    """The catalogue that holds at a moment, of all stores or of these."""
    return Catalogue.of(_entity(row.value) for row in _holding(connection, stores, moment))


def stores_known(connection: Connection) -> tuple[str, ...]:
    """Every store that any version is about."""
    return tuple(connection.scalars(select(versions.c.store).distinct().order_by(versions.c.store)))


def changes_after(connection: Connection, moment: datetime, stores: Collection[str] | None = None) -> list[datetime]:
    """When, after a moment, the catalogue changes by what is already planned."""
    moments: set[datetime] = set()
    for column in (versions.c.valid_from, versions.c.valid_to):
        moments.update(connection.scalars(select(column).where(column > moment, _of(stores)).distinct()))
    return sorted(moments)


def _differs(row: Row[tuple[object, ...]], entity: CatalogueEntity | None) -> bool:
    return entity is None or bool(row.content_hash != content_hash(entity))


def _end(connection: Connection, row: Row[tuple[object, ...]], moment: datetime) -> None:
    this = and_(
        versions.c.store == row.store,
        versions.c.kind == row.kind,
        versions.c.id == row.id,
        versions.c.valid_from == row.valid_from,
    )
    if row.valid_from == moment:
        connection.execute(delete(versions).where(this))
    else:
        connection.execute(update(versions).where(this).values(valid_to=moment))


def _holding(
    connection: Connection, stores: Collection[str] | None, moment: datetime
) -> Iterable[Row[tuple[object, ...]]]:
    return connection.execute(select(versions).where(holds_at(moment), _of(stores))).all()


def _planned(connection: Connection, stores: Collection[str], moment: datetime) -> Iterator[Row[tuple[object, ...]]]:
    """The first version of each entity that begins after a moment."""
    query = select(versions).where(versions.c.valid_from > moment, _of(stores)).order_by(versions.c.valid_from.desc())
    yield from connection.execute(query)


def holds_at(moment: datetime) -> ColumnElement[bool]:
    """The condition that a version holds at a moment."""
    return and_(versions.c.valid_from <= moment, or_(versions.c.valid_to.is_(None), versions.c.valid_to > moment))


def _of(stores: Collection[str] | None) -> ColumnElement[bool]:
    return versions.c.store.in_(stores) if stores is not None else versions.c.store.is_not(None)


def _values(entity: CatalogueEntity, valid_from: datetime, valid_to: datetime | None) -> dict[str, object]:
    subject = subject_of(entity)
    bay = entity.bay if isinstance(entity, Slot) else entity.id if subject.kind is Kind.BAY else None
    return {
        "store": subject.store,
        "kind": subject.kind.value,
        "id": subject.id,
        "valid_from": valid_from,
        "valid_to": valid_to,
        "bay": bay,
        "content_hash": content_hash(entity),
        "value": CatalogueRecord.of(entity).encode().decode(),
    }


def _subject(row: Row[tuple[object, ...]]) -> Subject:
    return Subject(Kind(row.kind), row.store, row.id)


def _entity(value: str) -> CatalogueEntity:
    return CatalogueRecord.decode(value.encode()).parsed()
