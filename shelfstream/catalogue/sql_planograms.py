"""Which plan a bay had, and when."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from shelfstream.catalogue.model import Bay, CatalogueEntity, Slot
from shelfstream.catalogue.planogram import Planogram
from shelfstream.catalogue.records import CatalogueRecord
from shelfstream.catalogue.sql_tables import catalogue_versions as versions


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


def planogram_at(connection: Connection, store: str, bay: str, moment: datetime) -> Planogram | None:
    """The plan of a bay at a moment, or ``None`` where there was no such bay."""
    return _assembled(_parts(connection, store, bay), moment)


def planogram_history(connection: Connection, store: str, bay: str) -> tuple[PlanogramVersion, ...]:
    """Every plan that a bay has had, has, and is to have, in order."""
    parts = _parts(connection, store, bay)
    moments = sorted({part.valid_from for part in parts} | {part.valid_to for part in parts if part.valid_to})
    found: list[PlanogramVersion] = []
    for moment, until in zip(moments, [*moments[1:], None], strict=True):
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
    query = select(versions).where(versions.c.store == store, versions.c.bay == bay)
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
