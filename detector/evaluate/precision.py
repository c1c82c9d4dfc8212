"""Average precision as COCO measures it (Lin et al., arXiv 1405.0312; by pycocotools), and overlaps of boxes.

Gaps are judged by area as well: where a gap ends and the next begins is a matter of taste, that shelf is empty is not.
"""

import io
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from detector.boxes import iou

Boxes = NDArray[np.float32]


_MOST_FOUND = (100, 300, 1000)
_SIZES = ("all", "small", "medium", "large")
_STEP_50, _STEP_75 = 0, 5
_CATEGORY = 1

_COVERED = 0.5
_RIGHT = 0.3


@dataclass(frozen=True, eq=False)
class Judged:
    """One picture: what was found, best first, what is there, and what is neither wanted nor wrong to find."""

    boxes_xyxy: Boxes
    scores: NDArray[np.float32]
    truth_xyxy: Boxes
    ignored_xyxy: Boxes


@dataclass(frozen=True, eq=False)
class PrecisionFigures:
    """Average precision over IoU 0.50…0.95, and at 0.50 and 0.75; recall with 300 and 1000 finds a picture.

    ``by_size`` has the first for those of COCO's sizes that occur (small: below 32² px, large: above 96² px).
    ``curve`` (101,) is the precision at recalls 0…1 for IoU 0.50.
    """

    ap: float
    ap50: float
    ap75: float
    ar300: float
    ar1000: float
    by_size: dict[str, float]
    curve: NDArray[np.float64]


def average_precision(pictures: Sequence[Judged]) -> PrecisionFigures:
    """Precision over all pictures together."""
    precision, recall = _measured(pictures)
    by_size = {
        name: _mean(precision[:, :, 0, place, -1])
        for place, name in enumerate(_SIZES)
        if place and (recall[0, 0, place, -1] >= 0)
    }
    return PrecisionFigures(
        ap=_mean(precision[:, :, 0, 0, -1]),
        ap50=_mean(precision[_STEP_50, :, 0, 0, -1]),
        ap75=_mean(precision[_STEP_75, :, 0, 0, -1]),
        ar300=_mean(recall[:, 0, 0, 1]),
        ar1000=_mean(recall[:, 0, 0, 2]),
        by_size=by_size,
        curve=np.clip(precision[_STEP_50, :, 0, 0, -1], 0, 1),
    )


def hits_at(picture: Judged, least_iou: float = 0.5) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(found boxes that are right, found boxes that count) at one IoU.

    Each box takes the best truth that is left; a box on something ignored does not count.
    """
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


def _measured(pictures: Sequence[Judged]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Precision (10 IoUs, 101 recalls, 1, 4 sizes, 3 caps) and recall (10, 1, 4, 3); -1 where nothing is there."""
    with redirect_stdout(io.StringIO()):  # the library prints what it does
        truth = COCO()
        truth.dataset = {
            "images": [{"id": number} for number in range(len(pictures))],
            "categories": [{"id": _CATEGORY}],
            "annotations": _truth(pictures),
        }
        truth.createIndex()
        found = _found(pictures)
        if not found:
            return _nothing_found(truth)
        evaluation = COCOeval(truth, truth.loadRes(np.array(found, np.float64)), "bbox")
        evaluation.params.maxDets = list(_MOST_FOUND)
        evaluation.evaluate()
        evaluation.accumulate()
    return evaluation.eval["precision"], evaluation.eval["recall"]


def _truth(pictures: Sequence[Judged]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number, picture in enumerate(pictures):
        for boxes, crowd in ((picture.truth_xyxy, 0), (picture.ignored_xyxy, 1)):
            for box in _corner_and_size(boxes):
                found.append(
                    {
                        "id": len(found) + 1,
                        "image_id": number,
                        "category_id": _CATEGORY,
                        "bbox": box,
                        "area": box[2] * box[3],
                        "iscrowd": crowd,
                    }
                )
    return found


def _found(pictures: Sequence[Judged]) -> list[list[float]]:
    """Rows of picture, x, y, width, height, score, category."""
    return [
        [number, *box, float(score), _CATEGORY]
        for number, picture in enumerate(pictures)
        for box, score in zip(_corner_and_size(picture.boxes_xyxy), picture.scores, strict=True)
    ]


def _corner_and_size(boxes_xyxy: Boxes) -> list[list[float]]:
    boxes = boxes_xyxy.astype(np.float64)
    boxes[:, 2:] -= boxes[:, :2]
    rows: list[list[float]] = boxes.tolist()
    return rows


def _nothing_found(truth: COCO) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    nothing = 0.0 if any(not each["iscrowd"] for each in truth.dataset["annotations"]) else -1.0
    return np.full((10, 101, 1, 4, 3), nothing), np.full((10, 1, 4, 3), nothing)


def _mean(values: NDArray[np.float64]) -> float:
    """The mean of what was measured; 0 where nothing was."""
    measured = values[values >= 0]
    return float(measured.mean()) if measured.size else 0.0


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
