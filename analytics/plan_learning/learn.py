"""Learns a plan from frames: once enough of them agree on what stays in place, there is a catalogue.

Rows become shelves of one bay in the picture's plane, places become slots.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.plan_learning.places import Boxes, Place, lasting_places
from analytics.plan_learning.rows import Spot, rows_of
from detector.contract import FacingKind, FrameFacings
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import (
    WEEKDAYS,
    Bay,
    Calibration,
    Camera,
    CatalogueEntity,
    OpeningHours,
    PointPair,
    Product,
    Shelf,
    Slot,
    Store,
)
from shelfstream.identifiers import gtin_check_digit

_SCORE_MIN = 0.35
_PLACES_MIN = 2

_IN_STORE_PREFIX = "2"
"""GTINs that begin with 2 are for use inside a store (GS1 General Specifications §1.4.3): no product has them."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learned: places, and the size of the pictures they are in."""

    places: tuple[Place, ...]
    size_wh: tuple[int, int]


class Learner:
    """Looks at the newest ``frames`` frames of one size. A place counts when ``share`` of them show it."""

    def __init__(self, frames: int, share: float) -> None:
        self._share = share
        self._frames: deque[Boxes] = deque(maxlen=frames)
        self._size_wh = (0, 0)

    def take(self, seen: FrameFacings) -> Lesson | None:
        """Take up one frame; returns what was learned once enough frames agree."""
        size_wh = (seen.width_px, seen.height_px)
        if size_wh != self._size_wh:
            self._frames.clear()
            self._size_wh = size_wh
        self._frames.append(_facings(seen))
        if len(self._frames) < (self._frames.maxlen or 1):
            return None
        places = lasting_places(tuple(self._frames), self._share)
        return Lesson(tuple(places), size_wh) if len(places) >= _PLACES_MIN else None


def _facings(seen: FrameFacings) -> Boxes:
    kinds = np.asarray(seen.kinds, np.int64)
    scores = np.asarray(seen.scores, np.float64)
    boxes = np.asarray(seen.boxes_xyxy, np.float64).reshape(-1, 4)
    return np.asarray(boxes[(kinds == FacingKind.FACING) & (scores >= _SCORE_MIN)], dtype=np.float64)


STORE, CAMERA, BAY = "watch", "camera", "view"


@dataclass(frozen=True, slots=True)
class LearnedView:
    """What is watched: the URL of the source, how often, and after how long without a picture nothing is known."""

    url: str
    interval_s: float
    stale_after_s: float


def bare_catalogue(view: LearnedView) -> Catalogue:
    """The store, always open, and its camera, before anything was learned."""
    return Catalogue.of([_store(), _camera(view, ())])


def learned_catalogue(view: LearnedView, places: Sequence[Place], size_wh: tuple[int, int]) -> Catalogue:
    """The store with one bay as wide and high as the picture, a millimetre for a pixel, and a slot for each place."""
    height = size_wh[1]
    shelves, slots, products = [], [], []
    for number, row in enumerate(rows_of(places, size_wh), start=1):
        shelf = f"s{number}"
        shelves.append(Shelf(id=shelf, y_mm=round(height - row.foot, 2), clearance_mm=round(row.foot - row.top, 2)))
        for item, spot in enumerate(row.spots, start=1):
            gtin = _gtin(number, item)
            products.append(Product(store=STORE, gtin=gtin, name=f"Item {item} on shelf {number}"))
            slots.append(_slot(shelf, item, gtin, spot))
    if not slots:
        return bare_catalogue(view)
    entities: list[CatalogueEntity] = [*products, _bay(size_wh, shelves), *slots]
    return Catalogue.of([_store(), *entities, _camera(view, (_as_pictured(size_wh),))])


def _slot(shelf: str, item: int, gtin: str, spot: Spot) -> Slot:
    return Slot(
        store=STORE,
        id=f"{shelf}-{item:02d}",
        bay=BAY,
        shelf=shelf,
        gtin=gtin,
        x_min_mm=round(spot.left, 2),
        x_max_mm=round(spot.right, 2),
    )


def _store() -> Store:
    always = (OpeningHours(opens="00:00", closes="24:00"),)
    return Store(id=STORE, name="Your shelf", time_zone="UTC", hours=dict.fromkeys(WEEKDAYS, always))


def _bay(size_wh: tuple[int, int], shelves: Sequence[Shelf]) -> Bay:
    width, height = size_wh
    lowest_first = tuple(sorted(shelves, key=lambda shelf: shelf.y_mm))
    return Bay(store=STORE, id=BAY, name="What the camera sees", width_mm=width, height_mm=height, shelves=lowest_first)


def _camera(view: LearnedView, calibrations: tuple[Calibration, ...]) -> Camera:
    return Camera(
        store=STORE,
        id=CAMERA,
        name="Your camera",
        url=view.url,
        interval_s=view.interval_s,
        stale_after_s=view.stale_after_s,
        calibrations=calibrations,
    )


def _as_pictured(size_wh: tuple[int, int]) -> Calibration:
    width, height = size_wh
    corners = ((0, 0), (width, 0), (width, height), (0, height), (width / 2, height / 2))
    pairs = [PointPair(image_px=(float(x), float(y)), bay_mm=(float(x), float(height - y))) for x, y in corners]
    return Calibration(bay=BAY, points=tuple(pairs))


def _gtin(shelf: int, item: int) -> str:
    body = f"{_IN_STORE_PREFIX}{shelf:05d}{item:06d}"
    return f"{body}{gtin_check_digit(body)}".zfill(14)
