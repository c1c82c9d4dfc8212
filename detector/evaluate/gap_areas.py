"""Gaps judged by area: where one gap ends and the next begins is a matter of taste, that shelf is empty is not."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.evaluate.precision import Boxes, Judged

_COVERED = 0.5
_RIGHT = 0.3


@dataclass(frozen=True, slots=True)
class GapFigures:
    """``hit_rate``: gaps at least half covered by what was found; ``false_per_picture``: finds mostly elsewhere."""

    hit_rate: float
    false_per_picture: float


def gap_figures(pictures: Sequence[Judged], least_score: float) -> GapFigures:
    """Figures over all pictures, of finds with at least that score."""
    hit = wanted = wrong = 0
    for picture in pictures:
        found = picture.boxes_xyxy[picture.scores >= least_score]
        truth = picture.truth_xyxy
        allowed = np.concatenate([truth, picture.ignored_xyxy])
        hit += int((covered(truth, found) >= _COVERED).sum())
        wrong += int((covered(found, allowed) < _RIGHT).sum())
        wanted += len(truth)
    return GapFigures(hit / max(wanted, 1), wrong / max(len(pictures), 1))


def covered(boxes_xyxy: Boxes, by_xyxy: Boxes) -> NDArray[np.float32]:
    """(N,) share of each box that lies under the union of others."""
    shares = np.zeros(len(boxes_xyxy), np.float32)
    for index, (left, top, right, bottom) in enumerate(np.round(boxes_xyxy).astype(int)):
        width, height = right - left, bottom - top
        if width < 1 or height < 1:
            continue
        under = np.zeros((height, width), np.bool_)
        for other in np.round(by_xyxy).astype(int) - np.array([left, top, left, top]):
            x_min, y_min, x_max, y_max = (int(edge) for edge in other.clip(0, None))
            under[y_min:y_max, x_min:x_max] = True
        shares[index] = under.mean()
    return shares
