"""How many events history takes in a second, with their intervals and roll-ups, as the historian writes them."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
from sqlalchemy import Engine

from analytics.contract import Onset, SlotState, StockEvent, Transition, event_id_of
from analytics.historian.availability.rolling import roll_up
from analytics.historian.writing import write_events
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import WEEKDAYS, Bay, CatalogueEntity, OpeningHours, Product, Shelf, Slot, Store
from shelfstream.catalogue.versions_sql import write_versions
from shelfstream.sql import writing

_STORE, _MORNING = "busy", datetime(2026, 3, 2, 8, tzinfo=UTC)
_AT_ONCE = 500
_SLOTS_OF_A_BAY = 60
_STATES = (SlotState.STOCKED, SlotState.LOW, SlotState.OUT)
_ROLLS_UP_EVERY = timedelta(minutes=5)


def _gtin(number: int) -> str:
    digits = f"{number:013}"
    check = -sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(digits)) % 10
    return f"{digits}{check}"


def _catalogue(slots: int) -> Catalogue:
    hours = (OpeningHours(opens="08:00", closes="20:00"),)
    found: list[CatalogueEntity] = [
        Store(id=_STORE, name="Busy", time_zone="UTC", hours=dict.fromkeys(WEEKDAYS, hours))
    ]
    for number in range(slots):
        bay, place = f"bay-{number // _SLOTS_OF_A_BAY}", number % _SLOTS_OF_A_BAY
        if place == 0:
            shelf = Shelf(id="s", y_mm=0, clearance_mm=300)
            found.append(Bay(store=_STORE, id=bay, width_mm=6000, height_mm=2000, shelves=(shelf,)))
        gtin, left = _gtin(number + 1), place * 100.0
        slot = f"slot-{number}"
        found += [
            Product(store=_STORE, gtin=gtin, name=f"Product {number}", price=Decimal("1.99"), sales_per_day=12),
            Slot(store=_STORE, id=slot, bay=bay, shelf="s", gtin=gtin, x_min_mm=left, x_max_mm=left + 90),
        ]
    return Catalogue.of(found)


def _events(slots: int, count: int, seed: int) -> Iterator[StockEvent]:
    """A day's changes of a store, in the order in which they come."""
    dice, sequences = np.random.default_rng(seed), np.zeros(slots, np.int64)
    for number, slot in enumerate(dice.integers(0, slots, count).tolist()):
        at = _MORNING + timedelta(hours=12) * (number / count)
        sequences[slot] += 1
        step = Transition(
            sequence=int(sequences[slot]), gtin=_gtin(slot + 1), before=SlotState.UNKNOWN,
            state=_STATES[int(sequences[slot]) % 3],
            onset=Onset(earliest=at - timedelta(minutes=3), latest=at, level=0.9), decided_at=at, confidence=0.97,
        )  # fmt: skip
        name, bay = f"slot-{slot}", f"bay-{slot // _SLOTS_OF_A_BAY}"
        event_id = event_id_of(_STORE, name, step.sequence)
        yield StockEvent(event_id=event_id, store=_STORE, slot=name, bay=bay, transition=step, emitted_at=at)


def ingest(engine: Engine, slots: int, count: int, seed: int) -> tuple[float, float, float]:
    """(events a second written, events a second with all roll-ups of the day, seconds of the last roll-up)."""
    with writing(engine) as connection:
        write_versions(connection, [_STORE], _catalogue(slots), _MORNING, _MORNING)
    events = list(_events(slots, count, seed))
    roll_up(engine, _STORE, _MORNING)
    written_s, rolled_s, last_s, due = 0.0, 0.0, 0.0, _MORNING + _ROLLS_UP_EVERY
    for begin in range(0, count, _AT_ONCE):
        some = events[begin : begin + _AT_ONCE]
        begun_s = time.perf_counter()
        write_events(engine, some)
        written_s += time.perf_counter() - begun_s
        if some[-1].emitted_at >= due:
            begun_s = time.perf_counter()
            roll_up(engine, _STORE, some[-1].emitted_at)
            last_s = time.perf_counter() - begun_s
            rolled_s += last_s
            due = some[-1].emitted_at + _ROLLS_UP_EVERY
    return count / written_s, count / (written_s + rolled_s), last_s
