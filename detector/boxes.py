"""Overlaps of boxes (N, 4): left, top, right, bottom in pixels. Pure; whoever compares boxes does it here."""

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Boxes: TypeAlias = NDArray[np.floating]

_LEAST_UNION_PX = 1e-9
"""Boxes without area overlap with nothing, instead of dividing by nothing."""


def iou(first_xyxy: Boxes, second_xyxy: Boxes) -> NDArray[np.float64]:
    """Intersection over union (N, M) of boxes (N, 4) and (M, 4): 1 where they are the same, 0 where they do not meet.

    Computed in float64, whatever comes in: areas of large boxes leave few digits of a float32 to differences.
    """
    shared = intersections(first_xyxy, second_xyxy)
    union = areas(first_xyxy)[:, None] + areas(second_xyxy)[None, :] - shared
    return np.asarray(shared / np.maximum(union, _LEAST_UNION_PX), dtype=np.float64)


def intersections(first_xyxy: Boxes, second_xyxy: Boxes) -> NDArray[np.float64]:
    """Shared areas (N, M) in px²; 0 where boxes only touch."""
    first, second = first_xyxy.astype(np.float64), second_xyxy.astype(np.float64)
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    return np.asarray(np.clip(high - low, 0, None).prod(axis=2), dtype=np.float64)


def areas(boxes_xyxy: Boxes) -> NDArray[np.float64]:
    """Areas (N,) in px²; a box whose edges are the wrong way round has none."""
    sides = np.clip(boxes_xyxy[:, 2:].astype(np.float64) - boxes_xyxy[:, :2], 0, None)
    return np.asarray(sides.prod(axis=1), dtype=np.float64)


def not_doubled(boxes_xyxy: NDArray[np.float32], scores: NDArray[np.float32], max_iou: float) -> NDArray[np.intp]:
    """Indices of the boxes that remain when the lesser of every two that overlap too much goes, best first."""
    if not len(scores):
        return np.empty(0, np.intp)
    corner_and_size = boxes_xyxy.copy()
    corner_and_size[:, 2:] -= corner_and_size[:, :2]
    kept = cv2.dnn.NMSBoxes(corner_and_size.tolist(), scores.tolist(), 0.0, max_iou)
    return np.asarray(kept, np.intp).reshape(-1)
