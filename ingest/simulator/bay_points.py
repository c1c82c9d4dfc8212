"""Calibrations of simulated cameras: where spots of a bay's front lie in the picture."""

from collections.abc import Sequence

import numpy as np

from ingest.simulator.bay_view import bay_view
from shelfstream.catalogue.homography import project
from shelfstream.catalogue.model import Bay, PointMm, PointPair


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
