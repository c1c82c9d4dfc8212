"""What was seen on each camera's last frame: a shelf that stands still need not be looked at again and again.

A facing whose pixels are as they were is what it was; so is a whole frame in which nothing moved.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.boxes import iou
from detector.contract import FacingKind, Facings
from detector.jpeg import Image

_CELL_PX = 8
_MOVED = 14.0
"""Grey levels by which a cell of 8×8 px differs when something moved: noise and JPEG change it by two or three."""
_THUMB_PX = 20
_CHANGED = 22.0
_SAME_BOX = 0.6
_MOST_CAMERAS = 256
_MOST_REPEATS = 60
"""After so many frames what did not change is looked at and named all the same: no slip stays for ever."""


@dataclass(frozen=True, eq=False)
class NamedFacings:
    """M facings as they were when they were named: later frames are compared with that, not with each other.

    So slow changes add up until they are noticed. ``boxes_xyxy`` (M, 4) px, ``thumbs`` (M, 20, 20, 3) the pictures in
    them, coarse; ``compared`` (M,) whether no print was left to compare; ``ages`` (M,) looks since then.
    """

    boxes_xyxy: NDArray[np.float32]
    thumbs: Image
    compared: NDArray[np.bool_]
    ages: NDArray[np.intp]

    @classmethod
    def now(cls, image_bgr: Image, boxes_xyxy: NDArray[np.float32], compared: NDArray[np.bool_]) -> Self:
        """Facings of a picture (H, W, 3) that have just been named."""
        return cls(boxes_xyxy, thumbs_of(image_bgr, boxes_xyxy), compared, np.zeros(len(boxes_xyxy), np.intp))

    def kept(self, rows: NDArray[np.intp]) -> "NamedFacings":
        """Some of them, a frame later."""
        return NamedFacings(self.boxes_xyxy[rows], self.thumbs[rows], self.compared[rows], self.ages[rows] + 1)

    def beside(self, others: "NamedFacings", order: NDArray[np.intp]) -> "NamedFacings":
        """These and others, in an order of all."""
        return NamedFacings(
            np.concatenate([self.boxes_xyxy, others.boxes_xyxy])[order],
            np.concatenate([self.thumbs, others.thumbs])[order],
            np.concatenate([self.compared, others.compared])[order],
            np.concatenate([self.ages, others.ages])[order],
        )


@dataclass(frozen=True, eq=False)
class LastLook:
    """One frame that was looked at: its cells (h, w, 3) and all its regions, named by the gallery of that name.

    ``rows`` (M,) are the facings among the regions, ``named`` what was known when they were named. ``repeats`` counts
    the frames since that were not looked at. ``scale`` is how much larger than the working size the camera's frames are
    looked at, ``looks`` how often they were since that was found out.
    """

    cells: Image
    facings: Facings
    rows: NDArray[np.intp]
    named: NamedFacings
    gallery: str
    repeats: int = 0
    scale: float = 1.0
    looks: int = 0


class Memory:
    """The last look at each of so many cameras, none for 0; those of the longest ago are forgotten.

    Belongs to one thread.
    """

    def __init__(self, most_cameras: int = _MOST_CAMERAS) -> None:
        self._most_cameras = most_cameras
        self._seen: OrderedDict[str, LastLook] = OrderedDict()

    def forget(self) -> None:
        """Everything: another model saw it."""
        self._seen.clear()

    def recall(self, camera: str) -> LastLook | None:
        """What was seen of a camera."""
        return self._seen.get(camera)

    def keep(self, camera: str, seen: LastLook) -> None:
        """Remember the last look at a camera."""
        self._seen[camera] = seen
        self._seen.move_to_end(camera)
        while len(self._seen) > self._most_cameras:
            self._seen.popitem(last=False)


def cut(image_bgr: Image, box_xyxy: NDArray[np.float32]) -> Image:
    """The part of a picture in a box (px), at least a pixel of it."""
    height, width = image_bgr.shape[:2]
    left, top, right, bottom = (round(float(edge)) for edge in box_xyxy)
    left, top = min(max(left, 0), width - 1), min(max(top, 0), height - 1)
    return image_bgr[top : max(bottom, top + 1), left : max(right, left + 1)]


def cells_of(image_bgr: Image) -> Image:
    """The means of 8×8 px of a picture (H, W, 3) uint8."""
    height, width = image_bgr.shape[:2]
    size_wh = (max(1, width // _CELL_PX), max(1, height // _CELL_PX))
    return np.asarray(cv2.resize(image_bgr, size_wh, interpolation=cv2.INTER_AREA), np.uint8)


def stands_still(seen: LastLook, cells: Image) -> bool:
    """Whether nothing moved since a frame, by its cells and those of now; a change of the light as a whole is none."""
    if cells.shape != seen.cells.shape or seen.repeats >= _MOST_REPEATS:
        return False
    return bool(_apart(seen.cells[None], cells[None])[0] <= _MOVED)


def thumbs_of(image_bgr: Image, boxes_xyxy: NDArray[np.float32]) -> Image:
    """(N, 20, 20, 3) the pictures in boxes (px), coarse."""
    thumbs = np.empty((len(boxes_xyxy), _THUMB_PX, _THUMB_PX, 3), np.uint8)
    for row, box in enumerate(boxes_xyxy):
        part = cut(image_bgr, box)
        thumbs[row] = cv2.resize(part, (_THUMB_PX, _THUMB_PX), interpolation=cv2.INTER_AREA)
    return thumbs


def known_again(seen: LastLook, image_bgr: Image, boxes_xyxy: NDArray[np.float32]) -> NDArray[np.intp]:
    """(N,) for each box of now the row among ``seen.rows`` whose name it keeps, -1 for what must be named.

    The picture of now is compared where the facing was: a box that trembles changes nothing. What was named too long
    ago, or not to the end, is named again.
    """
    found = np.full(len(boxes_xyxy), -1, np.intp)
    if not len(found) or not len(seen.rows):
        return found
    named = seen.named
    same = _apart(named.thumbs, thumbs_of(image_bgr, named.boxes_xyxy)) <= _CHANGED
    keeps = same & named.compared & (named.ages < _MOST_REPEATS)
    overlaps = np.where(keeps[None], iou(boxes_xyxy, named.boxes_xyxy), 0)
    best = overlaps.argmax(1)
    held = overlaps[np.arange(len(best)), best] >= _SAME_BOX
    found[held] = best[held]
    return found


def _apart(before: Image, now: Image) -> NDArray[np.float32]:
    """(N,) the largest difference in any place of pictures (N, h, w, 3), free of the brightness of the whole."""
    first, second = before.astype(np.float32), now.astype(np.float32)
    gains = first.mean((1, 2, 3)) / np.maximum(second.mean((1, 2, 3)), 1.0)
    differences = np.abs(first - second * np.clip(gains, 0.7, 1.4)[:, None, None, None])
    return np.asarray(differences.max((1, 2, 3)), np.float32)


def facing_rows(facings: Facings) -> NDArray[np.intp]:
    """Rows of the facings among all regions."""
    return np.flatnonzero(facings.kinds == FacingKind.FACING)
