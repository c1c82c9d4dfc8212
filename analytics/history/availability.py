"""Questions about availability: by day or by hour, of a whole store, its bays, its products or its slots."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Column, Connection, Engine, func, select

from analytics.historian.availability.forgetting import hours_kept_from
from analytics.historian.availability.minutes import Spent, spent_by_hour
from analytics.historian.availability.planned import StorePlans, store_plans
from analytics.historian.availability.tables import SPENT, slot_days, slot_hours, slot_rollups
from shelfstream.catalogue.hours import day_interval
from shelfstream.errors import Fault, Faults
from shelfstream.sql import reading

_days, _hours, _rollups = slot_days.c, slot_hours.c, slot_rollups.c


class Grain(StrEnum):
    """What figures are taken together for."""

    STORE = "store"
    BAY = "bay"
    PRODUCT = "product"
    SLOT = "slot"


@dataclass(frozen=True, slots=True)
class Availability:
    """What was of one day, or of one hour that starts at ``starts_at``. ``name``: the store, bay, GTIN or slot.

    ``spent`` carries coverage beside availability: neither is worth anything without the other.
    """

    day: date
    starts_at: datetime | None
    name: str
    spent: Spent


def availability_by_day(engine: Engine, store: str, first: date, last: date, grain: Grain) -> list[Availability]:
    """Each day from ``first`` to ``last``, as far as it is rolled up. Raises ``Unavailable``."""
    name = _named(grain)
    sums = [func.sum(_days[column]).label(column) for column in SPENT]
    query = (
        select(_days.day, name.label("name"), *sums)
        .where(_days.store == store, _days.day >= first, _days.day <= last)
        .group_by(_days.day, name)
        .order_by(_days.day, name)
    )
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    return [Availability(row.day, None, row.name, Spent(*(int(getattr(row, each)) for each in SPENT))) for row in rows]


def coverage_by_slot(engine: Engine, store: str, first: date, last: date) -> dict[str, float]:
    """Of each slot the share of its planned time of these days in which its state was known. Raises ``Unavailable``."""
    spent: dict[str, Spent] = {}
    for each in availability_by_day(engine, store, first, last, Grain.SLOT):
        spent[each.name] = spent.get(each.name, Spent()) + each.spent
    return {slot: found.coverage for slot, found in spent.items()}


def availability_by_hour(engine: Engine, store: str, first: date, last: date, grain: Grain) -> list[Availability]:
    """Each hour of these days that holds planned time, as far as it is rolled up.

    Hours in which nothing was amiss stand in no table: what was planned is worked out, and what deviated taken off.
    Raises ``Faults`` for days whose hours are not kept any more, ``Unavailable``.
    """
    with reading(engine) as connection:
        plans = store_plans(connection, store)
        if plans is None:
            return []
        kept_from = hours_kept_from(connection, store)
        if kept_from is not None and first < kept_from:
            raise Faults("history", [Fault("hours", f"are kept since {kept_from}; ask by the day for what was before")])
        found: dict[tuple[datetime, str], Spent] = {}
        deviating = _deviating(connection, store, first, last)
        for slot, through in connection.execute(select(_rollups.slot, _rollups.through).where(_rollups.store == store)):
            for key, spent in _slot_hours(plans, slot, through, first, last):
                starts_at, gtin, bay = key
                name = {Grain.STORE: store, Grain.BAY: bay, Grain.PRODUCT: gtin, Grain.SLOT: slot}[grain]
                told = deviating.get((slot, *key), spent)
                found[starts_at, name] = found.get((starts_at, name), Spent()) + told
    return [Availability(plans.day(at), at, name, found[at, name]) for at, name in sorted(found)]


def rolled_up_to(engine: Engine, store: str) -> datetime | None:
    """Up to when all of a store's slots are rolled up; ``None`` before the first time. Raises ``Unavailable``."""
    with reading(engine) as connection:
        found = connection.scalars(select(_rollups.through).where(_rollups.store == store)).all()
    known = [each for each in found if each is not None]
    return min(known, default=None)


_Key = tuple[datetime, str, str]


def _slot_hours(
    plans: StorePlans, slot: str, through: datetime | None, first: date, last: date
) -> Iterator[tuple[_Key, Spent]]:
    """A slot's planned hours, all of them taken for STOCKED."""
    if through is None:
        return
    store = plans.stores[-1].entity
    begins, ends = day_interval(store, first).starts_at, day_interval(store, last).ends_at
    planned = plans.planned(slot, begins, min(ends, through))
    for hour, spent in spent_by_hour(planned, (), plans.zone).items():
        yield (hour.starts_at, hour.gtin, hour.bay), Spent(planned_us=spent.planned_us)


def _deviating(
    connection: Connection, store: str, first: date, last: date
) -> dict[tuple[str, datetime, str, str], Spent]:
    query = select(slot_hours).where(_hours.store == store, _hours.day >= first, _hours.day <= last)
    return {
        (row.slot, row.starts_at, row.gtin, row.bay): Spent(*(getattr(row, each) for each in SPENT))
        for row in connection.execute(query)
    }


def _named(grain: Grain) -> Column[str]:
    match grain:
        case Grain.STORE:
            return slot_days.c.store
        case Grain.BAY:
            return slot_days.c.bay
        case Grain.PRODUCT:
            return slot_days.c.gtin
        case Grain.SLOT:
            return slot_days.c.slot
