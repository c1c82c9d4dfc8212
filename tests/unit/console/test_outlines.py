"""Where slots lie in a picture."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analytics.evidence.store import slot_corners
from analytics.plans.slot_views import Plan
from console.views.outlines import Outline, outlines_of
from shelfstream.catalogue.catalogue import CatalogueSnapshot
from shelfstream.catalogue.model import Calibration, PointPair
from tests.unit.console.console_fakes import HEIGHT_PX, STORE, WIDTH_PX, catalogue

CAMERA = catalogue().cameras[STORE, "cam-1"]


def test_a_slot_lies_where_the_calibration_says() -> None:
    """Millimetres of the bay become the pixels that the point pairs fix, with y turned over."""
    outlines = {each.slot: each for each in outlines_of(catalogue(), CAMERA, WIDTH_PX, HEIGHT_PX)}
    left, right = 64.0, 64 + 600 / 1250 * 512
    low, high = 324 - 100 / 1800 * 288, 324 - 700 / 1800 * 288
    expected = [(left, high), (right, high), (right, low), (left, low)]
    assert np.allclose(outlines["milk"].corners_px, expected, atol=0.2)
    assert set(outlines) == {"milk", "butter", "cream"}


def test_a_crop_shows_what_the_outline_frames() -> None:
    """Evidence is cut out along the very corners that are drawn, for products of any height and facings stacked."""
    whole = catalogue()
    tall = {key: each.model_copy(update={"height_mm": 120.0}) for key, each in whole.products.items()}
    snapshot = CatalogueSnapshot(1, replace(whole, products=tall))
    plan = Plan(snapshot, 0.1)
    outlines = outlines_of(snapshot.catalogue, CAMERA, WIDTH_PX, HEIGHT_PX)
    assert {each.slot for each in outlines} == {"milk", "butter", "cream"}
    for outline in outlines:
        corners = slot_corners(plan, STORE, "cam-1", outline.slot)
        assert corners is not None
        assert np.allclose(corners, outline.corners_px, atol=0.06)


def test_what_lies_outside_the_picture_is_not_outlined() -> None:
    """A slot that the camera cannot see has no outline."""
    assert {each.slot for each in outlines_of(catalogue(), CAMERA, 300, HEIGHT_PX)} == {"milk", "cream"}


def test_a_calibration_that_fixes_no_plane_is_left_out() -> None:
    """Points on one line make no outlines, and no error on the page."""
    line = tuple(PointPair(image_px=(10.0 * step, 10), bay_mm=(10.0 * step, 10)) for step in range(5))
    camera = CAMERA.model_copy(update={"calibrations": (Calibration(bay="dairy", points=line),)})
    assert outlines_of(catalogue(), camera, WIDTH_PX, HEIGHT_PX) == ()


@given(x=st.floats(0.02, 0.98), y=st.floats(0.02, 0.98))
def test_a_point_between_the_corners_is_inside(x: float, y: float) -> None:
    """Any mixture of the corners lies in the outline; the same moved away does not."""
    outline = Outline("a", ((10, 20), (110, 30), (100, 90), (15, 95)))
    corners = np.array(outline.corners_px)
    top, bottom = corners[0] * (1 - x) + corners[1] * x, corners[3] * (1 - x) + corners[2] * x
    inside = top * (1 - y) + bottom * y
    assert outline.contains(*inside)
    assert not outline.contains(*(inside + 200))
