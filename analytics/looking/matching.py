"""Regions of a picture and the slots that they stand over: pairs of both, as arrays."""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analytics.plans.slot_views import BayInPicture, Bools, Floats
from analytics.settings import LookSettings
from detector.contract import Facings
from shelfstream.identifiers import check_gtin


@dataclass(frozen=True, slots=True)
class OtherProduct:
    """A product that stands in another one's slot. ``faced_over``: that of a slot beside it."""

    gtin: str
    faced_over: bool


@dataclass(frozen=True, eq=False)
class Pairs:
    """Where regions stand over slots: P pairs of one slot and one region, and the strips that they share, as bits.

    ``slots`` (P,) is in rising order; ``within`` (P,) says whether the region has its middle in the slot.
    """

    slots: NDArray[np.intp]
    regions: NDArray[np.intp]
    strips: NDArray[np.uint32]
    within: Bools

    def of(self, which: Bools) -> "Pairs":
        return Pairs(self.slots[which], self.regions[which], self.strips[which], self.within[which])

    def together(self, slots: int) -> NDArray[np.uint32]:
        """The strips of each slot (S,) over which any region stands."""
        found = np.zeros(slots, np.uint32)
        if len(self.slots):
            first = np.flatnonzero(np.diff(self.slots, prepend=-1))
            found[self.slots[first]] = np.bitwise_or.reduceat(self.strips, first)
        return found


def on_the_bay(bay: BayInPicture, boxes_xyxy: Floats) -> tuple[Floats, Floats]:
    """Middles (N, 2) of boxes in bay millimetres, and from where to where (N, 2) each reaches along its shelf."""
    left, top, right, foot = boxes_xyxy.T
    middle_x, middle_y = (left + right) / 2, (top + foot) / 2
    # The middle, then the middles of the four sides.
    spots = np.empty((5, len(boxes_xyxy), 2))
    spots[:, :, 0] = (middle_x, left, right, middle_x, middle_x)
    spots[:, :, 1] = (middle_y, middle_y, middle_y, top, foot)
    on_bay = bay.on_the_bay(spots.reshape(-1, 2)).reshape(spots.shape)
    reach = on_bay[1:, :, 0]
    return on_bay[0], np.stack([reach.min(axis=0), reach.max(axis=0)], 1)


def pairs_of(bay: BayInPicture, middles: Floats, spans: Floats) -> Pairs:
    """A region stands over a strip of a slot when the strip's middle is within it, on the slot's own shelf."""
    x_mm, y_mm = middles[:, 0], middles[:, 1]
    with np.errstate(invalid="ignore"):
        shelf = (y_mm >= bay.y_mm[:, :1]) & (y_mm < bay.y_mm[:, 1:])
        reaches = (spans[:, 1] > bay.x_mm[:, :1]) & (spans[:, 0] < bay.x_mm[:, 1:])
        # Flat places: NumPy finds them several times faster than pairs of places.
        slots, regions = np.divmod(np.flatnonzero(shelf & reaches), len(middles))
        bins, slot_x_mm = bay.bins_mm[slots], bay.x_mm[slots]
        strips = (bins >= spans[regions, :1]) & (bins < spans[regions, 1:])
        within = (x_mm[regions] >= slot_x_mm[:, 0]) & (x_mm[regions] < slot_x_mm[:, 1])
    return Pairs(slots, regions, _as_bits(strips), np.asarray(within, dtype=np.bool_))


def _as_bits(flags: Bools) -> NDArray[np.uint32]:
    """Rows of BINS flags (P, BINS) as one number each (P,): a quarter of the time of working with the flags."""
    packed = np.packbits(flags, axis=1)
    padded = np.zeros((len(flags), np.dtype(np.uint32).itemsize), np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view(np.uint32)[:, 0]


def wrong_in(bay: BayInPicture, facings: Facings, pairs: Pairs, settings: LookSettings) -> Bools:
    """(P,): whether a facing is surely another product than the slot's.

    The plan is the prior: what it says must be many times less likely by its looks than the other product.
    """
    if not facings.gtins:
        return np.zeros(len(pairs.slots), np.bool_)
    planned = _planned_rows(bay, facings.gtins)[pairs.slots]
    best = facings.candidates[pairs.regions, 0]
    best_score = facings.candidate_scores[pairs.regions, 0]
    wrong = np.asarray((best >= 0) & (best != planned) & (best_score >= settings.wrong_score_min), dtype=np.bool_)
    doubted = np.flatnonzero(wrong)
    regions = pairs.regions[doubted]
    own = facings.candidates[regions] == planned[doubted, None]
    own_score = np.where(own, facings.candidate_scores[regions], 0).max(axis=1, initial=0)
    wrong[doubted] = own_score * settings.planned_odds < best_score[doubted]
    return wrong


def others_in(bay: BayInPicture, facings: Facings, wrong: Pairs) -> dict[int, OtherProduct]:
    """By slot, the wrong product that takes up most of it, where a gallery names it by its GTIN."""
    rows = facings.candidates[wrong.regions, 0].tolist()
    sizes = np.bitwise_count(wrong.strips).tolist()
    strips: dict[int, Counter[str]] = {}
    for slot, row, size in zip(wrong.slots.tolist(), rows, sizes, strict=True):
        strips.setdefault(slot, Counter())[facings.gtins[row]] += size
    most = {slot: counted.most_common(1)[0][0] for slot, counted in strips.items()}
    return {slot: OtherProduct(gtin, gtin in _beside(bay)[slot]) for slot, gtin in most.items() if _is_gtin(gtin)}


def _is_gtin(text: str) -> bool:
    try:
        return check_gtin(text) == text
    except ValueError:
        return False


@lru_cache(maxsize=256)
def _beside(bay: BayInPicture) -> tuple[frozenset[str], ...]:
    """Of each slot the products of those that touch it on its own shelf."""
    return tuple(
        frozenset(
            other.gtin
            for place, other in enumerate(bay.slots)
            if bay.adjacent[index, place] and other.shelf == slot.shelf and other.gtin != slot.gtin
        )
        for index, slot in enumerate(bay.slots)
    )


@lru_cache(maxsize=256)
def _planned_rows(bay: BayInPicture, gtins: tuple[str, ...]) -> NDArray[np.int64]:
    """Row in ``gtins`` of each slot's product (S,), -2 where it is not among them."""
    rows = {gtin: row for row, gtin in enumerate(gtins)}
    return np.array([rows.get(slot.gtin, -2) for slot in bay.slots])
