"""Disturbed copies of pictures, by which a classifier's robustness is measured: occlusion, blur, light, rotation."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np

from detector.jpeg import Image

Disturb = Callable[[Image, np.random.Generator], Image]

_GREY = 114


def _hidden(share: float) -> Disturb:
    """A grey rectangle of that share of the area, somewhere."""

    def disturb(picture: Image, rng: np.random.Generator) -> Image:
        height, width = picture.shape[:2]
        ratio = float(np.exp(rng.uniform(-0.7, 0.7)))
        wide, high = (min(1.0, (share * each) ** 0.5) for each in (ratio, 1 / ratio))
        w, h = max(1, round(width * wide)), max(1, round(height * high))
        left, top = int(rng.integers(width - w + 1)), int(rng.integers(height - h + 1))
        hidden = picture.copy()
        hidden[top : top + h, left : left + w] = _GREY
        return hidden

    return disturb


def _blurred(share: float) -> Disturb:
    """A Gaussian blur whose standard deviation is that share of the shorter side."""

    def disturb(picture: Image, rng: np.random.Generator) -> Image:
        del rng
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), max(0.3, share * min(picture.shape[:2]))), np.uint8)

    return disturb


def _lit(gain: float) -> Disturb:
    def disturb(picture: Image, rng: np.random.Generator) -> Image:
        del rng
        return np.asarray(np.clip(picture * gain, 0, 255), np.uint8)

    return disturb


def _turned(degrees: float) -> Disturb:
    def disturb(picture: Image, rng: np.random.Generator) -> Image:
        height, width = picture.shape[:2]
        angle = degrees if rng.random() < 0.5 else -degrees
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
        return np.asarray(cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REFLECT_101), np.uint8)

    return disturb


DISTURBANCES: Mapping[str, Disturb] = MappingProxyType(
    {
        "10 % hidden": _hidden(0.1),
        "30 % hidden": _hidden(0.3),
        "blur, 1 % of the side": _blurred(0.01),
        "blur, 3 % of the side": _blurred(0.03),
        "half the light": _lit(0.5),
        "half as much light again": _lit(1.5),
        "turned by 15°": _turned(15),
        "turned by 45°": _turned(45),
    }
)
