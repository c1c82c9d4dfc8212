"""Turns places into a catalogue: rows become shelves of one bay in the picture's plane, places become slots. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from deploy.watch.places import Place
from shelfstream.catalogue.model import (
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
    Weekday,
)
from shelfstream.catalogue.whole import Catalogue
from shelfstream.identifiers import gtin_check_digit

STORE, CAMERA, BAY = "watch", "camera", "view"
_WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ROW_STEP = 0.5
"""A foot this share of a row's usual height away from its shelf stands on another one."""

_NARROWEST_PX = 4.0
_LOWEST_PX = 6.0
_IN_STORE_PREFIX = "2"
"""GTINs that begin with 2 are for use inside a store (GS1 General Specifications §1.4.3): no product has them."""


@dataclass(frozen=True, slots=True)
class View:
    """What is watched: the URL of the source, how often, and after how long without a picture nothing is known."""

    url: str
    interval_s: float
    stale_after_s: float


def bare_catalogue(view: View) -> Catalogue:
    """The store, always open, and its camera, before anything was learned."""
    return Catalogue.of([_store(), _camera(view, ())])


def learned_catalogue(view: View, places: Sequence[Place], size_wh: tuple[int, int]) -> Catalogue:
    """The store with one bay as wide and high as the picture, a millimetre for a pixel, and a slot for each place."""
    width, height = size_wh
    rows = rows_of(places)
    shelves, slots, products = [], [], []
    ceiling = 0.0
    for place, row in reversed(list(enumerate(rows, start=1))):
        foot = min(float(height), _foot(row))
        top = max(ceiling, min(each.top for each in row))
        if foot - top < _LOWEST_PX:
            continue
        ceiling = foot
        shelf = f"s{place}"
        shelves.append(Shelf(id=shelf, y_mm=round(height - foot, 1), clearance_mm=round(foot - top - 0.1, 1)))
        for item, (left, right) in enumerate(_ranges(row, width), start=1):
            gtin = _gtin(place, item)
            name = f"Item {item} on shelf {place}"
            products.append(Product(store=STORE, gtin=gtin, name=name))
            slots.append(
                Slot(
                    store=STORE,
                    id=f"s{place}-{item:02d}",
                    bay=BAY,
                    shelf=shelf,
                    gtin=gtin,
                    x_min_mm=left,
                    x_max_mm=right,
                )
            )
    if not slots:
        return bare_catalogue(view)
    entities: list[CatalogueEntity] = [*products, _bay(size_wh, shelves), *slots]
    return Catalogue.of([_store(), *entities, _camera(view, (_as_pictured(size_wh),))])


def rows_of(places: Sequence[Place]) -> list[list[Place]]:
    """Places in rows that stand on one height, the lowest row in the picture first, each from left to right."""
    rows: list[list[Place]] = []
    for place in sorted(places, key=lambda each: -each.bottom):
        if rows:
            usual = median(each.bottom - each.top for each in rows[-1])
            if _foot(rows[-1]) - place.bottom < _ROW_STEP * min(usual, place.bottom - place.top):
                rows[-1].append(place)
                continue
        rows.append([place])
    return [sorted(row, key=lambda each: each.left) for row in rows]


def _foot(row: Sequence[Place]) -> float:
    return max(each.bottom for each in row)


def _ranges(row: Sequence[Place], width: float) -> list[tuple[float, float]]:
    """From-to of each place on its shelf, parted half-way where two overlap; what is left too narrow is dropped."""
    found: list[tuple[float, float]] = []
    for place in row:
        left, right = max(0.0, place.left), min(width, place.right)
        if found and left < found[-1][1]:
            before_left, before_right = found[-1]
            middle = (left + min(before_right, right)) / 2
            found[-1] = (before_left, round(middle, 1))
            left = middle
        found.append((round(left, 1), round(right, 1)))
    return [each for each in found if each[1] - each[0] >= _NARROWEST_PX]


def _store() -> Store:
    always = (OpeningHours(opens="00:00", closes="24:00"),)
    return Store(id=STORE, name="Your shelf", time_zone="UTC", hours=dict.fromkeys(_WEEKDAYS, always))


def _bay(size_wh: tuple[int, int], shelves: Sequence[Shelf]) -> Bay:
    width, height = size_wh
    lowest_first = tuple(sorted(shelves, key=lambda shelf: shelf.y_mm))
    return Bay(store=STORE, id=BAY, name="What the camera sees", width_mm=width, height_mm=height, shelves=lowest_first)


def _camera(view: View, calibrations: tuple[Calibration, ...]) -> Camera:
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
