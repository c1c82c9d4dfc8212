"""Overlaps of boxes."""

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float32]


def iou(ours: Boxes, theirs: Boxes) -> NDArray[np.float32]:
    """(N, M) intersection over union of boxes (N, 4) and (M, 4)."""
    shared = intersections(ours, theirs)
    union = areas(ours)[:, None] + areas(theirs)[None] - shared
    return np.asarray(shared / np.maximum(union, 1e-6), np.float32)


def intersections(ours: Boxes, theirs: Boxes) -> NDArray[np.float32]:
    """(N, M) shared area in px²."""
    start = np.maximum(ours[:, None, :2], theirs[None, :, :2])
    stop = np.minimum(ours[:, None, 2:], theirs[None, :, 2:])
    return np.asarray((stop - start).clip(0, None).prod(2), np.float32)


def areas(boxes_xyxy: Boxes) -> NDArray[np.float32]:
    """(N,) areas in px²."""
    return np.asarray((boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]).clip(0, None).prod(1), np.float32)
