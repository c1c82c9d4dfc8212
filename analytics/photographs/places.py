"""What a plan and a picture are compared by: a bay's planned fronts, and the fronts that are seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from detector.contract import UNKNOWN_PRODUCT, FacingKind, Facings
from shelfstream.catalogue.geometry import straightened
from shelfstream.catalogue.model import Bay, Lens, Product, Slot

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

_PITCH_MOST = 1.04
"""Packs stand side by side: from one to the next it is at most so much more than a pack, however wide the slot is."""

_OTHER_THAN_PLANNED = 0.2
"""Share of places that hold something else than the plan says; no shelf is so good that one wrong pack disproves it."""

_RAREST = 0.02


@dataclass(frozen=True, eq=False)
class PlannedFronts:
    """The fronts that a bay's plan shows when it is full, each a single facing.

    ``boxes_mm`` (U, 4): left, foot, right, top on the bay's front. ``slot_of`` (U,) and ``product_of`` (U,) are rows of
    ``slots`` and of ``gtins``.
    """

    bay: Bay
    slots: tuple[Slot, ...]
    gtins: tuple[str, ...]
    boxes_mm: Floats
    slot_of: Places
    product_of: Places

    @cached_property
    def centres_mm(self) -> Floats:
        """(U, 2)."""
        return (self.boxes_mm[:, :2] + self.boxes_mm[:, 2:]) / 2

    @cached_property
    def sizes_mm(self) -> Floats:
        """(U, 2) widths and heights."""
        return self.boxes_mm[:, 2:] - self.boxes_mm[:, :2]

    @cached_property
    def corners_mm(self) -> Floats:
        """(U, 4, 2): top left, top right, bottom right, bottom left."""
        left, foot, right, top = self.boxes_mm.T
        return np.stack([left, top, right, top, right, foot, left, foot], 1).reshape(-1, 4, 2)


def planned_fronts(bay: Bay, slots: Sequence[Slot], products: Mapping[str, Product]) -> PlannedFronts:
    """The fronts of a bay's slots; ``products`` by GTIN give their sizes, where these are known."""
    shelves = {shelf.id: shelf for shelf in bay.shelves}
    gtins = tuple(dict.fromkeys(slot.gtin for slot in slots))
    rows = {gtin: row for row, gtin in enumerate(gtins)}
    boxes: list[tuple[float, float, float, float]] = []
    slot_of: list[int] = []
    for number, slot in enumerate(slots):
        shelf, product = shelves[slot.shelf], products.get(slot.gtin)
        pitch = wide = (slot.x_max_mm - slot.x_min_mm) / slot.facings_wide
        high = shelf.clearance_mm / slot.facings_high
        if product is not None:
            wide = min(pitch, product.width_mm or pitch)
            pitch = min(pitch, wide * _PITCH_MOST)
            high = min(high, product.height_mm or high)
        # Packs that do not fill their slot are taken to stand in its middle.
        left = (slot.x_min_mm + slot.x_max_mm - pitch * slot.facings_wide) / 2
        for column in range(slot.facings_wide):
            for row in range(slot.facings_high):
                x, y = left + (column + 0.5) * pitch, shelf.y_mm + row * high
                boxes.append((x - wide / 2, y, x + wide / 2, y + high))
                slot_of.append(number)
    owners = np.array(slot_of, np.intp)
    of_slot = np.array([rows[slot.gtin] for slot in slots], np.intp)
    edges = np.array(boxes, np.float64).reshape(-1, 4)
    return PlannedFronts(bay, tuple(slots), gtins, edges, owners, of_slot[owners])


@dataclass(frozen=True, eq=False)
class SeenFronts:
    """The facings of one picture. ``boxes_px`` (N, 4) xyxy; ``chances`` (N, P) of each product of the plan;
    ``known`` (N,) how likely it is any product that is known at all.
    """

    boxes_px: Floats
    chances: Floats
    known: Floats

    @cached_property
    def centres_px(self) -> Floats:
        """(N, 2)."""
        return (self.boxes_px[:, :2] + self.boxes_px[:, 2:]) / 2

    @cached_property
    def sizes_px(self) -> Floats:
        """(N, 2) widths and heights."""
        return self.boxes_px[:, 2:] - self.boxes_px[:, :2]

    def straightened(self, lens: Lens) -> "SeenFronts":
        """The same in a picture that keeps straight lines straight."""
        return replace(self, boxes_px=straight_boxes(lens, self.boxes_px))

    @cached_property
    def evidence(self) -> Floats:
        """(N, P) natural logarithms: how much likelier a facing's look is where a product is planned than anywhere.

        What is seen often in the picture says little; what is not recognised says nothing.
        """
        total = max(float(self.known.sum()), 1e-9)
        usual = np.maximum(self.chances.sum(0) / total, _RAREST)
        ratio = self.chances / usual + (1 - self.known)[:, None]
        return np.asarray(np.log((1 - _OTHER_THAN_PLANNED) * ratio + _OTHER_THAN_PLANNED), np.float64)


def straight_boxes(lens: Lens, boxes_px: Floats) -> Floats:
    """(N, 4) boxes xyxy in a straight picture, by the middles of their sides."""
    left, top, right, bottom = boxes_px.T
    middle = ((left + right) / 2, (top + bottom) / 2)
    sides = [(left, middle[1]), (middle[0], top), (right, middle[1]), (middle[0], bottom)]
    moved = [straightened(lens, np.stack(side, 1))[:, place % 2] for place, side in enumerate(sides)]
    return np.stack(moved, 1)


def seen_fronts(facings: Facings, plan: PlannedFronts, score_min: float) -> SeenFronts:
    """The facings that the detector is sure enough of, with the chances of the plan's products."""
    which = np.flatnonzero((facings.kinds == FacingKind.FACING) & (facings.scores >= score_min))
    chances = np.zeros((len(which), len(plan.gtins)))
    rows = {gtin: row for row, gtin in enumerate(plan.gtins)}
    column = np.array([rows.get(gtin, -1) for gtin in facings.gtins] or [-1], np.intp)
    candidates, scores = facings.candidates[which], facings.candidate_scores[which].astype(np.float64)
    product = np.where(candidates == UNKNOWN_PRODUCT, -1, column[np.maximum(candidates, 0)])
    for place in range(candidates.shape[1]):
        there = product[:, place] >= 0
        chances[there, product[there, place]] += scores[there, place]
    known = np.where(candidates == UNKNOWN_PRODUCT, 0.0, scores).sum(1).clip(0, 1)
    return SeenFronts(facings.boxes_xyxy[which].astype(np.float64), chances, known)
