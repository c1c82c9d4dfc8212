"""The state of a simulated store as a function of (seed, time): what is sold when, when staff refill.

Nothing is remembered and nothing happens "next": every slot's state is worked out from its number, the seed and the
time alone, so that any process can ask for any time in any order and all see the same store.

A slot lives in cycles of about ``CYCLE_S`` of simulated time. In each it sells out once, stays out until staff refill
it, and is full again. The moments of selling out are spread evenly over all slots of a store with chance only in the
order and the details, so that at any time some slot is about to run out.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from simulator.dice import Dice

CYCLE_S = 36_000.0
"""Ten hours: a full slot lasts about nine."""
OUT_S = (1_900.0, 6_600.0)
"""How long staff take to refill an empty slot: half an hour to nearly two."""
ROWS_DEEP = 2
"""Units behind each other in a full slot."""
_BLOCK = 8
"""Slots whose order of selling out is shuffled anew each cycle; a fifth of all at most, or cycles get too short."""


@dataclass(frozen=True)
class Stock:
    """What is in a slot: units left in each column, from the left; ``high`` are stacked in front.

    ``others`` are products that stand in columns instead of the planned one ("": nothing else), empty where none does.
    """

    columns: tuple[int, ...]
    high: int
    others: tuple[str, ...] = ()

    @property
    def units(self) -> int:
        return sum(self.columns)

    @property
    def fronts(self) -> tuple[int, ...]:
        """Facings seen in each column: the front stack, from which the next unit is taken."""
        return tuple((left - 1) % self.high + 1 if left else 0 for left in self.columns)

    @property
    def facings(self) -> int:
        return sum(self.fronts)

    @property
    def empty(self) -> tuple[bool, ...]:
        """Whether nothing at all stands in each column."""
        others = self.others or ("",) * len(self.columns)
        return tuple(not left and not other for left, other in zip(self.columns, others, strict=True))

    @property
    def rows(self) -> tuple[int, ...]:
        """Rows left in each column, the front one included."""
        return tuple(math.ceil(left / self.high) for left in self.columns)


@dataclass(frozen=True)
class ShelfShape:
    """A slot's planned facings."""

    wide: int
    high: int

    @property
    def capacity(self) -> int:
        return self.wide * self.high * ROWS_DEEP


@dataclass(frozen=True)
class Outage:
    """A time of being out, simulated seconds: from the last sale to the refill."""

    began_s: float
    ended_s: float


class World:
    """All slots of one store. Slots are known by their place in ``shapes``."""

    def __init__(self, seed: int, shapes: Sequence[ShelfShape]) -> None:
        self._seed = seed
        self._shapes = tuple(shapes)

    def stock(self, slot: int, at_s: float) -> Stock:
        """What is in the slot at a simulated time."""
        before = self._outage_before(slot, at_s)
        outage = self.outage(slot, before)
        shape = self._shapes[slot]
        if at_s < outage.ended_s:
            return Stock((0,) * shape.wide, shape.high)
        sold = bisect_right(self._sales(slot, before + 1), at_s)
        return _left(self._takes(slot, before + 1), sold, shape)

    def changes(self, slot: int, start_s: float, stop_s: float) -> list[float]:
        """Every moment in (start, stop] at which the slot's stock changes, in order."""
        moments: list[float] = []
        cycle = self._outage_before(slot, start_s)
        while self.outage(slot, cycle).began_s <= stop_s:
            moments.append(self.outage(slot, cycle).ended_s)
            cycle += 1
            moments.extend(self._sales(slot, cycle))
        return [moment for moment in moments if start_s < moment <= stop_s]

    def outages(self, slot: int, start_s: float, stop_s: float) -> list[Outage]:
        """Every time of being out that touches the span, whole, in order."""
        cycle = self._outage_before(slot, start_s)
        found = []
        while (outage := self.outage(slot, cycle)).began_s <= stop_s:
            if outage.ended_s > start_s:
                found.append(outage)
            cycle += 1
        return found

    def outage(self, slot: int, cycle: int) -> Outage:
        """The outage of a cycle; cycles are counted from time 0 and reach back before it."""
        return _outage(self._seed, len(self._shapes), slot, cycle)

    def _outage_before(self, slot: int, at_s: float) -> int:
        """The cycle whose outage is the last that began at or before a time."""
        cycle = math.floor(at_s / CYCLE_S)
        return cycle if self.outage(slot, cycle).began_s <= at_s else cycle - 1

    def _sales(self, slot: int, cycle: int) -> tuple[float, ...]:
        """The moments of all sales that lead to a cycle's outage."""
        full_s = self.outage(slot, cycle - 1).ended_s
        span_s = (full_s, self.outage(slot, cycle).began_s)
        return _sales(self._seed, slot, cycle, self._shapes[slot].capacity, span_s)

    def _takes(self, slot: int, cycle: int) -> tuple[int, ...]:
        """From which column each unit is taken."""
        return _takes(self._seed, slot, cycle, self._shapes[slot].wide, self._shapes[slot].capacity)


@lru_cache(maxsize=64)
def _order(seed: int, slots: int, cycle: int) -> tuple[int, ...]:
    """Each slot's turn to sell out in a cycle, 0 .. slots - 1."""
    by_turn = sorted(range(slots), key=lambda slot: Dice("turn", seed, slot).between(0, 1))
    dice = Dice("order", seed, cycle)
    turns = [0] * slots
    size = max(1, min(_BLOCK, slots // 5))
    for first in range(0, slots, size):
        block = by_turn[first : first + size]
        block.sort(key=lambda _: dice.between(0, 1))
        for place, slot in enumerate(block):
            turns[slot] = first + place
    return tuple(turns)


@lru_cache(maxsize=4096)
def _outage(seed: int, slots: int, slot: int, cycle: int) -> Outage:
    dice = Dice("outage", seed, slot, cycle)
    turn = _order(seed, slots, cycle)[slot] + dice.between(0.0, 0.6)
    began = (cycle + turn / slots) * CYCLE_S
    return Outage(began, began + dice.between(*OUT_S))


@lru_cache(maxsize=4096)
def _sales(seed: int, slot: int, cycle: int, capacity: int, span_s: tuple[float, float]) -> tuple[float, ...]:
    dice = Dice("sales", seed, slot, cycle)
    return (*sorted(_hurried(dice.between(0, 1), span_s) for _ in range(capacity - 1)), span_s[1])


def _hurried(share: float, span_s: tuple[float, float]) -> float:
    """A moment of the span, rather late than early: most slots of a shop are nearly full."""
    return span_s[0] + (span_s[1] - span_s[0]) * (0.3 + 0.7 * math.pow(share, 0.7))


@lru_cache(maxsize=4096)
def _takes(seed: int, slot: int, cycle: int, wide: int, capacity: int) -> tuple[int, ...]:
    dice = Dice("takes", seed, slot, cycle)
    units = [column for column in range(wide) for _ in range(capacity // wide)]
    return tuple(sorted(units, key=lambda _: dice.between(0, 1)))


def _left(takes: tuple[int, ...], sold: int, shape: ShelfShape) -> Stock:
    columns = [shape.capacity // shape.wide] * shape.wide
    for column in takes[:sold]:
        columns[column] -= 1
    return Stock(tuple(columns), shape.high)
