"""Average precision as COCO measures it (Lin et al., arXiv 1405.0312), for one kind of thing and dense pictures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.evaluate.overlaps import Boxes, iou

IOU_STEPS = np.arange(0.5, 0.96, 0.05)
_RECALL_POINTS = np.linspace(0, 1, 101)


@dataclass(frozen=True, eq=False)
class Judged:
    """One picture: what was found, best first, what is there, and what is neither wanted nor wrong to find."""

    boxes_xyxy: Boxes
    scores: NDArray[np.float32]
    truth_xyxy: Boxes
    ignored_xyxy: Boxes


@dataclass(frozen=True, slots=True)
class Precision:
    """Average precision over IoU 0.50…0.95, and at 0.50 and 0.75."""

    ap: float
    ap50: float
    ap75: float


def average_precision(pictures: Sequence[Judged]) -> Precision:
    """Precision over all pictures together."""
    matched = [_matches(picture) for picture in pictures]
    scores = np.concatenate([picture.scores for picture in pictures])
    hits = np.concatenate([hit for hit, _ in matched], axis=1)
    counts = np.concatenate([count for _, count in matched], axis=1)
    wanted = sum(len(picture.truth_xyxy) for picture in pictures)
    order = np.argsort(-scores, kind="stable")
    at = [_area_under(hits[step, order], counts[step, order], wanted) for step in range(len(IOU_STEPS))]
    return Precision(float(np.mean(at)), at[0], at[5])


def hits_at(picture: Judged, least_iou: float = 0.5) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(found boxes that are right, found boxes that count) at one IoU."""
    return _match(picture, least_iou)


def _matches(picture: Judged) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    rows = [_match(picture, float(least)) for least in IOU_STEPS]
    return np.stack([hit for hit, _ in rows]), np.stack([count for _, count in rows])


def _match(picture: Judged, least_iou: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Each box takes the best truth that is left; a box on something ignored does not count."""
    count = len(picture.scores)
    hit, counts = np.zeros(count, np.bool_), np.ones(count, np.bool_)
    to_truth = iou(picture.boxes_xyxy, picture.truth_xyxy)
    to_ignored = iou(picture.boxes_xyxy, picture.ignored_xyxy)
    for index in range(count):
        if to_truth.shape[1]:
            best = int(to_truth[index].argmax())
            if to_truth[index, best] >= least_iou:
                hit[index] = True
                to_truth[:, best] = -1
                continue
        counts[index] = not (to_ignored[index] >= least_iou).any()
    return hit, counts


def _area_under(hits: NDArray[np.bool_], counts: NDArray[np.bool_], wanted: int) -> float:
    """Precision at 101 recalls, each the best at that recall or a higher one, averaged."""
    if not wanted:
        return 0.0
    right = np.cumsum(hits[counts])
    precision = right / np.arange(1, len(right) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(right / wanted, _RECALL_POINTS, side="left")
    return float(np.append(best, 0.0)[np.minimum(places, len(best))].mean())
