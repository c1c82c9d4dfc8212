"""Which detected facings stay in place over some frames. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.boxes import iou

Boxes = NDArray[np.float64]

SAME_IOU = 0.5
"""Boxes of two frames that overlap so much are the same thing."""

TWICE_IOU = 0.35
"""Two places that overlap so much are one thing seen in two ways."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stood in ``seen`` of the frames: mean box in pixels."""

    left: float
    top: float
    right: float
    bottom: float
    seen: int


def lasting_places(frames: Sequence[Boxes], share: float) -> list[Place]:
    """Places (from boxes (N, 4) xyxy per frame) seen in at least this share of the frames, none of them twice."""
    tracks = _Tracks()
    for boxes in frames:
        tracks.add(boxes)
    needed = max(1, int(np.ceil(share * len(frames))))
    kept = [place for place in tracks.places() if place.seen >= needed]
    return _without_doubles(sorted(kept, key=lambda place: (-place.seen, place.left, place.top)))


class _Tracks:
    """Mean boxes of what was seen so far."""

    def __init__(self) -> None:
        self._sums: Boxes = np.empty((0, 4))
        self._seen: NDArray[np.int64] = np.empty(0, np.int64)

    def add(self, boxes: Boxes) -> None:
        """Take up one frame: each box goes to the track that it overlaps best, each track takes one box at most."""
        overlap = iou(self._means(), boxes)
        free = np.ones(len(boxes), np.bool_)
        while overlap.size:
            track, box = np.unravel_index(int(overlap.argmax()), overlap.shape)
            if overlap[track, box] < SAME_IOU:
                break
            self._sums[track] += boxes[box]
            self._seen[track] += 1
            free[box] = False
            overlap[track, :] = -1
            overlap[:, box] = -1
        self._sums = np.vstack([self._sums, boxes[free]])
        self._seen = np.concatenate([self._seen, np.ones(int(free.sum()), np.int64)])

    def places(self) -> list[Place]:
        """All tracks."""
        means = self._means().tolist()
        return [
            Place(left, top, right, bottom, int(seen))
            for (left, top, right, bottom), seen in zip(means, self._seen, strict=True)
        ]

    def _means(self) -> Boxes:
        return self._sums / np.maximum(self._seen, 1)[:, None]


def _without_doubles(places: Sequence[Place]) -> list[Place]:
    kept: list[Place] = []
    for place in places:
        box = _box(place)
        if all(iou(box, _box(other))[0, 0] < TWICE_IOU for other in kept):
            kept.append(place)
    return kept


def _box(place: Place) -> Boxes:
    return np.array([[place.left, place.top, place.right, place.bottom]])
