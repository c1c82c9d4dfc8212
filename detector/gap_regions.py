"""Gaps and occluders as regions.

A gap has no middle that looks like one and no fixed size, so it is where the network says "here is empty shelf", cut
into rectangles where its upper or lower edge jumps.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.layout import STRIDE_PX, Maps

_LEAST_LOGIT = 0.0
_LEAST_CELLS = 30
_LEAST_SIDE = 3
_LEAST_OCCLUDER_CELLS = 120
_FILLED = 0.7

Mask = NDArray[np.bool_]


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
