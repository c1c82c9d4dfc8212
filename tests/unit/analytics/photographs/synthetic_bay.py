"""A made-up bay, and what a detector without faults would see of it: facings as the boxes of its fronts."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from detector.contract import CANDIDATES, UNKNOWN_PRODUCT, FacingKind, Facings
from shelfstream.catalogue.geometry import project
from shelfstream.catalogue.model import Bay, Product, Shelf, Slot
from shelfstream.identifiers import gtin_check_digit
from simulator.render.view import View

SIZE_WH = (1280, 720)
STORE = "s"


def gtin(number: int) -> str:
    """A number for use inside the store."""
    body = f"02{number:011d}"
    return f"{body}{gtin_check_digit(body)}"


PRODUCTS = {
    gtin(n): Product(
        store=STORE, gtin=gtin(n), name=f"Product {n}", width_mm=70 + 13 * (n % 5), height_mm=120 + 25 * (n % 4)
    )
    for n in range(20)
}
GTINS = tuple(PRODUCTS)


def bay_of(rows: Sequence[Sequence[int]], name: str = "bay", wide: int = 2) -> tuple[Bay, list[Slot]]:
    """A bay whose shelves hold these products (by number) from left to right, ``wide`` facings each."""
    slots: list[Slot] = []
    for row, numbers in enumerate(rows, 1):
        left = 0.0
        for place, number in enumerate(numbers, 1):
            right = left + wide * ((PRODUCTS[GTINS[number]].width_mm or 0) * 1.03)
            slots.append(
                Slot(
                    store=STORE, id=f"{name}-s{row}-{place}", bay=name, shelf=f"s{row}", gtin=GTINS[number],
                    x_min_mm=left, x_max_mm=right, facings_wide=wide,
                )
            )  # fmt: skip
            left = right
    shelves = tuple(
        Shelf(id=f"s{row}", y_mm=150 + 300 * (row - 1), clearance_mm=260) for row in range(1, len(rows) + 1)
    )
    width = max(slot.x_max_mm for slot in slots) + 20
    return Bay(store=STORE, id=name, width_mm=width, height_mm=300 * len(rows) + 200, shelves=shelves), slots


def view_of(bay: Bay, yaw_deg: float = 0.0, pitch_deg: float = 0.0, roll_deg: float = 0.0) -> View:
    """A camera at these angles to the bay, which fills most of its picture."""
    middle = (bay.width_mm / 2, bay.height_mm / 2)
    away = 1.4 * max(bay.width_mm, bay.height_mm)
    shift = (float(np.tan(np.radians(angle))) * away for angle in (yaw_deg, pitch_deg))
    eye = (*(at + by for at, by in zip(middle, shift, strict=True)), away)
    corners = np.array([(0.0, 0.0), (bay.width_mm, 0.0), (bay.width_mm, bay.height_mm), (0.0, bay.height_mm)])
    near = View((eye[0], eye[1], away), middle, 1000.0, SIZE_WH, roll_deg)
    fill = np.abs(project(near.image_from_front(), corners) - np.array(SIZE_WH) / 2) / (np.array(SIZE_WH) / 2)
    return View((eye[0], eye[1], away), middle, 900.0 / float(fill.max()), SIZE_WH, roll_deg)


def facings_of(
    bay: Bay,
    slots: Sequence[Slot],
    image_from_bay: NDArray[np.float64],
    *,
    stands: Mapping[str, str | None] | None = None,
    noise_px: float = 1.0,
    seed: int = 0,
) -> Facings:
    """What is seen when each slot holds its product; ``stands`` says other products by slot, ``None`` for a gap."""
    dice = np.random.default_rng(seed)
    feet = {shelf.id: shelf.y_mm for shelf in bay.shelves}
    boxes, kinds, products = [], [], []
    for slot in slots:
        here = (stands or {}).get(slot.id, slot.gtin)
        product = PRODUCTS[here or slot.gtin]
        pitch = (slot.x_max_mm - slot.x_min_mm) / slot.facings_wide
        for column in range(slot.facings_wide):
            middle, wide = slot.x_min_mm + (column + 0.5) * pitch, product.width_mm or pitch
            foot, top = feet[slot.shelf], feet[slot.shelf] + (product.height_mm or 200)
            spots = np.array([(middle + side * wide / 2, y) for side in (-1, 1) for y in (foot, top)])
            pixels = project(image_from_bay, spots)
            boxes.append(np.concatenate([pixels.min(0), pixels.max(0)]) + dice.normal(0, noise_px, 4))
            kinds.append(FacingKind.GAP if here is None else FacingKind.FACING)
            products.append(UNKNOWN_PRODUCT if here is None else GTINS.index(here))
    return named_facings(np.array(boxes, np.float32), kinds, products)


def named_facings(boxes: NDArray[np.float32], kinds: Sequence[int], products: Sequence[int]) -> Facings:
    """Regions of which each is its product with a chance of 0.9."""
    candidates = np.full((len(boxes), CANDIDATES), UNKNOWN_PRODUCT, np.int32)
    chances = np.zeros((len(boxes), CANDIDATES), np.float32)
    candidates[:, 0] = products
    chances[:, 0] = np.where(candidates[:, 0] >= 0, 0.9, 0.0)
    order = np.concatenate([boxes[:, :2], np.maximum(boxes[:, 2:], boxes[:, :2] + 1)], 1)
    scores = np.full(len(boxes), 0.9, np.float32)
    return Facings(order, scores, np.array(kinds, np.int32), candidates, chances, GTINS)
