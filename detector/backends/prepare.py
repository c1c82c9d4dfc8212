"""Fits a picture to the network: scaled to its working size, padded to what its strides divide."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.manifest import SIDE_MULTIPLE_PX

PAD_GREY = 114

Image = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Prepared:
    """``image_bgr`` (H, W, 3) uint8 with sides divisible by 32, and how to go back to the picture it came from."""

    image_bgr: Image
    scale_x: float
    scale_y: float

    def boxes_in_original(self, boxes_xyxy: NDArray[np.float32], size_wh: tuple[int, int]) -> NDArray[np.float32]:
        """(N, 4) boxes of the prepared picture as boxes of the original, cut at its borders."""
        boxes = boxes_xyxy / np.array([self.scale_x, self.scale_y] * 2, np.float32)
        return np.clip(boxes, 0, np.array(size_wh * 2, np.float32)).astype(np.float32)


def prepare(image_bgr: Image, work_pixels: int) -> Prepared:
    """Scale down to at most ``work_pixels``, then pad with grey to the right and below.

    Counting pixels instead of sides gives upright and wide pictures facings of one size, and the same time.
    """
    height, width = image_bgr.shape[:2]
    scale = min(1.0, math.sqrt(work_pixels / (height * width)))
    new_width, new_height = max(1, round(width * scale)), max(1, round(height * scale))
    scaled = image_bgr
    if (new_width, new_height) != (width, height):
        scaled = np.asarray(cv2.resize(image_bgr, (new_width, new_height), interpolation=cv2.INTER_AREA), np.uint8)
    below, right = -new_height % SIDE_MULTIPLE_PX, -new_width % SIDE_MULTIPLE_PX
    padded = np.pad(scaled, ((0, below), (0, right), (0, 0)), constant_values=PAD_GREY)
    return Prepared(padded, new_width / width, new_height / height)
