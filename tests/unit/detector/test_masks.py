"""Masks: every cell has one owner, and run lengths say the same as pixels."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from detector.decode import Boxes
from detector.manifest import STRIDE_PX
from detector.masks import Masks, owners_of
from tests.unit.detector.detector_rig import SURE, maps_of

_SIZE_WH = (96, 64)


def _boxes(*boxes: tuple[float, float, float, float], kinds: tuple[int, ...] | None = None) -> Boxes:
    count = len(boxes)
    found = np.array(boxes, np.float32).reshape(-1, 4)
    return Boxes(found, np.ones(count, np.float32), np.array(kinds or (0,) * count, np.int32))


def _pixels(counts: list[int], size_wh: tuple[int, int]) -> NDArray[np.bool_]:
    """Run lengths as a mask (H, W), read as COCO's format says."""
    values = np.arange(len(counts)) % 2 == 1
    return np.repeat(values, counts).reshape(size_wh).T


@given(
    cells=arrays(np.bool_, (16, 24)),
    cell_wh=st.tuples(st.floats(1.0, 9.0), st.floats(1.0, 9.0)),
)
def test_run_lengths_are_the_mask(cells: NDArray[np.bool_], cell_wh: tuple[float, float]) -> None:
    """Decoded, the runs give each cell's pixels and no others, for cells of any size in the original."""
    size_wh = (round(24 * cell_wh[0]), round(16 * cell_wh[1]))
    cells[3, 5] = True
    owners = np.stack([cells.astype(np.int32), np.zeros_like(cells, np.int32)])
    masks = Masks(owners, np.zeros((1, 4), np.float32), np.zeros(1, np.int32), cell_wh, size_wh)
    counts = masks.counts(0)
    assert sum(counts) == size_wh[0] * size_wh[1]
    xs = np.minimum(np.searchsorted(np.round(np.arange(25) * cell_wh[0]), np.arange(size_wh[0]), "right") - 1, 23)
    ys = np.minimum(np.searchsorted(np.round(np.arange(17) * cell_wh[1]), np.arange(size_wh[1]), "right") - 1, 15)
    assert np.array_equal(_pixels(counts, size_wh), cells[np.ix_(ys, xs)])


def test_a_cell_goes_to_the_box_whose_middle_it_points_at() -> None:
    """Two boxes overlap: cells that point left belong to the left one although the right one covers them too."""
    boxes = _boxes((0, 0, 48, 64), (32, 0, 96, 64))
    maps = maps_of(_SIZE_WH)
    maps.areas[0, 0] = SURE
    columns = np.arange(24) + 0.5
    middle = np.where(columns < 11, 6.0, 16.0)
    maps.edges[0, 0], maps.edges[0, 2] = 8.0, 8.0 + 2 * (middle - columns)
    owners = owners_of(maps, 0, boxes)
    assert (owners[0, 8, :11] == 1).all()
    assert (owners[0, 8, 12:] == 2).all()
    assert not owners[1].any()


def test_only_what_the_network_calls_a_facing_is_owned() -> None:
    """A box's corners that are no part of the thing stay outside of its mask; gaps have a layer of their own."""
    maps = maps_of(_SIZE_WH, gaps=[(64, 0, 96, 64)])
    maps.areas[0, 0, 4:12, 4:8] = SURE
    owners = owners_of(maps, 0, _boxes((8, 8, 40, 56), (64, 0, 96, 64), kinds=(0, 1)))
    assert (owners[0] == 1).sum() == 8 * 4
    assert (owners[1] == 2).sum() == (32 // STRIDE_PX) * (64 // STRIDE_PX)


def test_a_box_that_won_no_cell_is_taken_whole() -> None:
    """Whoever reads the file always gets a mask."""
    masks = Masks(
        np.zeros((2, 16, 24), np.int32),
        np.array([[10, 20, 30, 50]], np.float32),
        np.zeros(1, np.int32),
        (4.0, 4.0),
        _SIZE_WH,
    )
    pixels = _pixels(masks.counts(0), _SIZE_WH)
    assert pixels.sum() == 20 * 30
    assert pixels[20:50, 10:30].all()
