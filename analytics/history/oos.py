"""Questions about what was out, where and for how long.

Minutes count within the store's opening hours. Every figure is honest about what was not seen: an out-of-stock has
a shortest and a longest length, and availability comes with its coverage, the share of time that was really known.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, or_, select

from analytics.contract import SlotState
from analytics.historian.tables import state_intervals
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.hours import Interval, open_intervals, open_seconds
from shelfstream.catalogue.model import Product, Store
from shelfstream.catalogue.versions_sql import catalogue_at, catalogue_versions
from shelfstream.sql import reading

_MINUTE_S = 60.0
_WEEK = timedelta(days=7)
_DAYS = 7


class OpeningTime:
    """The opening of one store within ``[start, stop)``; a store that is not known counts as always open."""

    def __init__(self, store: Store | None, start: datetime, stop: datetime) -> None:
        self._start, self._stop = start, max(start, stop)
        whole = [Interval(self._start, self._stop)] if self._stop > self._start else []
        self._stretches = whole if store is None else list(open_intervals(store, self._start, self._stop))
        self._begins = [stretch.starts_at for stretch in self._stretches]
        week_s = _WEEK.total_seconds() if store is None else open_seconds(store, self._stop - _WEEK, self._stop)
        self.minutes_per_day = week_s / _DAYS / _MINUTE_S
        """Average opening per day, over the week before ``stop``."""

    @property
    def minutes_open(self) -> float:
        """All opening within the stretch, in minutes."""
        return sum(stretch.length_s for stretch in self._stretches) / _MINUTE_S

    def minutes(self, begins: datetime, ends: datetime | None) -> float:
        """Opening between two times in minutes; an open end lasts to the end of the stretch."""
        ends = self._stop if ends is None else ends
        seconds = 0.0
        for stretch in self._stretches[max(0, bisect_right(self._begins, begins) - 1) :]:
            if stretch.starts_at >= ends:
                break
            seconds += max(0.0, (min(stretch.ends_at, ends) - max(stretch.starts_at, begins)).total_seconds())
        return seconds / _MINUTE_S


_columns = state_intervals.c
_versions = catalogue_versions.c


@dataclass(frozen=True, slots=True)
class OosInterval:
    """One stretch in which a slot was out. ``ended_at`` of ``None``: it still is.

    It began between ``began_earliest`` and ``began_at``, when it was first seen, and ended between ``ended_earliest``
    and ``ended_at``. ``minutes_out`` counts from seen to seen, the other two are the shortest and longest it can have
    been. ``lost_sales`` is an estimate in the store's currency, where the product's price and sales are known.
    """

    store: str
    slot: str
    bay: str
    gtin: str
    product: str
    began_earliest: datetime
    began_at: datetime
    ended_earliest: datetime | None
    ended_at: datetime | None
    minutes_out: float
    minutes_out_min: float
    minutes_out_max: float
    lost_sales: float | None
    confidence: float
    event_id: str


def oos_intervals(
    engine: Engine,
    store: str,
    start: datetime,
    stop: datetime,
    *,
    now: datetime | None = None,
    gtin: str | None = None,
    slot: str | None = None,
) -> list[OosInterval]:
    """Stretches out of stock that touch ``[start, stop)``, oldest first; what is open counts until ``now``.

    ``gtin`` is in its form of 14 digits. Raises ``Unavailable``.
    """
    until = stop if now is None else min(stop, now)
    if until <= start:
        return []
    with reading(engine) as connection:
        catalogue = catalogue_at(connection, until, [store])
        rows = _rows(connection, store, start, until, gtin=gtin, slot=slot, state=SlotState.OUT)
    known = _Known.of(store, catalogue, start, until)
    return [_interval(row, known) for row in rows]


@dataclass(frozen=True)
class _Known:
    """What a question is answered with: the store's opening, its products, and how many slots each product has."""

    store: str
    opening: OpeningTime
    products: dict[str, Product]
    slots: dict[str, int]

    @classmethod
    def of(cls, store: str, catalogue: Catalogue, start: datetime, until: datetime) -> "_Known":
        """From the catalogue that holds at the end of the time asked about."""
        slots: dict[str, int] = {}
        for slot in catalogue.slots.values():
            slots[slot.gtin] = slots.get(slot.gtin, 0) + 1
        products = {product.gtin: product for product in catalogue.products.values()}
        return cls(store, OpeningTime(catalogue.stores.get(store), start, until), products, slots)

    def name_of(self, gtin: str) -> str:
        """The product's name, empty where it is not known."""
        return self.products[gtin].name if gtin in self.products else ""

    def lost_sales(self, gtin: str, minutes: float) -> float | None:
        """Price × sales per open minute × minutes out; of a product with several slots, one slot's share."""
        product = self.products.get(gtin)
        per_day = self.opening.minutes_per_day
        if product is None or product.price is None or product.sales_per_day is None or not per_day:
            return None
        return float(product.price) * product.sales_per_day / per_day / max(1, self.slots.get(gtin, 1)) * minutes


def _rows(
    connection: Connection,
    store: str,
    start: datetime,
    until: datetime,
    *,
    gtin: str | None = None,
    slot: str | None = None,
    state: SlotState | None = None,
) -> Sequence[Row[Any]]:
    query = select(state_intervals).where(
        _columns.store == store,
        _columns.from_earliest < until,
        or_(_columns.to_at.is_(None), _columns.to_at > start),
    )
    for column, wanted in ((_columns.gtin, gtin), (_columns.slot, slot), (_columns.state, state)):
        if wanted is not None:
            query = query.where(column == str(wanted))
    return connection.execute(query.order_by(_columns.from_at, _columns.slot, _columns.sequence)).all()


def _interval(row: Row[Any], known: _Known) -> OosInterval:
    minutes = known.opening.minutes(row.from_at, row.to_at)
    return OosInterval(
        store=row.store,
        slot=row.slot,
        bay=row.bay,
        gtin=row.gtin,
        product=known.name_of(row.gtin),
        began_earliest=row.from_earliest,
        began_at=row.from_at,
        ended_earliest=row.to_earliest,
        ended_at=row.to_at,
        minutes_out=minutes,
        minutes_out_min=known.opening.minutes(row.from_at, row.to_earliest),
        minutes_out_max=known.opening.minutes(row.from_earliest, row.to_at),
        lost_sales=known.lost_sales(row.gtin, minutes),
        confidence=row.confidence,
        event_id=row.event_id,
    )
