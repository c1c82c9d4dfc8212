"""From maps to boxes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from detector.boxes import iou, not_doubled
from detector.contract import FacingKind
from detector.decode import DecodeRules, decode, gap_regions
from detector.manifest import ScoreFit
from tests.unit.detector.detector_rig import NEVER, SURE, maps_of, rules

BOXES = arrays(np.float32, st.tuples(st.integers(1, 30), st.just(4)), elements=st.floats(0, 200, width=32)).map(
    lambda corners: np.concatenate([corners[:, :2], corners[:, :2] + corners[:, 2:] + 1], 1)
)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 14), st.integers(0, 7)), unique=True, max_size=40), st.integers(12, 36))
def test_facings_that_a_perfect_network_sees_come_out(places: list[tuple[int, int]], side: int) -> None:
    """Boxes on a grid come back to a hundredth of a pixel, each once."""
    boxes = [(x * 40.0, y * 40.0, x * 40.0 + side, y * 40.0 + side) for x, y in places]
    found = decode(maps_of((640, 320), boxes), 0, rules())
    assert (found.kinds == FacingKind.FACING).all()
    assert np.allclose(sorted(map(tuple, found.boxes_xyxy.round(2).tolist())), sorted(boxes), atol=0.01)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), unique=True, max_size=12), st.integers(8, 18))
def test_gaps_that_a_perfect_network_sees_come_out(places: list[tuple[int, int]], cells: int) -> None:
    """Regions on a grid come back as their boxes, to two cells (the map is smoothed), each once."""
    side = cells * 4.0
    boxes = [(x * 100.0 + 8, y * 80.0 + 8, x * 100.0 + 8 + side, y * 80.0 + 8 + side) for x, y in places]
    found = decode(maps_of((640, 352), gaps=boxes), 0, rules())
    assert (found.kinds == FacingKind.GAP).all()
    assert len(found.scores) == len(boxes)
    if boxes:
        order = [np.lexsort(np.round(np.array(each) / 80).T[:2]) for each in (boxes, found.boxes_xyxy)]
        assert np.allclose(np.array(boxes)[order[0]], found.boxes_xyxy[order[1]], atol=8.01)


def test_a_gap_of_two_heights_is_two_boxes() -> None:
    """Where a region's edge jumps, one box over all of it would cover what is stocked."""
    low, high = (8.0, 160.0, 200.0, 240.0), (200.0, 40.0, 400.0, 240.0)
    found = decode(maps_of((640, 352), gaps=[low, high]), 0, rules())
    left, right = found.boxes_xyxy[np.argsort(found.boxes_xyxy[:, 0])]
    assert np.allclose(left, low, atol=8.01)
    assert np.allclose(right, high, atol=8.01)


@settings(deadline=None, max_examples=40)
@given(arrays(np.bool_, st.tuples(st.integers(3, 24), st.integers(3, 24))))
def test_regions_lie_on_the_map_and_never_overlap(mask: NDArray[np.bool_]) -> None:
    """Any shape whatever gives boxes inside the picture that share no column of one region twice."""
    boxes, logits = gap_regions(np.where(mask, 4.0, -4.0).astype(np.float32))
    height, width = mask.shape
    assert len(boxes) == len(logits)
    assert (boxes[:, :2] < boxes[:, 2:]).all()
    assert ((boxes >= 0) & (boxes <= np.array([width, height] * 2) * 4)).all()
    assert (logits > 0).all()


@settings(deadline=None, max_examples=40)
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
    fits = (ScoreFit(slope=0.5, shift=-2.0), ScoreFit(), ScoreFit(), ScoreFit())
    assert decode(maps, 0, DecodeRules(score_fits=fits, min_score=0.4)).scores.round(3).tolist() == [0.5]
    assert len(decode(maps, 0, DecodeRules(score_fits=fits, min_score=0.6)).scores) == 0


def test_tags_and_occluders_come_out_as_their_kinds() -> None:
    """A peak of the tags' heat is a tag with its edges; a person's region is one box around all of it."""
    maps = maps_of((640, 352), [(400, 200, 424, 212)])
    maps.heat[0, FacingKind.TAG] = maps.heat[0, FacingKind.FACING]
    maps.heat[0, FacingKind.FACING] = NEVER
    maps.areas[0, FacingKind.OCCLUDER, 10:60, 20:40] = SURE
    maps.areas[0, FacingKind.OCCLUDER, 30:36, 40:55] = SURE
    found = decode(maps, 0, rules())
    boxes = {FacingKind(int(kind)): box for kind, box in zip(found.kinds, found.boxes_xyxy, strict=True)}
    assert set(boxes) == {FacingKind.TAG, FacingKind.OCCLUDER}
    assert np.allclose(boxes[FacingKind.TAG], (400, 200, 424, 212), atol=0.01)
    assert np.allclose(boxes[FacingKind.OCCLUDER], (80, 40, 220, 240), atol=8.01)


def test_nothing_gives_nothing() -> None:
    """A picture without anything gives empty arrays of the right shapes."""
    found = decode(maps_of((64, 64)), 0, rules())
    assert found.boxes_xyxy.shape == (0, 4)
    assert (maps_of((64, 64)).heat == NEVER).all()
