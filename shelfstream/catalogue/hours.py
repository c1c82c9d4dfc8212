"""Opening hours as intervals of UTC time, right on the days on which clocks are changed.

A stretch of opening is one interval: it begins when the store's clock shows ``opens`` for the first time that day
and ends when it shows ``closes`` for the last time. A time that the clock skips counts as the moment of the jump.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shelfstream.catalogue.model import WEEKDAYS, AlertBudget, OpeningHours, Route, Store, Weekday

_DAY = timedelta(days=1)
_MIDNIGHT_AFTER = "24:00"

Hours = Mapping[Weekday, Sequence[OpeningHours]]


@dataclass(frozen=True, slots=True)
class Interval:
    """Half-open: ``starts_at <= t < ends_at``, both aware UTC."""

    starts_at: datetime
    ends_at: datetime

    @property
    def length_s(self) -> float:
        """Seconds from start to end."""
        return (self.ends_at - self.starts_at).total_seconds()


def is_open(store: Store, at: datetime) -> bool:
    """Whether the store is open at an aware time."""
    return any(True for _ in open_intervals(store, at, at + timedelta(microseconds=1)))


def open_intervals(store: Store, starts_at: datetime, ends_at: datetime) -> Iterator[Interval]:
    """The store's opening within ``[starts_at, ends_at)``, in order, touching stretches taken together."""
    return _within(store, store.hours, starts_at, ends_at)


def quiet_intervals(store: Store, starts_at: datetime, ends_at: datetime) -> Iterator[Interval]:
    """Times within ``[starts_at, ends_at)`` in which nobody is to be told of alerts, in the same way."""
    return _within(store, store.quiet, starts_at, ends_at)


def on_shift(store: Store, route: Route, at: datetime) -> bool:
    """Whether a route of the store tells anybody at an aware time."""
    if not route.hours:
        return True
    return any(True for _ in _within(store, route.hours, at, at + timedelta(microseconds=1)))


def _within(store: Store, hours: Hours, starts_at: datetime, ends_at: datetime) -> Iterator[Interval]:
    current: Interval | None = None
    for stretch in _stretches(store, hours, local_day(store, starts_at) - _DAY, local_day(store, ends_at) + _DAY):
        clipped = Interval(max(stretch.starts_at, starts_at), min(stretch.ends_at, ends_at))
        if clipped.starts_at >= clipped.ends_at:
            continue
        if current is not None and clipped.starts_at <= current.ends_at:
            current = Interval(current.starts_at, max(current.ends_at, clipped.ends_at))
            continue
        if current is not None:
            yield current
        current = clipped
    if current is not None:
        yield current


def open_seconds(store: Store, starts_at: datetime, ends_at: datetime) -> float:
    """How long the store is open within ``[starts_at, ends_at)``."""
    return sum(interval.length_s for interval in open_intervals(store, starts_at, ends_at))


def local_day(store: Store, at: datetime) -> date:
    """The store's calendar day at an aware time."""
    return at.astimezone(ZoneInfo(store.time_zone)).date()


def day_interval(store: Store, day: date) -> Interval:
    """The store's calendar day in UTC: 23, 24 or 25 hours long."""
    zone = ZoneInfo(store.time_zone)
    return Interval(_moment(day, time.min, zone, last=False), _moment(day + _DAY, time.min, zone, last=False))


def shift_at(store: Store, budget: AlertBudget, at: datetime) -> Interval:
    """The shift of a store that an aware time falls in."""
    zone, today = ZoneInfo(store.time_zone), local_day(store, at)
    days = (today - _DAY, today, today + _DAY, today + 2 * _DAY)
    begins = [
        _moment(day, time.fromisoformat(begin), zone, last=False) for day in days for begin in budget.shifts_begin
    ]
    later = next(place for place, begin in enumerate(begins) if begin > at)
    return Interval(begins[later - 1], begins[later])


def _stretches(store: Store, weekly: Hours, first: date, last: date) -> Iterator[Interval]:
    zone = ZoneInfo(store.time_zone)
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        hours = weekly.get(WEEKDAYS[day.weekday()], ())
        for each in sorted(hours, key=lambda each: each.opens):
            opens = _moment(day, time.fromisoformat(each.opens), zone, last=False)
            if each.closes == _MIDNIGHT_AFTER:
                closes = day_interval(store, day).ends_at
            else:
                closes = _moment(day, time.fromisoformat(each.closes), zone, last=True)
            yield Interval(opens, closes)


def _moment(day: date, wall: time, zone: ZoneInfo, *, last: bool) -> datetime:
    """When the zone's clock shows ``wall`` on ``day``: the first or last time, or the jump that skips it."""
    local = datetime.combine(day, wall, tzinfo=zone)
    early = local.replace(fold=0).astimezone(UTC)
    late = local.replace(fold=1).astimezone(UTC)
    if late >= early:
        return late if last else early
    # A skipped time: with fold 0 it is read after the jump, with fold 1 before it (PEP 495).
    return _jump(late, early, zone)


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The moment between two at which the zone's offset changes, to the second."""
    old_offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == old_offset:
            before = middle
        else:
            after = middle
    return after
