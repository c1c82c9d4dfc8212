"""A packshot as it might look in a store: alone, in rows or in a heap, turned, lit and blurred, before anything.

A photograph of a shelf and a web shop's picture of the same product lie far apart for a network; these pictures lie
between them.
"""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.recognise.packshot import Image, Packshot

_Canvas = NDArray[np.float32]

_SHARES = (0.5, 0.25, 0.25)


class _Place(NamedTuple):
    """Where a product is put: its middle, its longer side, how it is turned, how far its corners are moved off."""

    x_px: float
    y_px: float
    longer_px: float
    turn_deg: float
    tilt: float


_Arrangement = Callable[[_Canvas, Packshot, np.random.Generator], None]


def composite(product: Packshot, side_px: int, rng: np.random.Generator) -> Image:
    """One picture (side, side, 3) uint8 BGR of the product by chance."""
    canvas = _background(side_px, rng)
    _ARRANGEMENTS[int(rng.choice(len(_ARRANGEMENTS), p=_SHARES))](canvas, product, rng)
    return relit(canvas, rng)


def _alone(canvas: _Canvas, product: Packshot, rng: np.random.Generator) -> None:
    side = canvas.shape[0]
    x, y = side * rng.uniform(0.35, 0.65, 2)
    _paste(canvas, product, _Place(x, y, side * rng.uniform(0.5, 1.25), rng.normal(0, 15), 0.08), rng)


def _rows(canvas: _Canvas, product: Packshot, rng: np.random.Generator) -> None:
    side = canvas.shape[0]
    canvas *= 0.4
    longer = side * rng.uniform(0.35, 0.95)
    width, height = longer * min(1.0, product.ratio), longer * min(1.0, 1 / product.ratio)
    step, rise, turn = width * rng.uniform(0.92, 1.1), height * rng.uniform(1.05, 1.35), rng.normal(0, 4)
    for y in np.arange(rng.uniform(-rise, 0), side + rise, rise):
        for x in np.arange(rng.uniform(-step, 0), side + step, step):
            _paste(canvas, product, _Place(x, y, longer * rng.uniform(0.97, 1.03), turn, 0.02), rng)


def _heap(canvas: _Canvas, product: Packshot, rng: np.random.Generator) -> None:
    side = canvas.shape[0]
    canvas *= 0.5
    longer = side * rng.uniform(0.2, 0.6)
    spread = float(rng.choice([20.0, 90.0, 180.0]))
    for _ in range(int(2.2 * (side / longer) ** 2) + 2):
        x, y = rng.uniform(0, side, 2)
        place = _Place(x, y, longer * rng.uniform(0.8, 1.2), rng.uniform(-spread, spread), 0.08)
        _paste(canvas, product, place, rng)


_ARRANGEMENTS: tuple[_Arrangement, ...] = (_alone, _rows, _heap)


def _background(side: int, rng: np.random.Generator) -> _Canvas:
    """Soft patches and blurred boxes in quiet colours."""
    cells = int(rng.choice([2, 4, 8, 16]))
    grey, tint = rng.uniform(0, 180), rng.normal(0, 25, 3)
    field = grey + tint + rng.normal(0, rng.uniform(10, 70), (cells, cells, 1)) + rng.normal(0, 12, (cells, cells, 3))
    how = cv2.INTER_CUBIC if rng.random() < 0.75 else cv2.INTER_NEAREST
    canvas = cv2.resize(np.clip(field, 0, 255).astype(np.float32), (side, side), interpolation=how)
    for _ in range(int(rng.integers(0, 12))):
        left, top = (int(edge) for edge in rng.integers(0, side, 2))
        right, bottom = (int(edge) for edge in np.add((left, top), rng.integers(side // 50 + 1, side // 3 + 2, 2)))
        canvas[top:bottom, left:right] = rng.integers(0, 256, 3)
    return np.asarray(cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.5, 5)), np.float32)


def _paste(canvas: _Canvas, product: Packshot, place: _Place, rng: np.random.Generator) -> None:
    """Put the product down, lit by chance and with a soft shadow around it; only the pixels near it are touched."""
    side = canvas.shape[0]
    shown, mask = _shrunk(product, place.longer_px)
    corners = _corners(mask.shape, place, rng)
    reach = side * 0.06
    left, top = (int(edge) for edge in np.clip(corners.min(0) - reach, 0, side))
    right, bottom = (int(edge) for edge in np.clip(corners.max(0) + reach, 0, side))
    if right <= left or bottom <= top:
        return
    transform = cv2.getPerspectiveTransform(_outline(mask.shape), corners - np.array([left, top], np.float32))
    size_wh = (right - left, bottom - top)
    image = cv2.warpPerspective(shown, transform, size_wh).astype(np.float32)
    cover = cv2.warpPerspective(mask, transform, size_wh).astype(np.float32) / 255
    under = canvas[top:bottom, left:right]
    under *= 1 - 0.5 * cv2.GaussianBlur(cover, (0, 0), side * 0.02)[..., None]
    under += (np.minimum(image * rng.uniform(0.7, 1.1), 255) - under) * cover[..., None]


def _shrunk(product: Packshot, longer_px: float) -> tuple[Image, Image]:
    """Image and mask no larger than they will be shown, so that warping leaves no jagged prints."""
    height, width = product.mask.shape
    scale = min(1.0, longer_px / max(height, width))
    size_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    image, mask = (
        cv2.resize(each, size_wh, interpolation=cv2.INTER_AREA) for each in (product.image_bgr, product.mask)
    )
    return np.asarray(image, np.uint8), np.asarray(mask, np.uint8)


def _corners(size_hw: tuple[int, ...], place: _Place, rng: np.random.Generator) -> NDArray[np.float32]:
    """(4, 2) px where the product's corners come to lie, clockwise from its upper left one."""
    high, wide = size_hw
    turn = np.deg2rad(place.turn_deg)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    grown = (_outline(size_hw) - [wide / 2, high / 2]) * (place.longer_px / max(wide, high))
    moved = (grown + rng.uniform(-1, 1, (4, 2)) * place.tilt * place.longer_px) @ rotation
    return np.asarray(moved + np.array([place.x_px, place.y_px]), np.float32)


def _outline(size_hw: tuple[int, ...]) -> NDArray[np.float32]:
    high, wide = size_hw
    return np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)


def relit(picture: NDArray[np.float32], rng: np.random.Generator) -> Image:
    """The picture (H, W, 3) in other light: brightness, warmth, contrast, a slope, blur and noise by chance."""
    height, width = picture.shape[:2]
    warmth = rng.uniform(-0.18, 0.18)
    gains = rng.uniform(0.55, 1.25) * (1 + np.array([-warmth, rng.uniform(-0.05, 0.05), warmth]))
    down, across = np.mgrid[-0.5 : 0.5 : height * 1j, -0.5 : 0.5 : width * 1j]
    slope = 1 + rng.uniform(-0.5, 0.5) * across + rng.uniform(-0.5, 0.5) * down
    lit = (picture * gains * slope[..., None]).astype(np.float32)
    mean = lit.mean()
    lit = np.clip((lit - mean) * rng.uniform(0.7, 1.2) + mean, 0, 255).astype(np.float32)
    if rng.random() < 0.7:
        lit = cv2.GaussianBlur(lit, (0, 0), rng.uniform(0.4, 2.2) * width / 256)
    lit = lit + rng.normal(0, rng.uniform(0.5, 8), lit.shape)
    return np.asarray(np.clip(lit, 0, 255), np.uint8)
