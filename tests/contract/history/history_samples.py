"""Events of one slot, and the store that they happen in."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from analytics.contract import Onset, SlotState, StockEvent, Transition, UnknownReason, event_id_of
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import Bay, CatalogueEntity, OpeningHours, Product, Shelf, Slot, Store

STORE = "mill-road"
GTIN = "04006381333931"
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday midnight in UTC; the store keeps UTC and opens from 08:00 to 20:00."""


def at(minutes: float) -> datetime:
    """Minutes after Monday 08:00."""
    return MONDAY + timedelta(hours=8, minutes=minutes)


def event(
    sequence: int,
    state: SlotState,
    minutes: float,
    *,
    wide: float = 0.0,
    slot: str = "s1",
    reason: UnknownReason | None = None,
) -> StockEvent:
    """A change of state, first seen so many minutes after opening, begun up to ``wide`` minutes before."""
    onset = Onset(earliest=at(minutes - wide), latest=at(minutes), level=0.97)
    step = Transition(
        sequence=sequence,
        gtin=GTIN,
        before=SlotState.UNKNOWN,
        state=state,
        reason=reason,
        onset=onset,
        decided_at=at(minutes),
        confidence=0.98,
        frames=(f"{STORE}/c1/1-{sequence}",),
    )
    event_id = event_id_of(STORE, slot, sequence)
    return StockEvent(event_id=event_id, store=STORE, slot=slot, bay="b1", transition=step, emitted_at=at(minutes))


def a_day() -> Sequence[StockEvent]:
    """Seen from 08:00, out from 09:00 (begun at most 10 minutes before) to 10:00 (5), not seen from 12:00 on."""
    return [
        event(1, SlotState.STOCKED, 0),
        event(2, SlotState.OUT, 60, wide=10),
        event(3, SlotState.STOCKED, 120, wide=5),
        event(4, SlotState.UNKNOWN, 240, reason=UnknownReason.STALE),
    ]


def catalogue() -> Catalogue:
    """A store open from 08:00 to 20:00 every day, one slot, 48 sold a day at 2.00."""
    hours = (OpeningHours(opens="08:00", closes="20:00"),)
    entities: list[CatalogueEntity] = [
        Store(
            id=STORE,
            name="Mill Road",
            time_zone="UTC",
            hours={"mon": hours, "tue": hours, "wed": hours, "thu": hours, "fri": hours, "sat": hours, "sun": hours},
        ),
        Bay(store=STORE, id="b1", width_mm=900, height_mm=2000, shelves=(Shelf(id="s", y_mm=0, clearance_mm=300),)),
        Slot(store=STORE, id="s1", bay="b1", shelf="s", gtin=GTIN, x_min_mm=0, x_max_mm=300),
        Product(store=STORE, gtin=GTIN, name="Whole milk", price=Decimal("2.00"), sales_per_day=48),
    ]
    return Catalogue.of(entities)
