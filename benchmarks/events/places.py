"""Where facings can stand in a bay, as arrays, and what stands there now."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.events.market import Market
from shelfstream.catalogue.model import Slot
from simulator.store.fittings import SHELVES_MM
from simulator.store.world import Stock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_GAP_MM = 4.0
_STACKED = 1.005
_UNSIZED_MM = (90.0, 120.0)


@dataclass(frozen=True, eq=False)
class Places:
    """C columns over all slots, P places in them, one above the other.

    ``slot``, ``column``, ``level`` (P,): each place's slot and column, and how many are below it. ``column_slot`` and
    ``first_column`` (C,): each column's slot and the first column of that; ``slot_column`` (S,): each slot's first.
    ``middle_mm``, ``foot_mm`` (C,): where it stands; ``column_boxes`` (C, 4) mm: its whole place. ``planned``, ``high``
    (C,): which product belongs there, stacked how high. ``sizes_mm`` (G, 2): the packs of the products ``gtins``.
    """

    slot: Ints
    column: Ints
    level: Ints
    column_slot: Ints
    first_column: Ints
    slot_column: Ints
    middle_mm: Floats
    foot_mm: Floats
    column_boxes: Floats
    planned: Ints
    high: Ints
    gtins: tuple[str, ...]
    sizes_mm: Floats

    def now(self, stocks: list[Stock]) -> tuple[Ints, Ints]:
        """Of each column (C,): how many fronts are stacked there, and which product (a row of ``gtins``)."""
        fronts = np.concatenate([np.array(stock.fronts) for stock in stocks])
        things = self.planned.copy()
        for number, stock in enumerate(stocks):
            for place, other in enumerate(stock.others):
                if other:
                    column = self.slot_column[number] + place
                    things[column] = self.gtins.index(other)
                    fronts[column] = self.high[column]
        return fronts, things

    def boxes(self, things: Ints) -> Floats:
        """Where each place's facing (P,) stands if it is this product: left, foot, right, top mm."""
        size = self.sizes_mm[things]
        middle = self.middle_mm[self.column]
        foot = self.foot_mm[self.column] + self.level * size[:, 1] * _STACKED
        return np.column_stack([middle - size[:, 0] / 2, foot, middle + size[:, 0] / 2, foot + size[:, 1]])


def places_of(market: Market, slots: tuple[Slot, ...]) -> Places:
    """The places of a bay's slots."""
    products = {product.gtin: product for product in market.catalogue.products.values()}
    gtins = tuple(sorted(products))
    sizes = np.array(
        [(products[each].width_mm or _UNSIZED_MM[0], products[each].height_mm or _UNSIZED_MM[1]) for each in gtins]
    )
    planned_of = np.array([gtins.index(slot.gtin) for slot in slots])
    wide = np.array([slot.facings_wide for slot in slots])
    high_of = np.array([slot.facings_high for slot in slots])
    column_slot = np.repeat(np.arange(len(slots)), wide)
    slot_column = np.concatenate([[0], np.cumsum(wide)[:-1]])
    within = np.arange(len(column_slot)) - slot_column[column_slot]
    planned, high = planned_of[column_slot], high_of[column_slot]
    column = np.repeat(np.arange(len(column_slot)), high)
    level = np.arange(len(column)) - np.repeat(np.concatenate([[0], np.cumsum(high)[:-1]]), high)
    ends = np.array([(slot.x_min_mm, slot.x_max_mm) for slot in slots])
    pitch = np.minimum((ends[:, 1] - ends[:, 0]) / wide, sizes[planned_of, 0] + _GAP_MM)
    left = ((ends.sum(1) - pitch * wide) / 2)[column_slot] + within * pitch[column_slot]
    foot = np.array([SHELVES_MM[int(slot.shelf[1:]) - 1] for slot in slots])[column_slot]
    right, top = left + pitch[column_slot], foot + sizes[planned, 1] * high
    return Places(
        column_slot[column], column, level, column_slot, slot_column[column_slot], slot_column,
        (left + right) / 2, foot, np.column_stack([left, foot, right, top]), planned, high, gtins, sizes,
    )  # fmt: skip
