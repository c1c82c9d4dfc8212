"""Packshots: pictures of one product on plain white, as web shops show them."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

_WHITE = 244
_NEAR_WHITE = 10
_LEAST_WHITE_EDGE = 0.6
_LEAST_SHARE, _MOST_SHARE = 0.02, 0.98
_PLAIN, _LEAST_LEFT = 12, 0.3


@dataclass(frozen=True, eq=False)
class Packshot:
    """A product without its background: ``image_bgr`` (H, W, 3) uint8, ``mask`` (H, W) uint8, 255 on the product."""

    image_bgr: Image
    mask: Image

    @property
    def ratio(self) -> float:
        """Width by height."""
        height, width = self.mask.shape
        return float(width / height)


def cut_out(image_bgr: Image) -> Packshot | None:
    """The product of a packshot (H, W, 3) uint8; None for any other picture.

    What is near white and hangs together with the border is background; white parts of the product stay.
    """
    edge = np.concatenate([image_bgr[0], image_bgr[-1], image_bgr[:, 0], image_bgr[:, -1]])
    if (edge.min(1) >= _WHITE).mean() < _LEAST_WHITE_EDGE:
        return None
    mask = _foreground(image_bgr)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not _LEAST_SHARE <= (mask > 0).mean() <= _MOST_SHARE:
        return None
    inside = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Packshot(image_bgr[inside], mask[inside])


def _foreground(image_bgr: Image) -> Image:
    framed = cv2.copyMakeBorder(image_bgr, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    reached = np.zeros((framed.shape[0] + 2, framed.shape[1] + 2), np.uint8)
    near = (_NEAR_WHITE,) * 3
    how = 4 | cv2.FLOODFILL_FIXED_RANGE | cv2.FLOODFILL_MASK_ONLY | (255 << 8)
    cv2.floodFill(framed, reached, (0, 0), 0, near, near, how)
    found = np.where(reached[2:-2, 2:-2] == 0, 255, 0).astype(np.uint8)
    return np.asarray(cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)


def without_margin(image_bgr: Image) -> Image:
    """The picture without a plain border around the product, where it has one."""
    corners = image_bgr[[0, 0, -1, -1], [0, -1, 0, -1]].astype(np.int32)
    if np.ptp(corners, axis=0).max() > _PLAIN:
        return image_bgr
    differs = np.abs(image_bgr.astype(np.int32) - corners.mean(0)).max(2) > _PLAIN
    rows, columns = np.flatnonzero(differs.any(1)), np.flatnonzero(differs.any(0))
    if not len(rows) or len(rows) * len(columns) < _LEAST_LEFT**2 * differs.size:
        return image_bgr
    return image_bgr[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
