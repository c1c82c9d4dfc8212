"""Opening hours are right on every day, also on those on which clocks are changed."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelfstream.catalogue.hours import (
    Interval,
    day_interval,
    is_open,
    local_day,
    open_intervals,
    open_seconds,
    shift_at,
)
from shelfstream.catalogue.model import AlertBudget, OpeningHours, Store
from tests.unit.catalogue.catalogue_strategies import ZONES, stores

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
moments = st.integers(0, 4 * 365 * 24 * 3600).map(lambda s: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
# Every zone's changes of 2026, so that many examples lie near one.
near_changes = st.sampled_from(
    [
        datetime(2026, 3, 29, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
        datetime(2026, 3, 8, 7, tzinfo=UTC),
        datetime(2026, 11, 1, 6, tzinfo=UTC),
        datetime(2026, 4, 4, 15, tzinfo=UTC),
        datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
        datetime(2024, 10, 6, 4, tzinfo=UTC),
        datetime(2024, 3, 24, 3, tzinfo=UTC),
    ]
).flatmap(lambda change: st.integers(-3000, 3000).map(lambda minutes: change + timedelta(minutes=minutes)))
anywhen = st.one_of(moments, near_changes)


def _store(zone: str, *stretches: tuple[str, str]) -> Store:
    hours = tuple(OpeningHours(opens=opens, closes=closes) for opens, closes in stretches)
    return Store.model_validate({"id": "s", "name": "S", "time_zone": zone, "hours": dict.fromkeys(_DAYS, hours)})


@settings(max_examples=300, deadline=None)
@given(stores(), anywhen)
def test_open_as_the_clock_on_the_wall_says(store: Store, at: datetime) -> None:
    """Away from the hours that a clock repeats, a store is open exactly when its wall clock says so."""
    zone = ZoneInfo(store.time_zone)
    local = at.astimezone(zone)
    window = timedelta(hours=3)
    if (at - window).astimezone(zone).utcoffset() != (at + window).astimezone(zone).utcoffset():
        return
    wall = f"{local:%H:%M}"
    said = any(each.opens <= wall < each.closes for each in store.hours.get(_DAYS[local.weekday()], ()))  # type: ignore[call-overload]
    assert is_open(store, at) == said


@settings(max_examples=200, deadline=None)
@given(stores(), anywhen, st.integers(1, 5 * 24 * 60))
def test_intervals_are_ordered_apart_and_agree_with_is_open(store: Store, start: datetime, minutes: int) -> None:
    """Inside an interval the store is open; at and just after its end, and just before its start, it is not."""
    end = start + timedelta(minutes=minutes)
    found = list(open_intervals(store, start, end))
    tick = timedelta(microseconds=1)
    for each in found:
        assert start <= each.starts_at < each.ends_at <= end
        assert is_open(store, each.starts_at)
        assert is_open(store, each.ends_at - tick)
        assert each.ends_at == end or not is_open(store, each.ends_at)
        assert each.starts_at == start or not is_open(store, each.starts_at - tick)
    assert all(left.ends_at < right.starts_at for left, right in pairwise(found))


@settings(max_examples=200, deadline=None)
@given(stores(), anywhen, st.lists(st.integers(0, 4000), min_size=2, max_size=4))
def test_open_time_adds_up_over_any_cut(store: Store, start: datetime, minutes: list[int]) -> None:
    """Open seconds of the parts are those of the whole, wherever time is cut."""
    cuts = [start + timedelta(minutes=each) for each in sorted(minutes)]
    parts = sum(open_seconds(store, left, right) for left, right in pairwise(cuts))
    assert parts == pytest.approx(open_seconds(store, cuts[0], cuts[-1]), abs=1e-6)


@given(st.sampled_from(ZONES), anywhen)
def test_a_store_that_never_closes_is_always_open(zone: str, at: datetime) -> None:
    """``00:00-24:00`` leaves no gap at midnight, in no zone, on no day."""
    store = _store(zone, ("00:00", "24:00"))
    week = Interval(at, at + timedelta(days=7))
    assert list(open_intervals(store, week.starts_at, week.ends_at)) == [week]


@given(st.sampled_from(ZONES), anywhen)
def test_days_follow_each_other_without_gap(zone: str, at: datetime) -> None:
    """A local day holds the moment it was asked for, and ends where the next begins."""
    store = _store(zone)
    day = local_day(store, at)
    today, tomorrow = day_interval(store, day), day_interval(store, day + timedelta(days=1))
    assert today.starts_at <= at < today.ends_at == tomorrow.starts_at


@pytest.mark.parametrize(
    ("zone", "day", "hours", "expected_h"),
    [
        ("Europe/Berlin", date(2026, 3, 29), ("00:00", "24:00"), 23),
        ("Europe/Berlin", date(2026, 10, 25), ("00:00", "24:00"), 25),
        ("Europe/Berlin", date(2026, 3, 29), ("01:00", "02:30"), 1),
        ("Europe/Berlin", date(2026, 3, 29), ("02:30", "04:00"), 1),
        ("Europe/Berlin", date(2026, 3, 29), ("02:10", "02:50"), 0),
        ("Europe/Berlin", date(2026, 10, 25), ("01:00", "02:30"), 2.5),
        ("Europe/Berlin", date(2026, 10, 25), ("02:30", "04:00"), 2.5),
        ("Europe/Berlin", date(2026, 10, 25), ("08:00", "20:00"), 12),
        ("America/New_York", date(2026, 3, 8), ("00:00", "24:00"), 23),
        ("America/New_York", date(2026, 11, 1), ("01:30", "02:00"), 1.5),
        ("Australia/Lord_Howe", date(2026, 4, 5), ("00:00", "24:00"), 24.5),
        ("Australia/Lord_Howe", date(2026, 10, 4), ("00:00", "24:00"), 23.5),
        ("America/Asuncion", date(2024, 10, 6), ("00:00", "24:00"), 23),
    ],
)
def test_hours_on_the_days_of_change(zone: str, day: date, hours: tuple[str, str], expected_h: float) -> None:
    """Skipped hours are not open time, repeated ones count twice: numbers worked out by hand."""
    store = _store(zone, hours)
    middle = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone))
    around = day_interval(store, local_day(store, middle))
    assert open_seconds(store, around.starts_at, around.ends_at) == expected_h * 3600


def test_hours_past_midnight_are_one_interval() -> None:
    """Friday 18:00-24:00 and Saturday 00:00-02:00 are one night."""
    store = Store.model_validate(
        {
            "id": "s",
            "name": "S",
            "time_zone": "Europe/Berlin",
            "hours": {"fri": [{"opens": "18:00", "closes": "24:00"}], "sat": [{"opens": "00:00", "closes": "02:00"}]},
        }
    )
    start = datetime(2026, 11, 16, tzinfo=UTC)
    (night,) = open_intervals(store, start, start + timedelta(days=7))
    assert night == Interval(datetime(2026, 11, 20, 17, tzinfo=UTC), datetime(2026, 11, 21, 1, tzinfo=UTC))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ZONES), anywhen)
def test_shifts_follow_one_another_and_begin_by_the_clock_on_the_wall(zone: str, at: datetime) -> None:
    """Every moment is in one shift; the next one begins where it ends, at one of the times that were named."""
    store, budget = _store(zone), AlertBudget(wrong_most=1, shifts_begin=("05:30", "14:00"))
    shift = shift_at(store, budget, at)
    assert shift.starts_at <= at < shift.ends_at
    assert timedelta(hours=7) <= shift.ends_at - shift.starts_at <= timedelta(hours=17)
    assert shift_at(store, budget, shift.starts_at) == shift
    assert shift_at(store, budget, shift.ends_at).starts_at == shift.ends_at
    assert f"{shift.starts_at.astimezone(ZoneInfo(zone)):%H:%M}" in budget.shifts_begin
