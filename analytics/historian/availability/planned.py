"""For which time each slot was planned while its store was open, from the versions of the catalogue in SQL."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from analytics.historian.availability.minutes import PlannedTime
from shelfstream.catalogue.hours import Interval, day_interval, open_intervals
from shelfstream.catalogue.model import Kind, Slot, Store
from shelfstream.catalogue.records import CatalogueRecord
from shelfstream.catalogue.versions_sql import catalogue_versions

_versions = catalogue_versions.c

Entity = TypeVar("Entity", Slot, Store)


@dataclass(frozen=True)
class Held(Generic[Entity]):
    """One version: what held from when until when; without an end it still does."""

    entity: Entity
    starts_at: datetime
    ends_at: datetime | None
    content: str

    def within(self, start: datetime, stop: datetime) -> Interval:
        """The part of its time that lies there; it may be empty."""
        return Interval(max(self.starts_at, start), stop if self.ends_at is None else min(self.ends_at, stop))

    def told(self, until: datetime) -> str:
        """What held before ``until`` and when; empty where it held later only."""
        span = self.within(self.starts_at, until)
        if span.starts_at >= span.ends_at:
            return ""
        return f"{self.content} {span.starts_at.isoformat()} {span.ends_at.isoformat()}"


@dataclass(frozen=True)
class StorePlans:
    """Of one store: when it was open by which hours, and which of its slots were planned when."""

    stores: Sequence[Held[Store]]
    slots: Mapping[str, Sequence[Held[Slot]]]
    zone: tzinfo
    """The store's zone by its newest version: its days and hours are told by that one, those of the past, too."""

    def planned(self, slot: str, start: datetime, stop: datetime) -> list[PlannedTime]:
        """Time within ``[start, stop)`` for which a slot was planned and the store open, in order."""
        return [
            PlannedTime(held.entity.gtin, held.entity.bay, each.starts_at, each.ends_at)
            for held in self.slots.get(slot, ())
            for each in self._open(held.within(start, stop))
        ]

    def day(self, moment: datetime) -> date:
        """The store's calendar day."""
        return moment.astimezone(self.zone).date()

    def day_start(self, moment: datetime) -> datetime:
        """When the store's day began in which a moment is."""
        return day_interval(self.stores[-1].entity, self.day(moment)).starts_at

    def fingerprint(self, slot: str, until: datetime) -> str:
        """Equal exactly where a slot's planned time before ``until`` is, and its days: by what is in the versions."""
        parts = [str(self.zone)]
        parts += [each.told(until) for each in self.slots.get(slot, ())] + [each.told(until) for each in self.stores]
        return hashlib.sha256("\n".join(filter(None, parts)).encode()).hexdigest()

    def _open(self, span: Interval) -> Iterator[Interval]:
        for held in self.stores:
            both = held.within(span.starts_at, span.ends_at)
            if both.starts_at < both.ends_at:
                yield from open_intervals(held.entity, both.starts_at, both.ends_at)


def store_plans(connection: Connection, store: str) -> StorePlans | None:
    """What SQL was told of a store's hours and plans; ``None`` where it was told of no such store."""
    query = select(catalogue_versions).where(
        _versions.store == store, _versions.kind.in_([Kind.SLOT.value, Kind.STORE.value])
    )
    stores: list[Held[Store]] = []
    slots: dict[str, list[Held[Slot]]] = {}
    for row in connection.execute(query.order_by(_versions.valid_from)):
        entity = CatalogueRecord.decode(row.value.encode()).parsed()
        if isinstance(entity, Store):
            stores.append(Held(entity, row.valid_from, row.valid_to, row.content_hash))
        elif isinstance(entity, Slot):
            slots.setdefault(entity.id, []).append(Held(entity, row.valid_from, row.valid_to, row.content_hash))
    if not stores:
        return None
    return StorePlans(stores, slots, ZoneInfo(stores[-1].entity.time_zone))
