"""Availability: minutes that always add up, and roll-ups that are what working it all out anew would give."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, or_, select

from analytics.contract import Onset, SlotState, StockEvent, Transition, UnknownReason, event_id_of
from analytics.historian.availability import rolling
from analytics.historian.availability.minutes import Spent
from analytics.historian.availability.rolling import roll_up
from analytics.historian.availability.tables import slot_hours, slot_rollups
from analytics.historian.tables import state_intervals, stock_events
from analytics.historian.writing import write_events
from analytics.history.availability import Grain, availability_by_day, availability_by_hour, rolled_up_to
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.hours import is_open
from shelfstream.catalogue.model import WEEKDAYS, Bay, CatalogueEntity, OpeningHours, Shelf, Slot, Store
from shelfstream.catalogue.versions_sql import catalogue_at, catalogue_versions, write_versions
from shelfstream.sql import reading, writing
from tests.contract.history.adding_up import ROLL_UPS, check_sums_of_days
from tests.contract.history.history_samples import GTIN, MONDAY, STORE, a_day, at, catalogue, event

MILK, TEA = GTIN, "04006381333948"
STATES = [SlotState.STOCKED, SlotState.LOW, SlotState.OUT, SlotState.MISPLACED, SlotState.UNKNOWN]
US = 60_000_000


def test_the_minutes_of_a_day_add_up(engine: Engine) -> None:
    """Seen from opening at 08:00, out from 09:00 to 10:00, not seen from 12:00 to closing at 20:00."""
    _publish(engine, catalogue(), MONDAY)
    write_events(engine, a_day())
    assert roll_up(engine, STORE, MONDAY + timedelta(days=1)) == 1
    (found,) = availability_by_day(engine, STORE, MONDAY.date(), MONDAY.date(), Grain.PRODUCT)
    assert (found.day, found.name) == (date(2026, 3, 2), MILK)
    assert found.spent == Spent(
        planned_us=720 * US, out_us=60 * US, unknown_us=480 * US, out_least_us=55 * US, out_most_us=70 * US
    )
    assert (found.spent.coverage, found.spent.availability) == (240 / 720, 180 / 240)


def test_hours_without_anything_amiss_stand_in_no_table_and_are_told_all_the_same(engine: Engine) -> None:
    """Only the hours out and unseen are rows; asked by the hour, every hour of opening is there."""
    _publish(engine, catalogue(), MONDAY)
    write_events(engine, a_day())
    roll_up(engine, STORE, MONDAY + timedelta(days=1))
    with reading(engine) as connection:
        rows = connection.execute(select(slot_hours.c.starts_at).order_by(slot_hours.c.starts_at)).scalars().all()
    assert rows == [at(0), at(60), *(at(60 * hour) for hour in range(4, 12))]
    told = availability_by_hour(engine, STORE, MONDAY.date(), MONDAY.date(), Grain.STORE)
    assert [each.starts_at for each in told] == [at(60 * hour) for hour in range(12)]
    assert [each.spent.availability for each in told[:4]] == [1.0, 0.0, 1.0, 1.0]
    assert [each.spent.coverage for each in told[4:]] == [0.0] * 8


def test_what_is_not_rolled_up_yet_is_not_told(engine: Engine) -> None:
    """In the middle of the day the planned time goes up to then."""
    _publish(engine, catalogue(), MONDAY)
    write_events(engine, a_day()[:2])
    assert rolled_up_to(engine, STORE) is None
    roll_up(engine, STORE, at(90))
    assert rolled_up_to(engine, STORE) == at(90)
    (found,) = availability_by_day(engine, STORE, MONDAY.date(), MONDAY.date(), Grain.STORE)
    assert found.spent == Spent(planned_us=90 * US, out_us=30 * US, out_least_us=30 * US, out_most_us=40 * US)
    told = availability_by_hour(engine, STORE, MONDAY.date(), MONDAY.date(), Grain.SLOT)
    assert [each.spent.planned_us for each in told] == [60 * US, 30 * US]


def test_what_may_have_begun_yesterday_changes_yesterday(engine: Engine) -> None:
    """Seen out at 08:05 on Tuesday and for sure not at 19:00 on Monday: an hour of Monday it may have been out."""
    _publish(engine, catalogue(), MONDAY)
    write_events(engine, [event(1, SlotState.STOCKED, 0)])
    roll_up(engine, STORE, MONDAY + timedelta(days=1))
    write_events(engine, [event(2, SlotState.OUT, 1445, wide=13 * 60 + 5)])
    roll_up(engine, STORE, at(1505))
    monday, tuesday = availability_by_day(engine, STORE, MONDAY.date(), date(2026, 3, 3), Grain.STORE)
    assert monday.spent == Spent(planned_us=720 * US, out_most_us=60 * US)
    assert tuesday.spent == Spent(planned_us=65 * US, out_us=60 * US, out_least_us=60 * US, out_most_us=65 * US)
    write_events(engine, [event(3, SlotState.STOCKED, 1470, wide=20)])
    roll_up(engine, STORE, at(1505))
    found = availability_by_day(engine, STORE, date(2026, 3, 3), date(2026, 3, 3), Grain.STORE)
    assert found[0].spent == Spent(planned_us=65 * US, out_us=25 * US, out_least_us=5 * US, out_most_us=30 * US)


def test_two_stretches_that_may_both_have_lasted_are_one_time(engine: Engine) -> None:
    """A clock that was set back says twice that it was out until 09:30: half of that hour, not all of it."""
    _publish(engine, catalogue(), MONDAY)
    out = [event(2, SlotState.OUT, 5), event(3, SlotState.OUT, 2)]
    write_events(engine, [event(1, SlotState.STOCKED, 90), *out, event(4, SlotState.STOCKED, 1)])
    roll_up(engine, STORE, at(120))
    told = availability_by_hour(engine, STORE, MONDAY.date(), MONDAY.date(), Grain.STORE)
    assert [each.spent.out_most_us for each in told] == [58 * US, 30 * US]


@dataclass(frozen=True)
class Plan:
    """From a minute of the story on, the slot is planned for a product (``None``: not at all), the store open so."""

    minute: int
    gtin: str | None
    opens: str


@dataclass(frozen=True)
class Said:
    """A change of state that was first seen at a minute, and had come up to so many minutes before."""

    state: SlotState
    gtin: str
    minute: int
    unsure: int


_LAST = 2 * 1440
_STEP = 15
_MINUTES = st.integers(0, _LAST // _STEP).map(lambda steps: steps * _STEP)
_UNSURE = st.sampled_from([0, 0, 15, 120, 900])
PLANS = st.lists(
    st.builds(Plan, _MINUTES, st.sampled_from([MILK, MILK, TEA, None]), st.sampled_from(["01:30", "06:00"])),
    min_size=1, max_size=3, unique_by=lambda plan: plan.minute,
).map(lambda plans: sorted(plans, key=lambda plan: plan.minute))  # fmt: skip
SAID = st.lists(
    st.builds(Said, st.sampled_from(STATES), st.sampled_from([MILK, MILK, TEA]), _MINUTES, _UNSURE), max_size=8
)
ZONES = {"Europe/Berlin": ["2026-03-28", "2026-10-24"], "America/St_Johns": ["2026-03-07", "2026-10-31", "2026-06-01"]}
"""Clocks change on the second day of a story, but in June."""

MIDNIGHTS = st.sampled_from([
    datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)) for zone, days in ZONES.items() for day in days
])  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(plans=PLANS, said=SAID, midnight=MIDNIGHTS, data=st.data())
def test_a_roll_up_is_what_counting_the_time_gives(
    engine: Engine, plans: list[Plan], said: list[Said], midnight: datetime, data: st.DataObject
) -> None:
    """Events late and in any order, plans that change and are corrected, clocks that change, roll-ups in between."""
    _clear(engine)
    start, zone = midnight.astimezone(UTC), str(midnight.tzinfo)
    events = [_event(number, each, start) for number, each in enumerate(said, 1)]
    steps: list[Plan | StockEvent] = data.draw(st.permutations([*plans, *events]))
    for step in steps:
        if isinstance(step, Plan):
            _publish(engine, _shelf(step, zone), start + timedelta(minutes=step.minute))
        else:
            write_events(engine, [step])
        if data.draw(st.booleans()):
            roll_up(engine, STORE, start + timedelta(minutes=data.draw(_MINUTES)))
    end = start + timedelta(minutes=_LAST)
    roll_up(engine, STORE, end)
    _check_sums(engine, start, end, zone)
    check_sums_of_days(engine)
    kept = _rows(engine)
    _clear_roll_ups(engine)
    roll_up(engine, STORE, end)
    assert _rows(engine) == kept


def _check_sums(engine: Engine, start: datetime, end: datetime, zone: str) -> None:
    """By day and by hour, against counting every quarter of an hour: everything in a story begins and ends on one."""
    days: dict[tuple[date, str], Spent] = {}
    hours: dict[tuple[datetime, str], Spent] = {}
    for number in range((end - start) // timedelta(minutes=_STEP)):
        moment = start + number * timedelta(minutes=_STEP)
        gtin, state = _plainly(engine, moment)
        if gtin is None:
            continue
        spent = _quarter(state) + _bounds(engine, gtin, moment)
        local = moment.astimezone(ZoneInfo(zone))
        hour = moment - timedelta(minutes=local.minute)
        days[local.date(), gtin] = days.get((local.date(), gtin), Spent()) + spent
        hours[hour, gtin] = hours.get((hour, gtin), Spent()) + spent
    first, last = start.date() - timedelta(days=1), end.date() + timedelta(days=1)
    by_day = availability_by_day(engine, STORE, first, last, Grain.PRODUCT)
    by_hour = availability_by_hour(engine, STORE, first, last, Grain.PRODUCT)
    assert {(each.day, each.name): each.spent for each in by_day} == days
    assert {(each.starts_at, each.name): each.spent for each in by_hour} == hours
    whole = availability_by_day(engine, STORE, first, last, Grain.STORE)
    assert sum((each.spent for each in whole), Spent()) == sum(days.values(), Spent())


def _plainly(engine: Engine, moment: datetime) -> tuple[str | None, SlotState]:
    """For which product the slot was planned while the store was open, and in which state it was, from the raw rows."""
    with reading(engine) as connection:
        held = catalogue_at(connection, moment, [STORE])
        row = connection.execute(
            select(state_intervals).where(
                state_intervals.c.from_at <= moment,
                or_(state_intervals.c.to_at.is_(None), state_intervals.c.to_at > moment),
            )
        ).one_or_none()
    slot = next(iter(held.slots.values()), None)
    if slot is None or STORE not in held.stores or not is_open(held.stores[STORE], moment):
        return None, SlotState.UNKNOWN
    if row is None or row.gtin != slot.gtin:
        return slot.gtin, SlotState.UNKNOWN
    return slot.gtin, SlotState(row.state)


def _quarter(state: SlotState) -> Spent:
    in_state = {} if state is SlotState.STOCKED else {f"{state.value.lower()}_us": _STEP * US}
    return Spent(planned_us=_STEP * US, **in_state)


def _bounds(engine: Engine, gtin: str, moment: datetime) -> Spent:
    """Whether the product was out then for sure, and whether it may have been, from the raw rows."""
    own = state_intervals.c
    query = select(state_intervals).where(own.gtin == gtin, own.state == SlotState.OUT.value)
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    surely = any(row.from_at <= moment and (row.to_earliest is None or moment < row.to_earliest) for row in rows)
    maybe = any(row.from_earliest <= moment and (row.to_at is None or moment < row.to_at) for row in rows)
    return Spent(out_least_us=surely * _STEP * US, out_most_us=maybe * _STEP * US)


def _shelf(plan: Plan, zone: str) -> Catalogue:
    hours = (OpeningHours(opens=plan.opens, closes="20:00"),)
    entities: list[CatalogueEntity] = [
        Store(id=STORE, name="Mill Road", time_zone=zone, hours=dict.fromkeys(WEEKDAYS, hours)),
        Bay(store=STORE, id="b1", width_mm=900, height_mm=2000, shelves=(Shelf(id="s", y_mm=0, clearance_mm=300),)),
    ]
    if plan.gtin is not None:
        entities.append(Slot(store=STORE, id="s1", bay="b1", shelf="s", gtin=plan.gtin, x_min_mm=0, x_max_mm=300))
    return Catalogue.of(entities)


def _event(sequence: int, said: Said, start: datetime) -> StockEvent:
    seen_at = start + timedelta(minutes=said.minute)
    step = Transition(
        sequence=sequence,
        gtin=said.gtin,
        before=SlotState.UNKNOWN,
        state=said.state,
        reason=UnknownReason.STALE if said.state is SlotState.UNKNOWN else None,
        onset=Onset(earliest=seen_at - timedelta(minutes=said.unsure), latest=seen_at, level=0.9),
        decided_at=seen_at,
        confidence=0.98,
    )
    event_id = event_id_of(STORE, "s1", sequence)
    return StockEvent(event_id=event_id, store=STORE, slot="s1", bay="b1", transition=step, emitted_at=seen_at)


def _publish(engine: Engine, found: Catalogue, valid_from: datetime) -> None:
    with writing(engine) as connection:
        write_versions(connection, [STORE], found, valid_from, valid_from)


def _rows(engine: Engine) -> list[tuple[Any, ...]]:
    with reading(engine) as connection:
        found = [connection.execute(select(table).order_by(*table.primary_key.columns)).all() for table in ROLL_UPS]
    return [tuple(row) for rows in found for row in rows]


def _clear(engine: Engine) -> None:
    _clear_roll_ups(engine)
    with writing(engine) as connection:
        for table in (stock_events, state_intervals, catalogue_versions):
            connection.execute(delete(table))


def _clear_roll_ups(engine: Engine) -> None:
    with writing(engine) as connection:
        for table in (*ROLL_UPS, slot_rollups):
            connection.execute(delete(table))


def test_another_time_zone_moves_the_days_of_the_past(engine: Engine) -> None:
    """A store whose zone is put right tells all its days and hours by the new one, as rolled up anew."""
    _publish(engine, _shelf(Plan(0, MILK, "01:30"), "UTC"), MONDAY)
    write_events(engine, a_day())
    roll_up(engine, STORE, at(2000))
    _publish(engine, _shelf(Plan(0, MILK, "01:30"), "Pacific/Auckland"), at(2000))
    roll_up(engine, STORE, at(2001))
    kept = _rows(engine)
    _clear_roll_ups(engine)
    roll_up(engine, STORE, at(2001))
    assert _rows(engine) == kept


def test_more_slots_than_are_taken_at_once_are_all_rolled_up(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five slots, two at a time; and none is done twice."""
    monkeypatch.setattr(rolling, "_SLOTS_AT_ONCE", 2)
    plan = _shelf(Plan(0, MILK, "06:00"), "UTC")
    slots = [
        Slot(
            store=STORE, id=f"more-{n}", bay="b1", shelf="s", gtin=MILK, x_min_mm=300 + 100 * n, x_max_mm=400 + 100 * n
        )
        for n in range(4)
    ]
    _publish(engine, Catalogue.of([*plan.entities(), *slots]), MONDAY)
    assert roll_up(engine, STORE, at(60)) == 5
    told = availability_by_day(engine, STORE, MONDAY.date(), MONDAY.date(), Grain.SLOT)
    assert [each.name for each in told] == [*(f"more-{n}" for n in range(4)), "s1"]
