"""Slots as they are drawn on a camera's picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.geometry import slot_fronts
from shelfstream.catalogue.model import Camera

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
    """Outlines of every slot that the camera sees at least a part of."""
    fronts = slot_fronts(catalogue, camera)
    return tuple(_outline(slot.id, corners) for slot, corners in fronts if _shows(corners, width_px, height_px))


class KeptOutlines:
    """Outlines by camera, found anew where the catalogue or the picture's size is another."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Catalogue, tuple[int, int], tuple[Outline, ...]]] = {}

    def of(self, catalogue: Catalogue, camera: Camera, width_px: int, height_px: int) -> tuple[Outline, ...]:
        """As ``outlines_of`` finds them."""
        kept, size_px = self._kept.get(camera.id), (width_px, height_px)
        if kept is None or kept[0] is not catalogue or kept[1] != size_px:
            kept = catalogue, size_px, outlines_of(catalogue, camera, width_px, height_px)
            self._kept[camera.id] = kept
        return kept[2]


def _shows(corners_px: NDArray[np.float64], width_px: int, height_px: int) -> bool:
    low, high = corners_px.min(axis=0), corners_px.max(axis=0)
    return bool((high > 0).all() and low[0] < width_px and low[1] < height_px)


def _outline(slot: str, corners_px: NDArray[np.float64]) -> Outline:
    rounded = [(round(float(x), 1), round(float(y), 1)) for x, y in corners_px]
    return Outline(slot, (rounded[0], rounded[1], rounded[2], rounded[3]))
