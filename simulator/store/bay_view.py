"""Where a simulated camera hangs before its bay, what that furniture looks like, and the calibration that follows."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from shelfstream.catalogue.geometry import project
from shelfstream.catalogue.model import Bay, PointMm, PointPair
from simulator.dice import hashed, unit
from simulator.packs.colours import from_hsv
from simulator.render.fixture import FixtureStyle
from simulator.render.view import View

SIZE_WH = (1280, 720)
RAIL_MM = 34.0


@lru_cache(maxsize=64)
def bay_view(bay: Bay) -> View:
    """Opposite the bay, a little to one side and above, so that the whole front is in the picture."""
    aside = (unit("aside", bay.store, bay.id) - 0.5) * 0.3
    away = max(bay.width_mm * 1.1, bay.height_mm * 1.75)
    eye = (bay.width_mm * (0.5 + aside), bay.height_mm * 0.95, away)
    look = (bay.width_mm * (0.5 + aside * 0.15), bay.height_mm * 0.5)
    seen_mm = max(bay.width_mm * 1.17, bay.height_mm * 1.16 * SIZE_WH[0] / SIZE_WH[1])
    return View(eye, look, SIZE_WH[0] * away * 1.02 / seen_mm, SIZE_WH, (unit("roll", bay.store, bay.id) - 0.5) * 1.6)


@lru_cache(maxsize=64)
def bay_style(bay: Bay) -> FixtureStyle:
    """Light grey steel with a perforated back."""
    board = from_hsv(0.1, 0.03, 0.86)
    back = from_hsv(0.58, 0.05, 0.5)
    depth = max(shelf.depth_mm for shelf in bay.shelves)
    return FixtureStyle(
        board, from_hsv(0.6, 0.03, 0.93), RAIL_MM, 0.3, back, "holes", depth, 0.55, hashed("style", bay.id)
    )


def bay_points(bay: Bay, between: Sequence[PointMm] = ()) -> tuple[PointPair, ...]:
    """The ends of the bay's uppermost and lowest boards (if there is but one: the bay's corners), and more spots."""
    heights = sorted(shelf.y_mm for shelf in bay.shelves)
    low, high = (heights[0], heights[-1]) if len(heights) > 1 else (0.0, bay.height_mm)
    spots = [(0.0, high), (bay.width_mm, high), (bay.width_mm, low), (0.0, low), *between]
    pixels = project(bay_view(bay).image_from_front(), np.array(spots))
    return tuple(
        PointPair(image_px=(round(float(x), 1), round(float(y), 1)), bay_mm=spot)
        for (x, y), spot in zip(pixels, spots, strict=True)
    )
