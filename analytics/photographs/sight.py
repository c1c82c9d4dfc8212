"""How well a calibrated camera sees each place: what may be expected of it before it has said anything."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from detector.manifest import EMBEDDING_COLUMNS, EMBEDDING_STRIDE_PX
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.geometry import slot_fronts
from shelfstream.catalogue.model import Camera

_SMALL_PX = EMBEDDING_COLUMNS * EMBEDDING_STRIDE_PX
"""What a product looks like is read off so many places across it; on a narrower one they are the same place twice."""


@dataclass(frozen=True, slots=True)
class PlaceInSight:
    """One place in one camera's picture: the width of one facing, and whether the place is whole in it."""

    slot: str
    product: str
    facing_px: float
    whole: bool

    @property
    def small(self) -> bool:
        """Whether products there can hardly be told apart."""
        return self.facing_px < _SMALL_PX


def places_in_sight(catalogue: Catalogue, camera: Camera, size_wh: tuple[int, int]) -> Iterator[PlaceInSight]:
    """How a camera whose pictures are ``size_wh`` large sees each place of the bays that it is calibrated for."""
    for slot, corners in slot_fronts(catalogue, camera):
        product = catalogue.products.get((slot.store, slot.gtin))
        yield PlaceInSight(
            slot.id,
            slot.gtin if product is None else product.name,
            float(np.linalg.norm(corners[2] - corners[3])) / slot.facings_wide,
            bool(((corners >= 0) & (corners <= size_wh)).all()),
        )
