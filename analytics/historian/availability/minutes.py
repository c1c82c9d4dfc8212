"""How long a slot was in each state, by the hour of its store's clock: pure sums over stretches of time.

What counts is the time for which a slot was planned while its store was open. Each moment of it is in one state alone:
LOW, OUT, MISPLACED or UNKNOWN as the changes of state say, and else STOCKED. UNKNOWN is also what nobody spoke of, and
what was said of another product than the one planned. So the five always add up to the planned time, to the
microsecond.

When a state began and ended is known between two moments each, so that OUT has a least and a most as well.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import NamedTuple

from analytics.contract import SlotState

_MICROSECOND = timedelta(microseconds=1)
_HOUR = timedelta(hours=1)
_MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True)
class PlannedTime:
    """A stretch for which a slot was planned for a product, the store open all the time."""

    gtin: str
    bay: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class TimeInState:
    """A stretch in one state, as it was seen; without an end it lasts.

    It began between ``starts_earliest`` and ``starts_at``, and ended between ``ends_earliest`` and ``ends_at``.
    """

    gtin: str
    state: SlotState
    starts_at: datetime
    ends_at: datetime | None
    starts_earliest: datetime
    ends_earliest: datetime | None


@dataclass(frozen=True, slots=True)
class Spent:
    """Microseconds of planned time, and of which of them were not STOCKED.

    ``out_us`` counts from seen to seen; ``out_least_us`` and ``out_most_us`` are what it can have been.
    """

    planned_us: int = 0
    low_us: int = 0
    out_us: int = 0
    misplaced_us: int = 0
    unknown_us: int = 0
    out_least_us: int = 0
    out_most_us: int = 0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Spent)))

    @property
    def stocked_us(self) -> int:
        """The rest."""
        return self.planned_us - self.low_us - self.out_us - self.misplaced_us - self.unknown_us

    @property
    def deviates(self) -> bool:
        """Whether anything but STOCKED is in it, or may be."""
        return self.stocked_us != self.planned_us or self.out_most_us > 0

    @property
    def coverage(self) -> float:
        """Share of the planned time of which the state was known."""
        return (self.planned_us - self.unknown_us) / self.planned_us if self.planned_us else 0.0

    @property
    def availability(self) -> float | None:
        """Share of the known time in which the product was there to be bought; ``None`` where nothing was known."""
        known_us = self.planned_us - self.unknown_us
        return (self.stocked_us + self.low_us) / known_us if known_us else None

    def minutes(self, state: SlotState) -> float:
        """Minutes in one state."""
        return int(getattr(self, _FIELDS[state])) / _MINUTE_US

    @property
    def minutes_planned(self) -> float:
        """Minutes in any."""
        return self.planned_us / _MINUTE_US


_FIELDS: Mapping[SlotState, str] = MappingProxyType({state: f"{state.value.lower()}_us" for state in SlotState})


@dataclass(frozen=True, slots=True)
class SlotHour:
    """Of which product and bay, and which hour: it starts when the store's clock shows a full one."""

    gtin: str
    bay: str
    starts_at: datetime


def spent_by_hour(planned: Sequence[PlannedTime], states: Sequence[TimeInState], zone: tzinfo) -> dict[SlotHour, Spent]:
    """The hours of one slot that hold planned time. ``states`` are in order and do not overlap."""
    starts = [each.starts_at for each in states]
    pieces = [
        _Piece(SlotHour(stretch.gtin, stretch.bay, hour), starts_at, ends_at)
        for stretch in planned
        for hour, starts_at, ends_at in _by_hour(stretch.starts_at, stretch.ends_at, zone)
    ]
    bounds = _out_bounds(pieces, states)
    found: dict[SlotHour, Spent] = {}
    for piece, (least_us, most_us) in zip(pieces, bounds, strict=True):
        first = max(0, bisect_right(starts, piece.starts_at) - 1)
        spent = _spent(piece.hour.gtin, piece.starts_at, piece.ends_at, states[first:])
        spent = replace(spent, out_least_us=least_us, out_most_us=most_us)
        found[piece.hour] = found[piece.hour] + spent if piece.hour in found else spent
    return found


