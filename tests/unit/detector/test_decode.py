"""From maps to boxes."""

import numpy as np
from detector_rig import NEVER, maps_of, rules
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from detector.decode import DecodeRules, decode, not_doubled
from detector.evaluate.overlaps import iou
from detector.manifest import ScoreFit

BOXES = arrays(np.float32, st.tuples(st.integers(1, 30), st.just(4)), elements=st.floats(0, 200, width=32)).map(
    lambda corners: np.concatenate([corners[:, :2], corners[:, :2] + corners[:, 2:] + 1], 1)
)


@given(st.lists(st.tuples(st.integers(0, 14), st.integers(0, 7)), unique=True, max_size=40), st.integers(12, 36))
def test_what_a_perfect_network_says_comes_out(places: list[tuple[int, int]], side: int) -> None:
    """Boxes on a grid come back to a hundredth of a pixel, each once, of their kind."""
    boxes = [(x * 40.0, y * 40.0, x * 40.0 + side, y * 40.0 + side) for x, y in places]
    half = len(boxes) // 2
    found = decode(maps_of((640, 320), boxes[:half], boxes[half:]), 0, rules())
    for kind, wanted in enumerate((boxes[:half], boxes[half:])):
        got = sorted(map(tuple, found.boxes_xyxy[found.kinds == kind].round(2).tolist()))
        assert np.allclose(got, sorted(wanted), atol=0.01)


@given(BOXES, st.floats(0.1, 0.9))
def test_no_two_boxes_that_remain_overlap_too_much(boxes: NDArray[np.float32], most: float) -> None:
    """The best box always remains, and of those that remain no pair is above the limit."""
    scores = np.linspace(0.99, 0.3, len(boxes)).astype(np.float32)
    kept = not_doubled(boxes, scores, most)
    overlaps = iou(boxes[kept], boxes[kept]) - np.eye(len(kept))
    assert kept[0] == 0
    assert (overlaps <= most + 1e-3).all()


def test_a_dense_shelf_is_not_cut_short() -> None:
    """1,200 facings in one picture all come out."""
    boxes = [(x * 16.0, y * 24.0, x * 16.0 + 15, y * 24.0 + 23) for x in range(40) for y in range(30)]
    assert len(decode(maps_of((640, 736), boxes), 0, rules()).scores) == 1200


def test_scores_are_those_of_the_fit() -> None:
    """A line over the heat decides the score and what is dropped."""
    maps = maps_of((64, 64), [(8, 8, 40, 40)])
    fits = (ScoreFit(slope=0.5, shift=-2.0), ScoreFit())
    assert decode(maps, 0, DecodeRules(score_fits=fits, min_score=0.4)).scores.round(3).tolist() == [0.5]
    assert len(decode(maps, 0, DecodeRules(score_fits=fits, min_score=0.6)).scores) == 0


def test_nothing_gives_nothing() -> None:
    """A picture without anything gives empty arrays of the right shapes."""
    found = decode(maps_of((64, 64)), 0, rules())
    assert found.boxes_xyxy.shape == (0, 4)
    assert (maps_of((64, 64)).heat == NEVER).all()
