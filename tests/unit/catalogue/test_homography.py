"""The plane-to-plane fit, in numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelfstream.catalogue.geometry import bent, fit_homography, project, straightened, turning
from shelfstream.catalogue.model import Lens

GRID = np.array([[x, y] for x in (0.0, 400.0, 1250.0) for y in (0.0, 900.0, 2000.0)])


@given(st.floats(-0.2, 0.2), st.floats(-1e-4, 1e-4), st.floats(-1e-4, 1e-4), st.integers(4, 9))
def test_a_known_map_is_found_again(shear: float, tilt_x: float, tilt_y: float, count: int) -> None:
    """From exact points the fit returns the map that made them, to a millionth of a pixel."""
    true = np.array([[0.5, shear, 100], [shear / 2, -0.4, 900], [tilt_x, tilt_y, 1]])
    corners = GRID[[0, 2, 6, 8, 1, 3, 4, 5, 7]][:count]
    found = fit_homography(corners, project(true, corners))
    assert np.abs(project(found, GRID) - project(true, GRID)).max() < 1e-6
    assert (turning(found, GRID) == -1).all()


@given(st.floats(-0.1, 0.1), st.floats(0, 1920), st.floats(0, 1080))
def test_what_a_lens_bends_is_made_straight_again(bend: float, x: float, y: float) -> None:
    """All over the picture, there and back; the middle stays, and without a lens nothing moves."""
    lens = Lens(width_px=1920, height_px=1080, bend=bend)
    points = np.array([[x, y], [960.0, 540.0]])
    assert bent(lens, straightened(lens, points)) == pytest.approx(points, abs=0.01)
    assert straightened(lens, points)[1] == pytest.approx([960.0, 540.0])
    assert straightened(None, points) is points
    assert bent(None, points) is points


@pytest.mark.parametrize(
    "points",
    [
        [[0, 0], [1, 1], [2, 2], [3, 3], [4, 4]],
        [[0, 0], [1, 1], [2, 2], [5, 0]],
        [[7, 7]] * 4,
        [[0, 0], [1, 0], [0, 1]],
    ],
)
def test_points_that_fix_no_plane_are_refused(points: list[list[float]]) -> None:
    """Lines, one spot and too few points raise ``ValueError`` instead of giving numbers."""
    target = np.array([[0, 0], [10, 0], [10, 10], [0, 10], [5, 5]], dtype=float)[: len(points)]
    with pytest.raises(ValueError, match="point"):
        fit_homography(np.array(points, dtype=float), target)