class _Piece(NamedTuple):
    """Planned time within one hour."""

    hour: SlotHour
    starts_at: datetime
    ends_at: datetime


class _Stretch(NamedTuple):
    """Without an end it lasts."""

    gtin: str
    starts_at: datetime
    ends_at: datetime | None


def _out_bounds(pieces: Sequence[_Piece], states: Sequence[TimeInState]) -> list[tuple[int, int]]:
    """Of each piece, in order, how long at least and at most the product was out in it, in microseconds."""
    out = [each for each in states if each.state is SlotState.OUT]
    least = _covered_us(pieces, [_Stretch(each.gtin, each.starts_at, each.ends_earliest) for each in out])
    most = _covered_us(pieces, _united([_Stretch(each.gtin, each.starts_earliest, each.ends_at) for each in out]))
    return list(zip(least, most, strict=True))


def _united(stretches: Sequence[_Stretch]) -> list[_Stretch]:
    """The same time in stretches that do not overlap: in a moment between two, both may have lasted, and it is one."""
    found: list[_Stretch] = []
    for each in sorted(stretches, key=lambda stretch: (stretch.gtin, stretch.starts_at)):
        last = found[-1] if found and found[-1].gtin == each.gtin else None
        if last is None or (last.ends_at is not None and each.starts_at > last.ends_at):
            found.append(each)
        elif last.ends_at is not None and (each.ends_at is None or each.ends_at > last.ends_at):
            found[-1] = last._replace(ends_at=each.ends_at)
    return found


def _covered_us(pieces: Sequence[_Piece], stretches: Sequence[_Stretch]) -> list[int]:
    ends, found = [piece.ends_at for piece in pieces], [0] * len(pieces)
    for each in stretches:
        for number in range(bisect_right(ends, each.starts_at), len(pieces)):
            piece = pieces[number]
            if each.ends_at is not None and piece.starts_at >= each.ends_at:
                break
            if piece.hour.gtin == each.gtin:
                until = piece.ends_at if each.ends_at is None else min(each.ends_at, piece.ends_at)
                found[number] += max(0, (until - max(each.starts_at, piece.starts_at)) // _MICROSECOND)
    return found


def _hour_start(moment: datetime, zone: tzinfo) -> datetime:
    """When the hour began in which a moment is, by the zone's clock (some zones are half an hour off)."""
    local = moment.astimezone(zone)
    return moment - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)


def _by_hour(starts_at: datetime, ends_at: datetime, zone: tzinfo) -> Iterator[tuple[datetime, datetime, datetime]]:
    while starts_at < ends_at:
        hour = _hour_start(starts_at, zone)
        until = min(ends_at, hour + _HOUR)
        yield hour, starts_at, until
        starts_at = until


def _spent(gtin: str, starts_at: datetime, ends_at: datetime, states: Sequence[TimeInState]) -> Spent:
    """One stretch within an hour, from the first state that can touch it on."""
    planned_us = (ends_at - starts_at) // _MICROSECOND
    in_state = dict.fromkeys(SlotState, 0)
    for each in states:
        if each.starts_at >= ends_at:
            break
        until = ends_at if each.ends_at is None else min(each.ends_at, ends_at)
        if each.gtin == gtin:
            in_state[each.state] += max(0, (until - max(each.starts_at, starts_at)) // _MICROSECOND)
    known = {state: us for state, us in in_state.items() if state is not SlotState.UNKNOWN}
    return Spent(
        planned_us,
        low_us=known[SlotState.LOW],
        out_us=known[SlotState.OUT],
        misplaced_us=known[SlotState.MISPLACED],
        unknown_us=planned_us - sum(known.values()),
    )
