"""Versions of the catalogue in SQL: who stood where, and which plan a bay had, from when until when."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    Index,
    Row,
    String,
    Table,
    Text,
    and_,
    delete,
    insert,
    or_,
    select,
    text,
    update,
)

from shelfstream.catalogue.catalogue import Catalogue, Planogram, content_hash
from shelfstream.catalogue.finding import Subject, subject_of
from shelfstream.catalogue.model import Bay, CatalogueEntity, Kind, Slot
from shelfstream.catalogue.records import CatalogueRecord
from shelfstream.sql import UtcDateTime, metadata

catalogue_versions = Table(
    "catalogue_versions",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("valid_from", UtcDateTime, primary_key=True),
    Column("valid_to", UtcDateTime),
    Column("bay", String(64)),
    Column("content_hash", String(64), nullable=False),
    Column("value", Text, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="not_empty"),
    Index(None, "store", "bay"),
)

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
        connection.execute(insert(catalogue_versions), [{**values, "published_at": published_at} for values in begun])
    return Written(len(begun), len(replaced))


def catalogue_at(connection: Connection, moment: datetime, stores: Collection[str] | None = None) -> Catalogue:
    """The catalogue that holds at a moment, of all stores or of these."""
    return Catalogue.of(_entity(row.value) for row in _holding(connection, stores, moment))


def stores_known(connection: Connection) -> tuple[str, ...]:
    """Every store that any version is about."""
    return tuple(connection.scalars(select(catalogue_versions.c.store).distinct().order_by(catalogue_versions.c.store)))


def changes_after(connection: Connection, moment: datetime, stores: Collection[str] | None = None) -> list[datetime]:
    """When, after a moment, the catalogue changes by what is already planned."""
    moments: set[datetime] = set()
    for column in (catalogue_versions.c.valid_from, catalogue_versions.c.valid_to):
        moments.update(connection.scalars(select(column).where(column > moment, _of(stores)).distinct()))
    return sorted(moments)


def _differs(row: Row[tuple[object, ...]], entity: CatalogueEntity | None) -> bool:
    return entity is None or bool(row.content_hash != content_hash(entity))


def _end(connection: Connection, row: Row[tuple[object, ...]], moment: datetime) -> None:
    this = and_(
        catalogue_versions.c.store == row.store,
        catalogue_versions.c.kind == row.kind,
        catalogue_versions.c.id == row.id,
        catalogue_versions.c.valid_from == row.valid_from,
    )
    if row.valid_from == moment:
        connection.execute(delete(catalogue_versions).where(this))
    else:
        connection.execute(update(catalogue_versions).where(this).values(valid_to=moment))


def _holding(
    connection: Connection, stores: Collection[str] | None, moment: datetime
) -> Iterable[Row[tuple[object, ...]]]:
    return connection.execute(select(catalogue_versions).where(holds_at(moment), _of(stores))).all()


def _planned(connection: Connection, stores: Collection[str], moment: datetime) -> Iterator[Row[tuple[object, ...]]]:
    """The first version of each entity that begins after a moment."""
    query = (
        select(catalogue_versions)
        .where(catalogue_versions.c.valid_from > moment, _of(stores))
        .order_by(catalogue_versions.c.valid_from.desc())
    )
    yield from connection.execute(query)


def holds_at(moment: datetime) -> ColumnElement[bool]:
    """The condition that a version holds at a moment."""
    return and_(
        catalogue_versions.c.valid_from <= moment,
        or_(catalogue_versions.c.valid_to.is_(None), catalogue_versions.c.valid_to > moment),
    )


def _of(stores: Collection[str] | None) -> ColumnElement[bool]:
    return catalogue_versions.c.store.in_(stores) if stores is not None else catalogue_versions.c.store.is_not(None)


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


@dataclass(frozen=True)
class PlanogramVersion:
    """A plan with the time for which it holds: ``valid_from <= t < valid_to``; ``None`` is open."""

    planogram: Planogram
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True)
class _Part:
    entity: CatalogueEntity
    valid_from: datetime
    valid_to: datetime | None

    def holds_at(self, moment: datetime) -> bool:
        return self.valid_from <= moment and (self.valid_to is None or moment < self.valid_to)


def planogram_history(connection: Connection, store: str, bay: str) -> tuple[PlanogramVersion, ...]:
    """Every plan that a bay has had, has, and is to have, in order."""
    parts = _parts(connection, store, bay)
    moments = sorted({part.valid_from for part in parts} | {part.valid_to for part in parts if part.valid_to})
    found: list[PlanogramVersion] = []
    # A bay that never was has no moments: then the second list is the longer one.
    for moment, until in zip(moments, [*moments[1:], None], strict=False):
        planogram = _assembled(parts, moment)
        if planogram is None:
            continue
        last = found[-1] if found else None
        if last is not None and last.valid_to == moment and last.planogram.version == planogram.version:
            found[-1] = PlanogramVersion(planogram, last.valid_from, until)
        else:
            found.append(PlanogramVersion(planogram, moment, until))
    return tuple(found)


def _parts(connection: Connection, store: str, bay: str) -> list[_Part]:
    query = select(catalogue_versions).where(catalogue_versions.c.store == store, catalogue_versions.c.bay == bay)
    return [
        _Part(CatalogueRecord.decode(row.value.encode()).parsed(), row.valid_from, row.valid_to)
        for row in connection.execute(query)
    ]


def _assembled(parts: list[_Part], moment: datetime) -> Planogram | None:
    holding = [part.entity for part in parts if part.holds_at(moment)]
    bays = [entity for entity in holding if isinstance(entity, Bay)]
    slots = [entity for entity in holding if isinstance(entity, Slot)]
    if not bays:
        return None
    return Planogram(bays[0], tuple(sorted(slots, key=lambda slot: (slot.shelf, slot.x_min_mm))))
