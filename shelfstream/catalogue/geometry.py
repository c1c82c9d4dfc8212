"""The one geometry of what is drawn and cut: the map between a picture and a bay's front, and where slots lie in it."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import Bay, Calibration, Camera, Lens, Product, Slot

_BENT_ROUNDS, _BENDS_TO = 30, 2.5
_WELL_POSED = 1e-4
"""Singular values of the design matrix below this share of the largest count as zero (coordinates are normalised)."""


def fit_homography(source_xy: NDArray[np.float64], target_xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """The 3×3 map from ``source_xy`` to ``target_xy`` (both (N, 2), N ≥ 4), scaled so that its lower right is 1.

    Normalised direct linear transform (Hartley & Zisserman, *Multiple View Geometry*, algorithm 4.2).
    Raises ``ValueError`` when the points do not fix a map: too few, the same twice, or too many on one line.
    """
    if len(source_xy) < 4:
        raise ValueError("at least 4 points are needed")
    source, source_norm = _normalised(source_xy)
    target, target_norm = _normalised(target_xy)
    ones = np.ones((len(source), 1))
    zeros = np.zeros((len(source), 3))
    flat = np.hstack([source, ones])
    rows_x = np.hstack([flat, zeros, -target[:, :1] * flat])
    rows_y = np.hstack([zeros, flat, -target[:, 1:] * flat])
    _, singular, right = np.linalg.svd(np.vstack([rows_x, rows_y]))
    map_normed = right[-1].reshape(3, 3)
    if singular[7] < _WELL_POSED * singular[0] or np.linalg.cond(map_normed) > 1 / _WELL_POSED:
        raise ValueError("the points do not fix the plane: too many of them lie on one line")
    homography = np.linalg.inv(target_norm) @ map_normed @ source_norm
    return np.asarray(homography / homography[2, 2], dtype=np.float64)


def project(homography: NDArray[np.float64], points_xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (N, 2) through the map, (N, 2)."""
    mapped = points_xy @ homography[:, :2].T + homography[:, 2]
    return np.asarray(mapped[:, :2] / mapped[:, 2:], dtype=np.float64)


def turning(homography: NDArray[np.float64], points_xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sign (N,) of the map's local area change: +1 keeps left and right, -1 mirrors, and mixed signs tear the plane."""
    depth = np.hstack([points_xy, np.ones((len(points_xy), 1))]) @ homography[2]
    return np.asarray(np.sign(np.linalg.det(homography) * depth), dtype=np.float64)


def straightened(lens: Lens | None, points_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where picture points (…, 2) would be if the lens did not bend."""
    if lens is None:
        return points_px
    middle, half = np.array([lens.width_px / 2, lens.height_px / 2]), lens.width_px / 2
    off = (points_px - middle) / half
    return np.asarray(middle + off * half * (1 + lens.bend * (off**2).sum(-1, keepdims=True)), np.float64)


def bent(lens: Lens | None, points_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the lens shows points (…, 2) of a straight picture: what ``straightened`` takes back."""
    if lens is None:
        return points_px
    middle, half = np.array([lens.width_px / 2, lens.height_px / 2]), lens.width_px / 2
    wanted = (points_px - middle) / half
    off = wanted
    for _ in range(_BENT_ROUNDS):
        # Far outside of the picture the lens is taken to bend no more than at its corners.
        squared = np.minimum((off**2).sum(-1, keepdims=True), _BENDS_TO)
        off = wanted / (1 + lens.bend * squared)
    return np.asarray(middle + off * half, np.float64)


def picture_from_bay(calibration: Calibration) -> NDArray[np.float64]:
    """The map (3, 3) from bay millimetres to a picture with a straight lens.

    Raises ``ValueError`` where the points fix none.
    """
    bay_mm, picture_px = _spots(calibration)
    return fit_homography(bay_mm, picture_px)


def bay_from_picture(calibration: Calibration) -> NDArray[np.float64]:
    """The map (3, 3) back, fitted in bay millimetres. Raises ``ValueError`` where the points fix none."""
    bay_mm, picture_px = _spots(calibration)
    return fit_homography(picture_px, bay_mm)


def _spots(calibration: Calibration) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The points (N, 2) on the bay, and in a picture with a straight lens."""
    bay_mm = np.array([pair.bay_mm for pair in calibration.points], np.float64)
    image_px = np.array([pair.image_px for pair in calibration.points], np.float64)
    return bay_mm, straightened(calibration.lens, image_px)


def _normalised(points_xy: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    centre = points_xy.mean(axis=0)
    spread = float(np.sqrt(((points_xy - centre) ** 2).sum(axis=1)).mean())
    if spread == 0:
        raise ValueError("all points are the same")
    scale = np.sqrt(2) / spread
    norm = np.array([[scale, 0, -scale * centre[0]], [0, scale, -scale * centre[1]], [0, 0, 1]])
    return (points_xy - centre) * scale, norm


Corners = NDArray[np.float64]
"""(4, 2) px: top left, top right, bottom right, bottom left."""


def slot_fronts(catalogue: Catalogue, camera: Camera) -> Iterator[tuple[Slot, Corners]]:
    """Every slot that the camera is calibrated for, with its front in the picture (which may lie outside of it).

    A calibration that fixes no plane is left out, and so is a slot of which a part lies behind the camera.
    """
    for calibration in camera.calibrations:
        key, lens = (camera.store, calibration.bay), calibration.lens
        bay = catalogue.bays.get(key)
        try:
            to_picture = picture_from_bay(calibration)
        except ValueError:
            continue
        if bay is None:
            continue
        for slot in catalogue.slots_by_bay.get(key, ()):
            front_mm = _front_mm(bay, slot, catalogue.products.get((slot.store, slot.gtin)))
            if len(set(turning(to_picture, front_mm).tolist())) == 1:
                yield slot, bent(lens, project(to_picture, front_mm))


def _front_mm(bay: Bay, slot: Slot, product: Product | None) -> Corners:
    """Corners of the slot's front on the bay: as high as its product stands, or as there is room for it."""
    shelf = next(each for each in bay.shelves if each.id == slot.shelf)
    high_mm = shelf.clearance_mm
    if product is not None and product.height_mm is not None:
        high_mm = min(high_mm, product.height_mm * slot.facings_high)
    low, high = shelf.y_mm, shelf.y_mm + high_mm
    left, right = slot.x_min_mm, slot.x_max_mm
    return np.array([(left, high), (right, high), (right, low), (left, low)])
