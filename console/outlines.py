"""Where slots lie in a camera's picture, through its calibrations."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shelfstream.catalogue.homography import fit_homography, project, turning
from shelfstream.catalogue.model import Bay, Calibration, Camera, Product, Slot
from shelfstream.catalogue.whole import Catalogue

Corner = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Outline:
    """A slot's front as four corners in pixels of the picture: top left, top right, bottom right, bottom left."""

    slot: str
    corners_px: tuple[Corner, Corner, Corner, Corner]

    def contains(self, x_px: float, y_px: float) -> bool:
        """Whether a point lies in it (on the same side of all four edges)."""
        signs = set()
        for (ax, ay), (bx, by) in zip(self.corners_px, (*self.corners_px[1:], self.corners_px[0]), strict=True):
            signs.add((bx - ax) * (y_px - ay) - (by - ay) * (x_px - ax) >= 0)
        return len(signs) == 1


def outlines_of(catalogue: Catalogue, camera: Camera, width_px: int, height_px: int) -> tuple[Outline, ...]:
    """Outlines of every slot that the camera sees at least a part of; a calibration that fixes no plane is left out."""
    found: list[Outline] = []
    for calibration in camera.calibrations:
        key = (camera.store, calibration.bay)
        bay = catalogue.bays.get(key)
        homography = _bay_to_picture(calibration)
        if bay is None or homography is None:
            continue
        for slot in catalogue.slots_by_bay.get(key, ()):
            product = catalogue.products.get((slot.store, slot.gtin))
            corners_px = _in_picture(homography, _front_mm(bay, slot, product))
            if corners_px is not None and _shows(corners_px, width_px, height_px):
                found.append(_outline(slot.id, corners_px))
    return tuple(found)


def _bay_to_picture(calibration: Calibration) -> NDArray[np.float64] | None:
    bay_mm = np.array([pair.bay_mm for pair in calibration.points])
    image_px = np.array([pair.image_px for pair in calibration.points])
    try:
        return fit_homography(bay_mm, image_px)
    except ValueError:
        return None


def _front_mm(bay: Bay, slot: Slot, product: Product | None) -> NDArray[np.float64]:
    """Corners (4, 2) of the slot's front on the bay: as high as its product stands, or as there is room for it."""
    shelf = next(each for each in bay.shelves if each.id == slot.shelf)
    high_mm = shelf.clearance_mm
    if product is not None and product.height_mm is not None:
        high_mm = min(high_mm, product.height_mm * slot.facings_high)
    low, high = shelf.y_mm, shelf.y_mm + high_mm
    left, right = slot.x_min_mm, slot.x_max_mm
    return np.array([(left, high), (right, high), (right, low), (left, low)])


def _in_picture(homography: NDArray[np.float64], corners_mm: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Corners (4, 2) in pixels, or ``None`` where a part of the slot lies behind the camera."""
    if len(set(turning(homography, corners_mm).tolist())) != 1:
        return None
    return project(homography, corners_mm)


def _shows(corners_px: NDArray[np.float64], width_px: int, height_px: int) -> bool:
    low, high = corners_px.min(axis=0), corners_px.max(axis=0)
    return bool((high > 0).all() and low[0] < width_px and low[1] < height_px)


def _outline(slot: str, corners_px: NDArray[np.float64]) -> Outline:
    rounded = [(round(float(x), 1), round(float(y), 1)) for x, y in corners_px]
    return Outline(slot, (rounded[0], rounded[1], rounded[2], rounded[3]))
