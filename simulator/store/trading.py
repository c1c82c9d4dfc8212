"""A store's trade by a seed: what is sold when, when staff walk the shelves, and what they do wrong there.

Unlike ``World``, which shows a demonstration that something always runs out soon, this follows a store through its
days: sales come by the hour, staff refill on their tours what they notice and have in the back, fill empty places with
the neighbour's goods, and now and then put another product into a place.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulator.dice import Dice
from simulator.store.world import ROWS_DEEP, Outage, Stock


@dataclass(frozen=True)
class TradedSlot:
    """One slot: its planned product and facings, how many units its place holds, and who stands beside it.

    ``beside`` are the numbers of the slots to the left and right on the same shelf, ``alike`` the products whose packs
    fit its places.
    """

    gtin: str
    wide: int
    high: int
    beside: tuple[int, ...]
    alike: tuple[str, ...]

    @property
    def capacity(self) -> int:
        """Units of a full slot."""
        return self.wide * self.high * ROWS_DEEP


@dataclass(frozen=True)
class TradeHabits:
    """How a store sells and how its staff work; shares and chances 0..1.

    ``turns_per_day`` is from-to how often a slot's capacity is sold in a day, drawn evenly over its logarithm.
    ``busy`` weighs the 24 hours of the day. ``tours`` are the hours at which staff walk the shelves; the first one
    comes with the delivery. On a tour they refill what holds less than ``refill_below`` of its capacity, each with the
    chance ``notices`` (``notices_empty`` where nothing is left), if the product is in the back (``in_back``, drawn when
    it runs low, until the next delivery). ``short`` is how often they refill only a part, ``wrong`` how often they
    put another product in, ``faced_over`` how often an empty place that cannot be refilled gets the neighbour's goods.
    ``notices_wrong`` is how often a tour clears what does not belong there.
    """

    turns_per_day: tuple[float, float]
    busy: tuple[float, ...]
    tours: tuple[float, ...]
    refill_below: float
    notices: float
    notices_empty: float
    in_back: float
    short: float
    wrong: float
    faced_over: float
    notices_wrong: float


@dataclass(frozen=True)
class _Scene:
    """A slot from a moment on: units of its own product by column, and the product that stands in each instead."""

    units: tuple[int, ...]
    others: tuple[str, ...]


@dataclass(frozen=True)
class TradingDay:
    """One day of a store, seconds on the simulator's clock: the midnight that its hours count from, and its opening."""

    midnight_s: float
    opens_s: float
    closes_s: float


