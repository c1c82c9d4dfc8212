"""A plan that is laid over a camera's picture by a person: four handles, and what follows from where they are. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analytics.photographs.places import planned_fronts
from analytics.photographs.verdict import Proposal, judge
from console.views.outlines import Corner, Outline, outlines_of
from detector.contract import Facings
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.geometry import bent, picture_from_bay, project
from shelfstream.catalogue.model import Bay, Calibration, Camera, Lens, PointPair

Floats = NDArray[np.float64]

_INSET = 0.1
_WITHIN = 0.015
"""Shares of a picture's sides: how far from its edges a fresh handle lies, and any."""

_STEPS = np.linspace(1.0, 0.1, 19)


@dataclass(frozen=True, slots=True)
class LaidPlan:
    """A bay's plan over a picture: four handles from the top left clockwise, each a spot of the bay in the picture.

    ``exact`` is the calibration that they were taken from, which has more points, until a handle is moved.
    """

    bay: str
    handles: tuple[PointPair, PointPair, PointPair, PointPair]
    lens: Lens | None = None
    exact: Calibration | None = None

    def calibration(self) -> Calibration:
        """What is to be saved."""
        return self.exact or Calibration(bay=self.bay, points=self.handles, lens=self.lens)

    def moved(self, number: int, x_px: float, y_px: float) -> "LaidPlan":
        """The plan after a handle was dragged to a point of the picture."""
        points = list(self.handles)
        points[number] = points[number].model_copy(update={"image_px": (round(x_px, 1), round(y_px, 1))})
        return replace(self, handles=(points[0], points[1], points[2], points[3]), exact=None)


def fresh_plan(catalogue: Catalogue, bay: Bay, size_wh: tuple[int, int]) -> LaidPlan:
    """The plan as it is first shown where nothing is known: over most of the picture."""
    return LaidPlan(bay.id, _pairs(np.array(inset_corners(size_wh)), _corners_mm(catalogue, bay)))


def inset_corners(size_wh: tuple[int, int]) -> list[Corner]:
    """Where four handles begin: over most of the picture, from the top left clockwise."""
    wide, high = size_wh
    left, right = wide * _INSET, wide * (1 - _INSET)
    top, foot = high * _INSET, high * (1 - _INSET)
    return [(left, top), (right, top), (right, foot), (left, foot)]


def laid_plan(catalogue: Catalogue, bay: Bay, calibration: Calibration, size_wh: tuple[int, int]) -> LaidPlan:
    """The plan as a calibration lays it, its handles at its corners, or as near to them as the picture reaches.

    Raises ``ValueError`` where the points fix no map, or the plan lies out of the picture.
    """
    image_from_bay = picture_from_bay(calibration)
    corners = _corners_mm(catalogue, bay)
    # Towards the part of the plan that is in the picture, wherever the plan's own middle is.
    grid = np.stack(np.meshgrid(*np.linspace(corners.min(0), corners.max(0), 9).T), -1).reshape(-1, 2)
    seen = _inside(bent(calibration.lens, project(image_from_bay, grid)), size_wh)
    if not seen.any():
        raise ValueError("the plan lies out of the picture")
    middle = grid[seen].mean(0)
    spots, pixels = [], []
    for corner in corners:
        way = middle + _STEPS[:, None] * (corner - middle)
        points = bent(calibration.lens, project(image_from_bay, way))
        first = int(_inside(points, size_wh).argmax())
        spots.append(way[first])
        pixels.append(points[first])
    return LaidPlan(bay.id, _pairs(np.array(pixels), np.array(spots)), calibration.lens, calibration)


def judged(catalogue: Catalogue, store: str, plan: LaidPlan, facings: Facings, size_wh: tuple[int, int]) -> Proposal:
    """What the camera's facings say of the plan as it lies. Raises ``ValueError`` where it lies in no possible way."""
    products = {product.gtin: product for product in catalogue.products.values() if product.store == store}
    slots = catalogue.slots_by_bay.get((store, plan.bay), ())
    fronts = planned_fronts(catalogue.bays[store, plan.bay], slots, products)
    return judge(fronts, facings, size_wh, plan.calibration())


def outlines(catalogue: Catalogue, camera: Camera, plan: LaidPlan, size_wh: tuple[int, int]) -> tuple[Outline, ...]:
    """The slots as the plan lies."""
    return outlines_of(catalogue, _calibrated(camera, plan), *size_wh)


def with_plan(camera: Camera, plan: LaidPlan) -> Camera:
    """The camera with its calibration for the plan's bay as it lies now; those for other bays stay."""
    others = tuple(each for each in camera.calibrations if each.bay != plan.bay)
    return camera.model_copy(update={"calibrations": (*others, plan.calibration())})


def _calibrated(camera: Camera, plan: LaidPlan) -> Camera:
    return camera.model_copy(update={"calibrations": (plan.calibration(),)})


def colours_of(proposal: Proposal | None, slots: tuple[Outline, ...]) -> Mapping[str, str]:
    """A class for each outline: whether its product was seen there, another one was, or neither."""
    confirmed = () if proposal is None else proposal.confirmed
    contradicted = () if proposal is None else proposal.contradicted
    kinds = dict.fromkeys((outline.slot for outline in slots), "undecided")
    return kinds | dict.fromkeys(confirmed, "confirmed") | dict.fromkeys(contradicted, "contradicted")


def _corners_mm(catalogue: Catalogue, bay: Bay) -> Floats:
    """(4, 2): of the box around the bay's slots, or of the bay where it has none; from the top left clockwise."""
    slots = catalogue.slots_by_bay.get((bay.store, bay.id), ())
    shelves = {shelf.id: shelf for shelf in bay.shelves}
    xs = [x for slot in slots for x in (slot.x_min_mm, slot.x_max_mm)] or [0.0, bay.width_mm]
    feet = [shelves[slot.shelf] for slot in slots]
    ys = [y for shelf in feet for y in (shelf.y_mm, shelf.y_mm + shelf.clearance_mm)] or [0.0, bay.height_mm]
    left, right, foot, top = min(xs), max(xs), min(ys), min(max(ys), bay.height_mm)
    return np.array([(left, top), (right, top), (right, foot), (left, foot)])


def _inside(points_px: Floats, size_wh: tuple[int, int]) -> NDArray[np.bool_]:
    size = np.array(size_wh)
    with np.errstate(invalid="ignore"):
        return np.asarray(((points_px >= _WITHIN * size) & (points_px <= (1 - _WITHIN) * size)).all(-1), np.bool_)


def _pairs(points_px: Floats, spots_mm: Floats) -> tuple[PointPair, PointPair, PointPair, PointPair]:
    found = [
        PointPair(image_px=(round(x, 1), round(y, 1)), bay_mm=(round(across, 1), round(up, 1)))
        for (x, y), (across, up) in zip(points_px.tolist(), spots_mm.tolist(), strict=True)
    ]
    return found[0], found[1], found[2], found[3]
