"""From the network's maps to boxes: peaks of heat and their edges, regions of areas, a calibrated score for each."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.contract import FacingKind
from detector.gap_regions import gap_regions, whole_regions
from detector.layout import STRIDE_PX, Maps, RawMaps
from detector.manifest import ScoreFit

_MOST_PEAKS = 3000


@dataclass(frozen=True, slots=True)
class DecodeRules:
    """``score_fits`` turn logits into the chance that the box is right, a fit per ``FacingKind``; what is less likely
    than ``min_score`` is dropped, of two boxes of a kind with an IoU above ``max_iou`` the lesser, and all beyond
    ``max_boxes``.
    """

    score_fits: tuple[ScoreFit, ...]
    min_score: float = 0.25
    max_iou: float = 0.5
    max_boxes: int = 1500


@dataclass(frozen=True, eq=False)
class Boxes:
    """``boxes_xyxy`` (N, 4) px of the network's picture, ``scores`` (N,) in 0…1, ``kinds`` (N,); best first."""

    boxes_xyxy: NDArray[np.float32]
    scores: NDArray[np.float32]
    kinds: NDArray[np.int32]


def decode(maps: RawMaps, index: int, rules: DecodeRules) -> Boxes:
    """The boxes of picture ``index`` of a batch: facings and tags from peaks of heat, gaps and occluders from areas."""
    found = (
        _peaked(maps, index, FacingKind.FACING, rules),
        _kept(*gap_regions(maps.areas[index, FacingKind.GAP]), FacingKind.GAP, rules),
        _kept(*whole_regions(maps.areas[index, FacingKind.OCCLUDER]), FacingKind.OCCLUDER, rules),
        _peaked(maps, index, FacingKind.TAG, rules),
    )
    boxes = np.concatenate([each.boxes_xyxy for each in found])
    scores = np.concatenate([each.scores for each in found])
    kinds = np.concatenate([each.kinds for each in found])
    best = np.argsort(-scores, kind="stable")[: rules.max_boxes]
    return Boxes(boxes[best], scores[best], kinds[best])


def _peaked(maps: RawMaps, index: int, kind: FacingKind, rules: DecodeRules) -> Boxes:
    rows, columns, logits = peaks(maps.heat[index, kind], rules.score_fits[kind].logit_of(rules.min_score))
    return _kept(boxes_at(maps.edges[index], rows, columns), logits, kind, rules)


def _kept(boxes: NDArray[np.float32], logits: NDArray[np.float32], kind: int, rules: DecodeRules) -> Boxes:
    scores = rules.score_fits[kind].chance(logits)
    likely = scores >= rules.min_score
    boxes, scores = boxes[likely], scores[likely]
    kept = not_doubled(boxes, scores, rules.max_iou)
    return Boxes(boxes[kept], scores[kept], np.full(len(kept), kind, np.int32))


def peaks(heat: Maps, min_logit: float) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """(rows, columns, logits) of cells at least as hot as their eight neighbours, best first."""
    highest = cv2.dilate(heat, np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero((heat >= highest) & (heat >= min_logit))
    logits = heat[rows, columns]
    best = np.argsort(-logits, kind="stable")[:_MOST_PEAKS]
    return rows[best], columns[best], logits[best]


def boxes_at(edges: Maps, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.float32]:
    """(N, 4) boxes in px whose edges the cells tell."""
    left, top, right, bottom = edges[:, rows, columns]
    xs, ys = columns + 0.5, rows + 0.5
    return (np.stack([xs - left, ys - top, xs + right, ys + bottom], 1) * STRIDE_PX).astype(np.float32)


def not_doubled(boxes_xyxy: NDArray[np.float32], scores: NDArray[np.float32], max_iou: float) -> NDArray[np.intp]:
    """Indices of the boxes that remain when the lesser of every two that overlap too much goes, best first."""
    if not len(scores):
        return np.empty(0, np.intp)
    corner_and_size = boxes_xyxy.copy()
    corner_and_size[:, 2:] -= corner_and_size[:, :2]
    kept = cv2.dnn.NMSBoxes(corner_and_size.tolist(), scores.tolist(), 0.0, max_iou)
    return np.asarray(kept, np.intp).reshape(-1)
