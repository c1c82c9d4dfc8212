"""From the network's maps to boxes: peaks of heat and their edges, regions of areas, calibrated scores.

Gaps and occluders are regions: connected cells of their own maps.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.boxes import not_doubled
from detector.contract import FacingKind
from detector.manifest import STRIDE_PX, Maps, RawMaps, ScoreFit

_LEAST_LOGIT = 0.0
_LEAST_CELLS = 30
_LEAST_SIDE = 3
_LEAST_OCCLUDER_CELLS = 120
_FILLED = 0.7

Mask = NDArray[np.bool_]

_MOST_PEAKS = 3000


@dataclass(frozen=True, slots=True)
class _Part:
    """A rectangle of cells: rows and columns, ends excluded."""

    top: int
    bottom: int
    left: int
    right: int


def whole_regions(area_logits: Maps) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(boxes (N, 4) px, mean logits (N,)) of the connected regions in a map (H/4, W/4), people and trolleys, say."""
    smooth = np.asarray(cv2.blur(area_logits, (3, 3)), np.float32)
    inside = (smooth > _LEAST_LOGIT).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=4)
    sums = np.bincount(labels.ravel(), weights=smooth.ravel(), minlength=count)[1:]
    stats = stats[1:]
    large = stats[:, cv2.CC_STAT_AREA] >= _LEAST_OCCLUDER_CELLS
    corners, sizes = stats[large, :2], stats[large, 2:4]
    boxes = np.concatenate([corners, corners + sizes], 1).astype(np.float32) * STRIDE_PX
    return boxes, (sums[large] / stats[large, cv2.CC_STAT_AREA]).astype(np.float32)


def gap_regions(area_logits: Maps) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(boxes (N, 4) px, mean logits (N,)) of the regions in a map (H/4, W/4) of "this is a gap"."""
    smooth = np.asarray(cv2.blur(area_logits, (3, 3)), np.float32)
    count, labels, stats, _ = cv2.connectedComponentsWithStats((smooth > _LEAST_LOGIT).astype(np.uint8), connectivity=4)
    boxes: list[tuple[int, int, int, int]] = []
    logits: list[float] = []
    for index in range(1, count):
        left, top, width, height, cells = (int(figure) for figure in stats[index])
        if cells < _LEAST_CELLS:
            continue
        window = (slice(top, top + height), slice(left, left + width))
        mine = labels[window] == index
        for part in _parts(mine, 0, width):
            inside = (slice(part.top, part.bottom), slice(part.left, part.right))
            boxes.append((left + part.left, top + part.top, left + part.right, top + part.bottom))
            logits.append(float(smooth[window][inside][mine[inside]].mean()))
    return np.array(boxes, np.float32).reshape(-1, 4) * STRIDE_PX, np.array(logits, np.float32)


def _parts(mine: Mask, left: int, right: int) -> Iterator[_Part]:
    """Rectangles of the columns from ``left`` to ``right``; those too small for a facing are left out."""
    columns = mine[:, left:right]
    rows = np.flatnonzero(columns.any(1))
    if right - left < _LEAST_SIDE or len(rows) < _LEAST_SIDE:
        return
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    filled = columns[top:bottom].mean()
    if filled >= _FILLED or right - left < 2 * _LEAST_SIDE:
        if columns.sum() >= _LEAST_CELLS:
            yield _Part(top, bottom, left, right)
        return
    cut = left + _cut(columns)
    yield from _parts(mine, left, cut)
    yield from _parts(mine, cut, right)


def _cut(columns: Mask) -> int:
    """The column before which the edges jump most, no nearer to either end than a part must be wide."""
    tops = np.where(columns.any(0), columns.argmax(0), 0)
    bottoms = np.where(columns.any(0), columns.shape[0] - columns[::-1].argmax(0), 0)
    jumps = np.abs(np.diff(tops)) + np.abs(np.diff(bottoms))
    inner = jumps[_LEAST_SIDE - 1 : len(jumps) - _LEAST_SIDE + 1]
    return int(inner.argmax()) + _LEAST_SIDE


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
