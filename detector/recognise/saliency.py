"""Which parts of a picture a decision rests on: what is lost when they are hidden, one after the other.

Occlusion sensitivity (Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014): it asks any
model from outside, so that it explains exactly what runs.
"""

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.jpeg import Image

Score = Callable[[Sequence[Image]], Sequence[float]]
"""How much each of some pictures speaks for the decision."""

_GRID = 9
_HIDDEN_CELLS = 3
_OPAQUE = 0.55


def saliency_of(picture_bgr: Image, score: Score) -> NDArray[np.float32]:
    """(9, 9) how much of the score is lost while a picture (H, W, 3) is hidden around each place; 0 where it gains."""
    places = [(row, column) for row in range(_GRID) for column in range(_GRID)]
    whole, *hidden = score([picture_bgr, *_hidden(picture_bgr, places)])
    lost = np.maximum(whole - np.array(hidden, np.float32), 0)
    return np.asarray(lost.reshape(_GRID, _GRID), np.float32)


def _hidden(picture: Image, places: Sequence[tuple[int, int]]) -> Iterator[Image]:
    """Copies in which a ninth of the picture, around a place, is its mean colour, with soft edges."""
    height, width = picture.shape[:2]
    mean = picture.mean((0, 1))
    for row, column in places:
        cover = np.zeros((_GRID, _GRID), np.float32)
        half = _HIDDEN_CELLS // 2
        cover[max(0, row - half) : row + half + 1, max(0, column - half) : column + half + 1] = 1
        alpha = cv2.resize(cover, (width, height), interpolation=cv2.INTER_LINEAR)[..., None]
        yield np.asarray(picture + (mean - picture) * alpha, np.uint8)


def overlaid(picture_bgr: Image, saliency: NDArray[np.float32]) -> Image:
    """The picture (H, W, 3) with what the decision rests on in warm colours and the rest dimmed."""
    height, width = picture_bgr.shape[:2]
    share = saliency / max(float(saliency.max()), 1e-9)
    heat = np.clip(cv2.resize(share, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1)
    coloured = cv2.applyColorMap((heat * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    return np.asarray(cv2.addWeighted(picture_bgr, 1 - _OPAQUE, coloured, _OPAQUE, 0), np.uint8)