class Trading:
    """All slots of one store over some days. Times are seconds on the simulator's clock."""

    def __init__(self, seed: int, slots: Sequence[TradedSlot], habits: TradeHabits, days: Sequence[TradingDay]) -> None:
        """``days`` in order."""
        self._slots, self._habits = tuple(slots), habits
        self._dice = Dice("trading", seed)
        self._moments: list[list[float]] = [[days[0].midnight_s] for _ in slots]
        self._scenes: list[list[_Scene]] = [[self._filled(slot, self._dice.between(0.5, 1.0))] for slot in slots]
        low, high = habits.turns_per_day
        self._turns = [low * (high / low) ** self._dice.between(0, 1) for _ in slots]
        self._no_stock: set[int] = set()
        for day in days:
            self._trade_a_day(day)
        self._outages = [self._outages_of(number) for number in range(len(slots))]

    def stock(self, slot: int, at_s: float) -> Stock:
        """What is in the slot at a time."""
        place = max(0, bisect_right(self._moments[slot], at_s) - 1)
        scene = self._scenes[slot][place]
        return Stock(scene.units, self._slots[slot].high, scene.others if any(scene.others) else ())

    def changes(self, slot: int, start_s: float, stop_s: float) -> list[float]:
        """Every moment in (start, stop] at which what is in the slot changes, in order."""
        return [moment for moment in self._moments[slot] if start_s < moment <= stop_s]

    def outages(self, slot: int, start_s: float, stop_s: float) -> list[Outage]:
        """Every time without the planned product that touches the span, whole, in order.

        Whatever else stands there meanwhile: it is not to be bought.
        """
        return [each for each in self._outages[slot] if each.began_s <= stop_s and each.ended_s > start_s]

    def _trade_a_day(self, day: TradingDay) -> None:
        sales = sorted((moment, 1, slot) for slot in range(len(self._slots)) for moment in self._sales(slot, day))
        tours = [(day.midnight_s + hour * 3600, 0, number) for number, hour in enumerate(self._habits.tours)]
        for moment, is_sale, number in sorted([*sales, *tours]):
            if is_sale:
                self._sell(number, moment)
            else:
                self._tour(moment, delivery=number == 0)

    def _sales(self, slot: int, day: TradingDay) -> list[float]:
        """Moments at which somebody wants one, more in busy hours."""
        wanted = self._turns[slot] * self._slots[slot].capacity
        edges = np.clip(day.midnight_s + 3600.0 * np.arange(25), day.opens_s, day.closes_s)
        weights = np.array(self._habits.busy)
        heap = np.concatenate([[0.0], np.cumsum(weights * np.diff(edges))])
        if heap[-1] <= 0:
            return []
        count = _poisson(self._dice, wanted)
        return [float(np.interp(self._dice.between(0, 1) * heap[-1], heap, edges)) for _ in range(count)]

    def _sell(self, slot: int, moment: float) -> None:
        scene = self._scenes[slot][-1]
        left = [column for column, units in enumerate(scene.units) if units]
        if not left:
            return
        column = self._dice.pick(left)
        units = tuple(count - (place == column) for place, count in enumerate(scene.units))
        self._put(slot, moment, _Scene(units, scene.others))

    def _tour(self, moment: float, *, delivery: bool) -> None:
        """Staff walk along all shelves, some seconds a slot."""
        dice, habits = self._dice, self._habits
        if delivery:
            self._no_stock = {slot for slot in self._no_stock if not dice.chance(habits.in_back)}
        at = moment
        for number, slot in enumerate(self._slots):
            scene = self._scenes[number][-1]
            held = sum(scene.units)
            notices = habits.notices if held else habits.notices_empty
            if any(scene.others):
                notices = habits.notices_wrong
            if held >= habits.refill_below * slot.capacity or not dice.chance(notices):
                continue
            at += dice.between(10, 60)
            if number not in self._no_stock and not dice.chance(habits.in_back):
                self._no_stock.add(number)
            if number in self._no_stock:
                self._without_stock(number, at, scene)
                continue
            at += dice.between(30, 120)
            self._refill(number, at)

    def _refill(self, number: int, at: float) -> None:
        dice, habits, slot = self._dice, self._habits, self._slots[number]
        if sum(self._scenes[number][-1].units) == 0 and slot.alike and dice.chance(habits.wrong):
            self._put(number, at, _Scene((0,) * slot.wide, (dice.pick(slot.alike),) * slot.wide))
            return
        self._put(number, at, self._filled(slot, dice.between(0.4, 0.9) if dice.chance(habits.short) else 1.0))

    def _without_stock(self, number: int, at: float, scene: _Scene) -> None:
        """Nothing to refill with: an empty place may get the neighbour's goods; what is wrong there stays."""
        dice, slot = self._dice, self._slots[number]
        beside = [other for other in slot.beside if self._slots[other].gtin in slot.alike]
        if sum(scene.units) or any(scene.others) or not beside or not dice.chance(self._habits.faced_over):
            return
        other = self._slots[dice.pick(beside)].gtin
        self._put(number, at, _Scene(scene.units, (other,) * slot.wide))

    def _filled(self, slot: TradedSlot, share: float) -> _Scene:
        units = max(1, round(slot.capacity * share))
        columns = [units // slot.wide + (place < units % slot.wide) for place in range(slot.wide)]
        return _Scene(tuple(columns), ("",) * slot.wide)

    def _put(self, slot: int, moment: float, scene: _Scene) -> None:
        moments = self._moments[slot]
        moments.append(max(moment, moments[-1] + 1e-3))
        self._scenes[slot].append(scene)

    def _outages_of(self, slot: int) -> list[Outage]:
        found, began = [], None
        for moment, scene in zip(self._moments[slot], self._scenes[slot], strict=True):
            if sum(scene.units) == 0 and began is None:
                began = moment
            elif sum(scene.units) and began is not None:
                found.append(Outage(began, moment))
                began = None
        return found if began is None else [*found, Outage(began, float("inf"))]


def _poisson(dice: Dice, mean: float) -> int:
    """Draws by counting waits (Knuth's method); means here are below a few hundred."""
    count, waited = 0, dice.exponential()
    while waited < mean:
        count, waited = count + 1, waited + dice.exponential()
    return count
