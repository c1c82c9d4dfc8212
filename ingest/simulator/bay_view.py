"""Where a simulated camera hangs before its bay, and what that furniture looks like."""

from functools import lru_cache

from ingest.simulator.colours import from_hsv
from ingest.simulator.dice import hashed, unit
from ingest.simulator.fixture import FixtureStyle
from ingest.simulator.view import View
from shelfstream.catalogue.model import Bay

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
