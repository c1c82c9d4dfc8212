"""Where the fronts of slots lie in a camera's picture: the one geometry of what is drawn and of what is cut out."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import Bay, Calibration, Camera, Product, Slot
from shelfstream.homography import fit_homography, project, turning

Corners = NDArray[np.float64]
"""(4, 2) px: top left, top right, bottom right, bottom left."""


def slot_fronts(catalogue: Catalogue, camera: Camera) -> Iterator[tuple[Slot, Corners]]:
    """Every slot that the camera is calibrated for, with its front in the picture (which may lie outside of it).

    A calibration that fixes no plane is left out, and so is a slot of which a part lies behind the camera.
    """
    for calibration in camera.calibrations:
        key = (camera.store, calibration.bay)
        bay, picture_from_bay = catalogue.bays.get(key), _picture_from_bay(calibration)
        if bay is None or picture_from_bay is None:
            continue
        for slot in catalogue.slots_by_bay.get(key, ()):
            front_mm = _front_mm(bay, slot, catalogue.products.get((slot.store, slot.gtin)))
            if len(set(turning(picture_from_bay, front_mm).tolist())) == 1:
                yield slot, project(picture_from_bay, front_mm)


def _picture_from_bay(calibration: Calibration) -> NDArray[np.float64] | None:
    bay_mm = np.array([pair.bay_mm for pair in calibration.points])
    image_px = np.array([pair.image_px for pair in calibration.points])
    try:
        return fit_homography(bay_mm, image_px)
    except ValueError:
        return None


def _front_mm(bay: Bay, slot: Slot, product: Product | None) -> Corners:
    """Corners of the slot's front on the bay: as high as its product stands, or as there is room for it."""
    shelf = next(each for each in bay.shelves if each.id == slot.shelf)
    high_mm = shelf.clearance_mm
    if product is not None and product.height_mm is not None:
        high_mm = min(high_mm, product.height_mm * slot.facings_high)
    low, high = shelf.y_mm, shelf.y_mm + high_mm
    left, right = slot.x_min_mm, slot.x_max_mm
    return np.array([(left, high), (right, high), (right, low), (left, low)])
