"""Learns from frames as they come: once enough of them agree on what stays in place, there are slots."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from deploy.watch.places import Boxes, Place, lasting_places
from detector.contract import FacingKind, FrameFacings

_SCORE_MIN = 0.35
_PLACES_MIN = 2


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learned: places, and the size of the pictures they are in."""

    places: tuple[Place, ...]
    size_wh: tuple[int, int]


class Learner:
    """Looks at the newest ``frames`` frames of one size. A place counts when ``share`` of them show it."""

    def __init__(self, frames: int, share: float) -> None:
        self._share = share
        self._frames: deque[Boxes] = deque(maxlen=frames)
        self._size_wh = (0, 0)

    @property
    def looked_at(self) -> int:
        """How many frames there are to learn from by now."""
        return len(self._frames)

    def look(self, seen: FrameFacings) -> Lesson | None:
        """Take up one frame; returns what was learned once enough frames agree."""
        size_wh = (seen.width_px, seen.height_px)
        if size_wh != self._size_wh:
            self._frames.clear()
            self._size_wh = size_wh
        self._frames.append(_facings(seen))
        if len(self._frames) < (self._frames.maxlen or 1):
            return None
        places = lasting_places(tuple(self._frames), self._share)
        return Lesson(tuple(places), size_wh) if len(places) >= _PLACES_MIN else None


def _facings(seen: FrameFacings) -> Boxes:
    kinds = np.asarray(seen.kinds, np.int64)
    scores = np.asarray(seen.scores, np.float64)
    boxes = np.asarray(seen.boxes_xyxy, np.float64).reshape(-1, 4)
    return np.asarray(boxes[(kinds == FacingKind.FACING) & (scores >= _SCORE_MIN)], dtype=np.float64)
