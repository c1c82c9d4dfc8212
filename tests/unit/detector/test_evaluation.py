"""The measures."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from detector.evaluate.__main__ import left_out
from detector.evaluate.calibrate import fit_scores, with_working_point
from detector.evaluate.data import EVAL_DATA_VARIABLE
from detector.evaluate.precision import Judged, average_precision, covered, gap_figures
from detector.manifest import ScoreFit

NONE = np.empty((0, 4), np.float32)
GRID = np.array([[x * 50, y * 50, x * 50 + 40, y * 50 + 40] for x in range(4) for y in range(3)], np.float32)


def _judged(boxes: NDArray[np.float32], truth: NDArray[np.float32], ignored: NDArray[np.float32] = NONE) -> Judged:
    return Judged(boxes, np.linspace(0.9, 0.6, len(boxes)).astype(np.float32), truth, ignored)


def test_finding_everything_exactly_is_perfect() -> None:
    """AP is 1 at every IoU."""
    found = average_precision([_judged(GRID, GRID)])
    assert (found.ap, found.ap50, found.ap75) == pytest.approx((1, 1, 1))


def test_half_found_is_half_the_precision() -> None:
    """With 6 of 12 found and nothing wrong, precision is 1 up to recall 0.5: 51 of 101 points."""
    assert average_precision([_judged(GRID[:6], GRID)]).ap50 == pytest.approx(51 / 101)


def test_a_false_find_before_the_right_one_halves_it() -> None:
    """Wrong at the best score, right at the next: precision 1/2 at every recall."""
    wrong = np.array([[500, 500, 540, 540]], np.float32)
    boxes = np.concatenate([wrong, GRID[:1]])
    assert average_precision([_judged(boxes, GRID[:1])]).ap50 == pytest.approx(0.5)


def test_a_second_find_of_the_same_thing_is_wrong() -> None:
    """Doubles count as false."""
    boxes = np.concatenate([GRID[:1], GRID[:1], GRID[1:2]])
    assert average_precision([_judged(boxes, GRID[:2])]).ap50 < 1


def test_what_is_ignored_is_neither_right_nor_wrong() -> None:
    """A find on something mostly hidden changes nothing."""
    boxes = np.concatenate([GRID[11:], GRID[:2]])
    assert average_precision([_judged(boxes, GRID[:2], GRID[11:])]).ap50 == pytest.approx(1)


def test_loose_boxes_count_at_loose_overlaps_alone() -> None:
    """Boxes with an IoU of 0.6 are found at 0.5 and missed at 0.75."""
    loose = GRID.copy()
    loose[:, 2] -= 16
    found = average_precision([_judged(loose, GRID)])
    assert found.ap50 == pytest.approx(1)
    assert found.ap75 == 0


def test_gaps_are_judged_by_area() -> None:
    """Two finds that cover one gap together hit it; one elsewhere is false; one on an ignored place is not."""
    gap = np.array([[0, 0, 100, 50]], np.float32)
    ignored = np.array([[300, 0, 400, 50]], np.float32)
    found = np.array([[0, 0, 35, 50], [40, 0, 75, 50], [600, 0, 640, 50], [310, 0, 390, 50]], np.float32)
    figures = gap_figures([_judged(found, gap, ignored)], 0.5)
    assert (figures.hit_rate, figures.false_per_picture) == (1.0, 1.0)


@settings(deadline=None, max_examples=40)
@given(arrays(np.float32, (3, 2), elements=st.floats(0, 60, width=32)))
def test_cover_is_a_share(corners: NDArray[np.float32]) -> None:
    """A box is wholly covered by itself, and by others to a share between 0 and 1."""
    boxes = np.concatenate([corners, corners + 20], 1)
    assert covered(boxes, boxes) == pytest.approx(1)
    assert ((covered(boxes, boxes[:1]) >= 0) & (covered(boxes, boxes[:1]) <= 1)).all()


def test_fitted_scores_are_the_chance_of_being_right() -> None:
    """Where logits of the true chance are given, shifted and stretched, the fit finds the way back."""
    rng = np.random.default_rng(1)
    truth = rng.normal(0, 2, 20_000)
    right = rng.random(20_000) < 1 / (1 + np.exp(-truth))
    told = ((truth - 1) / 2).astype(np.float32)
    fit = fit_scores(told, right, np.ones(20_000, np.float32))
    assert (fit.slope, fit.shift) == pytest.approx((2, 1), abs=0.1)


def test_at_half_a_score_there_are_as_many_finds_as_things() -> None:
    """With one set the count is exact; two sets of unlike size count alike, so one has as many too many as the other
    has too few; without anything to count by the fit stays.
    """
    rng = np.random.default_rng(2)
    found = rng.normal(0, 2, 400).astype(np.float32)
    fit = with_working_point(ScoreFit(slope=2.0, shift=0.3), [(found, 150)])
    assert int((fit.chance(found) >= 0.5).sum()) == 150
    more = rng.normal(1, 2, 4000).astype(np.float32)
    both = with_working_point(fit, [(found, 150), (more, 1500)])
    ratios = [(both.chance(each) >= 0.5).sum() / wanted for each, wanted in ((found, 150), (more, 1500))]
    assert float(np.prod(ratios)) == pytest.approx(1, abs=0.05)
    assert with_working_point(fit, [(found[:0], 3)]) == fit


def test_photographs_that_are_not_there_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What was not measured is told by name: all sets without the folder, only the missing ones with it."""
    monkeypatch.delenv(EVAL_DATA_VARIABLE, raising=False)
    assert set(left_out()) == {"facings-dense", "facings-tobacco", "gaps-real", "price-tags"}
    (tmp_path / "facings-dense").mkdir()
    monkeypatch.setenv(EVAL_DATA_VARIABLE, str(tmp_path))
    assert set(left_out()) == {"facings-tobacco", "gaps-real", "price-tags"}
