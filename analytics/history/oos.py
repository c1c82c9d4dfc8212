"""Questions about what was out, where and for how long.

Minutes count within the store's opening hours. Every figure is honest about what was not seen: an out-of-stock has
a shortest and a longest length, and availability comes with its coverage, the share of time that was really known.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, or_, select

from analytics.contract import AVAILABLE, SlotState, UnknownReason
from analytics.historian.tables import state_intervals
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.hours import Interval, open_intervals, open_seconds
from shelfstream.catalogue.model import Kind, Product, Slot, Store
from shelfstream.catalogue.records import CatalogueRecord
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


@dataclass(frozen=True, slots=True)
class OosSummary:
    """One product over a time: how often and how long it was out, over all its slots.

    ``slots`` are those that were planned for it at any time. ``minutes_open`` is the opening time for which they were,
    ``minutes_known`` that in which the state was not UNKNOWN; ``coverage`` is the one as a share of the other,
    ``availability`` the share of known time in a state of ``AVAILABLE`` (``None`` where nothing was known).
    """

    store: str
    gtin: str
    product: str
    slots: int
    episodes: int
    minutes_out: float
    minutes_out_min: float
    minutes_out_max: float
    minutes_known: float
    minutes_available: float
    minutes_open: float
    lost_sales: float | None

    @property
    def coverage(self) -> float:
        """Share of opening time that was really known."""
        return self.minutes_known / self.minutes_open if self.minutes_open else 0.0

    @property
    def availability(self) -> float | None:
        """Share of known time in which the product was there to be bought."""
        return self.minutes_available / self.minutes_known if self.minutes_known else None


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


def oos_summary(
    engine: Engine, store: str, start: datetime, stop: datetime, *, now: datetime | None = None
) -> list[OosSummary]:
    """Each product that any slot held within ``[start, stop)``, the longest out first. Raises ``Unavailable``."""
    until = stop if now is None else min(stop, now)
    if until <= start:
        return []
    with reading(engine) as connection:
        catalogue = catalogue_at(connection, until, [store])
        planned = _planned(connection, store, start, until)
        rows = _rows(connection, store, start, until)
    known = _Known.of(store, catalogue, start, until)
    by_product: dict[str, list[Row[Any]]] = {gtin: [] for gtin in planned}
    for row in rows:
        if row.reason != UnknownReason.RETIRED.value:
            by_product.setdefault(row.gtin, []).append(row)
    found = [_summary(gtin, held, known, planned) for gtin, held in by_product.items()]
    return sorted(found, key=lambda each: (-each.minutes_out, each.product, each.gtin))


@dataclass(frozen=True, slots=True)
class _Span:
    """A time for which a slot was planned for one product; without an end it still is."""

    slot: str
    begins: datetime
    ends: datetime | None


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


def _planned(connection: Connection, store: str, start: datetime, until: datetime) -> dict[str, list[_Span]]:
    """By product, for which slots it was planned within a time, and when."""
    query = select(catalogue_versions).where(
        _versions.store == store,
        _versions.kind == Kind.SLOT.value,
        _versions.valid_from < until,
        or_(_versions.valid_to.is_(None), _versions.valid_to > start),
    )
    found: dict[str, list[_Span]] = {}
    for row in connection.execute(query.order_by(_versions.id, _versions.valid_from)):
        slot = CatalogueRecord.decode(row.value.encode()).parsed()
        if isinstance(slot, Slot):
            found.setdefault(slot.gtin, []).append(_Span(slot.id, row.valid_from, row.valid_to))
    return found


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


def _summary(gtin: str, rows: Sequence[Row[Any]], known: _Known, planned: Mapping[str, Sequence[_Span]]) -> OosSummary:
    out = [_interval(row, known) for row in rows if row.state == SlotState.OUT.value]
    seen = [row for row in rows if row.state != SlotState.UNKNOWN.value]
    minutes = sum(each.minutes_out for each in out)
    lasting = [(SlotState(row.state), known.opening.minutes(row.from_at, row.to_at)) for row in seen]
    minutes_known = sum(each for _, each in lasting)
    slots = {span.slot for span in planned.get(gtin, ())} | {row.slot for row in rows}
    return OosSummary(
        store=known.store,
        gtin=gtin,
        product=known.name_of(gtin),
        slots=len(slots),
        episodes=len(out),
        minutes_out=minutes,
        minutes_out_min=sum(each.minutes_out_min for each in out),
        minutes_out_max=sum(each.minutes_out_max for each in out),
        minutes_known=minutes_known,
        minutes_available=sum(each for state, each in lasting if state in AVAILABLE),
        # A change of the plan shows in the slots' states a moment later: what was known may outlast the plan.
        minutes_open=max(minutes_known, _minutes_planned(gtin, len(slots), known.opening, planned)),
        lost_sales=known.lost_sales(gtin, minutes),
    )


def _minutes_planned(gtin: str, slots: int, opening: OpeningTime, planned: Mapping[str, Sequence[_Span]]) -> float:
    """Opening time for which the product's slots were planned; all of it where SQL was never told of any plan."""
    if not planned:
        return slots * opening.minutes_open
    return sum(opening.minutes(span.begins, span.ends) for span in planned.get(gtin, ()))
