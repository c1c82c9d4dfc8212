"""One simulated store over some days: its plan, its trade, what stands before its bays and happens to its cameras."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property, partial
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.events.difficulty import Difficulty, Sight
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.hours import Interval, local_day, open_intervals
from shelfstream.catalogue.model import Bay, Slot
from simulator.dice import Dice
from simulator.store.market import MARKET_ID, market_catalogue, traded_slots
from simulator.store.sim_time import SimTime
from simulator.store.store import SimulatedStore
from simulator.store.trading import Trading, TradingDay

TIME = SimTime(speed=1.0)
_EARLY = timedelta(minutes=30)
_LATE = timedelta(minutes=10)
_NIGHT_FRAME_EVERY = timedelta(minutes=10)
_FOG_ERRORS = 6.0
_SHOPPER_MM, _TROLLEY_MM, _CAGE_MM = (450.0, 1700.0), (600.0, 1000.0), (850.0, 1750.0)
"""How wide and how high they stand before a bay."""


@dataclass(frozen=True)
class Hidden:
    """Somebody or something before a bay: from-to mm along it, and up to which height."""

    number: int
    x0_mm: float
    x1_mm: float
    high_mm: float


@dataclass(frozen=True)
class Condition:
    """How a camera sees at one moment: what hides it, how many times more it errs, how far (mm) it hangs off."""

    hidden: tuple[Hidden, ...] = ()
    errors: float = 1.0
    off_mm: tuple[float, float] = (0.0, 0.0)
    dark: bool = False
    foggy: bool = False


@dataclass(frozen=True)
class Moment:
    """One frame to be taken: when, by which camera, under which condition."""

    at: datetime
    camera: str
    condition: Condition


@dataclass(frozen=True)
class _Spell:
    kind: str
    begins: datetime
    ends: datetime
    number: int
    place: float
    """0..1: where along the bay, or which way."""

    def holds(self, at: datetime) -> bool:
        return self.begins <= at < self.ends


class Market:
    """A store of a seed. The same seed, level and days give the same store in every process."""

    def __init__(self, seed: int, difficulty: Difficulty, first: datetime, days: int) -> None:
        self.seed, self.difficulty = seed, difficulty
        self.starts_at, self.ends_at = first, first + timedelta(days=days)
        level = difficulty
        self.catalogue: Catalogue = market_catalogue(seed, level.bays, level.opens, level.closes, level.frame_every_s)
        bare = SimulatedStore(MARKET_ID, seed, self.catalogue)
        trading = Trading(seed, traded_slots(bare.slots), level.trade, [self._day(each) for each in self.opening])
        self.store = SimulatedStore(MARKET_ID, seed, self.catalogue, trading)
        self.trading = trading

    @cached_property
    def opening(self) -> tuple[Interval, ...]:
        """The stretches of opening, one a day."""
        return tuple(open_intervals(self.catalogue.stores[MARKET_ID], self.starts_at, self.ends_at))

    def _day(self, opening: Interval) -> TradingDay:
        """A day by the store's own clock: habits are told in its hours."""
        store = self.catalogue.stores[MARKET_ID]
        midnight = datetime.combine(local_day(store, opening.starts_at), time(), ZoneInfo(store.time_zone))
        return TradingDay(
            TIME.seconds_at(midnight), TIME.seconds_at(opening.starts_at), TIME.seconds_at(opening.ends_at)
        )

    @property
    def cameras(self) -> tuple[str, ...]:
        """Every camera, by id."""
        return tuple(sorted(camera for _, camera in self.catalogue.cameras))

    def bay_of(self, camera: str) -> Bay:
        """The bay that a camera looks at."""
        return self.store.bay_of(camera)

    def slots_of(self, camera: str) -> tuple[Slot, ...]:
        """The slots that a camera looks at."""
        return self.store.slots_of(self.bay_of(camera))

    def moments(self, cameras: Sequence[str]) -> Iterator[Moment]:
        """Every frame that these cameras take, in order of time. After closing the lights go out."""
        spells = {camera: self._spells(camera) for camera in cameras}
        for at, is_lit in self._times():
            for camera in cameras:
                now = [spell for spell in spells[camera] if spell.holds(at)]
                if any(spell.kind == "offline" for spell in now):
                    continue
                yield Moment(at, camera, self._condition(camera, now) if is_lit else Condition(dark=True))

    def _times(self) -> Iterator[tuple[datetime, bool]]:
        every = timedelta(seconds=self.difficulty.frame_every_s)
        at = self.starts_at
        lit = [Interval(each.starts_at - _EARLY, each.ends_at + _LATE) for each in self.opening]
        while at < self.ends_at:
            is_lit = any(each.starts_at <= at < each.ends_at for each in lit)
            yield at, is_lit
            at += every if is_lit else _NIGHT_FRAME_EVERY

    def _condition(self, camera: str, now: Sequence[_Spell]) -> Condition:
        bay, sight = self.bay_of(camera), self.difficulty.sight
        hidden = tuple(_hidden(spell, bay.width_mm) for spell in now if spell.kind in _SIZES_MM)
        errors = self.difficulty.errors
        off = (0.0, 0.0)
        for spell in now:
            if spell.kind == "dim":
                errors *= sight.dim_errors
            elif spell.kind == "fog":
                errors *= _FOG_ERRORS
            elif spell.kind == "nudge":
                low, high = sight.nudge_mm
                far = low * (high / low) ** spell.place
                off = (far * (1 if spell.number % 2 else -1), 0.3 * far)
        return Condition(hidden, errors, off, foggy=any(spell.kind == "fog" for spell in now))

    def _spells(self, camera: str) -> list[_Spell]:
        sight, dice = self.difficulty.sight, Dice("sight", self.seed, camera)
        found: list[_Spell] = []
        for day in self.opening:
            hours = day.length_s / 3600
            for kind, mean, stays in _kinds(sight, hours, dice):
                count = int(np.floor(mean)) + dice.chance(mean - np.floor(mean))
                for _ in range(count):
                    begins = day.starts_at + timedelta(seconds=dice.between(0, day.length_s))
                    ends = begins + timedelta(seconds=stays())
                    found.append(_Spell(kind, begins, ends, len(found), dice.between(0, 1)))
        return found


_SIZES_MM = {"shopper": _SHOPPER_MM, "trolley": _TROLLEY_MM, "cage": _CAGE_MM}


def _kinds(sight: Sight, hours: float, dice: Dice) -> Iterator[tuple[str, float, Callable[[], float]]]:
    """Each kind of spell: its name, how many a day, and a draw of how long it lasts in seconds."""
    stays = sight.shopper_stays_s
    yield "shopper", sight.shoppers_per_hour * hours, lambda: stays * float(np.exp(dice.gauss(0.8)))
    for kind, count, mean_s in (
        ("trolley", sight.trolleys_per_day, 60 * sight.trolley_stays_min),
        ("cage", sight.cages_per_day, 60 * sight.cage_stays_min),
        ("dim", sight.dim_per_day, 60 * sight.dim_lasts_min),
        ("fog", sight.fog_per_day, 60 * sight.fog_lasts_min),
        ("nudge", sight.nudge_per_day, 3600 * sight.nudge_lasts_h),
        ("offline", sight.offline_per_day, 60 * sight.offline_lasts_min),
    ):
        yield kind, count, partial(dice.exponential, mean_s)


def _hidden(spell: _Spell, bay_mm: float) -> Hidden:
    wide, high = _SIZES_MM[spell.kind]
    left = spell.place * (bay_mm + wide) - wide
    return Hidden(spell.number, left, left + wide, high)
