"""How well a calibrated camera sees each place: what may be expected of it before it has said anything."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.geometry import slot_fronts
from shelfstream.catalogue.model import Camera

_SMALL_PX = 24
"""The network that names facings has learned from none that were narrower."""

_WORK_PX = 921_600
"""Pixels of the picture that the shipped weights look at: of larger ones a smaller copy."""

_FOUND = ((16.0, 0.13), (20.0, 0.43), (26.0, 0.71), (34.0, 0.82), (60.0, 0.85), (float("inf"), 0.72))
"""Up to so many pixels wide in it, this share of facings was found: on 20 photographs of dense shelves of other stores
(1,506 facings, boxes that overlap by half). Wider ones were found less often."""


@dataclass(frozen=True, slots=True)
class PlaceInSight:
    """One place in one camera's picture: the width of one facing, and whether the place is whole in it.

    ``recall`` is the share of such facings that may be expected to be found.
    """

    slot: str
    product: str
    facing_px: float
    whole: bool
    recall: float

    @property
    def small(self) -> bool:
        """Whether products there can hardly be told apart."""
        return self.facing_px < _SMALL_PX


def places_in_sight(catalogue: Catalogue, camera: Camera, size_wh: tuple[int, int]) -> Iterator[PlaceInSight]:
    """How a camera whose pictures are ``size_wh`` large sees each place of the bays that it is calibrated for."""
    scale = min(1.0, (_WORK_PX / (size_wh[0] * size_wh[1])) ** 0.5)
    for slot, corners in slot_fronts(catalogue, camera):
        facing_px = float(np.linalg.norm(corners[2] - corners[3])) / slot.facings_wide
        product = catalogue.products.get((slot.store, slot.gtin))
        yield PlaceInSight(
            slot.id,
            slot.gtin if product is None else product.name,
            facing_px,
            bool(((corners >= 0) & (corners <= size_wh)).all()),
            next((found for wide_px, found in _FOUND if facing_px * scale < wide_px), 0.0),
        )
