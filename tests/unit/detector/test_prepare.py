"""Fitting pictures to the network."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.backends.prepare import prepare
from detector.manifest import SIDE_MULTIPLE_PX


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 900), st.integers(1, 900), st.integers(2_000, 300_000))
def test_sides_fit_and_boxes_come_home(width: int, height: int, work_pixels: int) -> None:
    """Sides are divisible by 32, the work is bounded, and the prepared picture's corners are the original's."""
    prepared = prepare(np.zeros((height, width, 3), np.uint8), work_pixels)
    high, wide = prepared.image_bgr.shape[:2]
    assert high % SIDE_MULTIPLE_PX == 0
    assert wide % SIDE_MULTIPLE_PX == 0
    assert prepared.scale_x <= 1.0 or width < 2
    whole = np.array([[0, 0, width * prepared.scale_x, height * prepared.scale_y]], np.float32)
    home = prepared.boxes_in_original(whole, (width, height))
    assert np.allclose(home, [[0, 0, width, height]], rtol=1e-3)


def test_boxes_end_at_the_border() -> None:
    """A box that reaches into the padding is cut at the picture's edge."""
    prepared = prepare(np.zeros((100, 100, 3), np.uint8), 10**6)
    box = np.array([[-5, 50, 120, 128]], np.float32)
    assert prepared.boxes_in_original(box, (100, 100)).tolist() == [[0, 50, 100, 100]]
