"""A packshot as a camera sees it on a shelf: small, beside others, from an angle, lit, blurred, partly hidden.

What a detector cuts out of a frame looks like these pictures; a web shop's picture does not.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from detector.recognise.composites import relit
from detector.recognise.packshot import Image, Packshot

_HEIGHT_PX = (36.0, 190.0)
_FACING_RATIO = (0.25, 3.0)
_SAME_NEIGHBOUR = 0.55
_BOX_OFF = 0.035
"""A detector's box is off by so much of a facing's side, as a standard deviation."""
_TAGGED, _HIDDEN = 0.2, 0.15
_JPEG_QUALITY = (45, 96)


class _Camera(NamedTuple):
    """How the front is seen: narrowed by looking from the side and from above, slanted, and wider at one end."""

    narrowed: float
    lowered: float
    slant: float
    keystone: float


def on_shelf(product: Packshot, neighbours: Sequence[Packshot], side_px: int, rng: np.random.Generator) -> Image:
    """One facing (side, side, 3) uint8 BGR of the product, cut out as a detector would, by chance.

    ``neighbours`` are other products of which some may stand beside it.
    """
    high = float(np.exp(rng.uniform(*np.log(_HEIGHT_PX))))
    ratio = float(np.clip(product.ratio, *_FACING_RATIO))
    size_wh = (max(8, round(high * ratio)), max(8, round(high)))
    shelf = _shelf(product, neighbours, size_wh, rng)
    seen = _seen(shelf, size_wh, _camera(rng), rng)
    _hide(seen, rng)
    lit = relit(seen.astype(np.float32), rng)
    coarse = _compressed(lit, rng)
    return np.asarray(cv2.resize(coarse, (side_px, side_px), interpolation=_how(coarse, side_px)), np.uint8)


def _how(picture: Image, side_px: int) -> int:
    return cv2.INTER_AREA if min(picture.shape[:2]) > side_px else cv2.INTER_LINEAR


def _camera(rng: np.random.Generator) -> _Camera:
    return _Camera(rng.uniform(0.6, 1.0), rng.uniform(0.85, 1.0), rng.normal(0, 0.05), rng.normal(0, 0.05))


def _shelf(
    product: Packshot, neighbours: Sequence[Packshot], size_wh: tuple[int, int], rng: np.random.Generator
) -> Image:
    """The facing in the middle of a picture three times as wide and half as high again."""
    wide, high = size_wh
    canvas = np.empty((high + 2 * (high // 4), 3 * wide, 3), np.uint8)
    canvas[:] = rng.integers(0, 120) if rng.random() < 0.7 else rng.integers(120, 240)
    canvas[high + high // 4 :] = rng.integers(90, 250, 3)
    apart = int(rng.integers(0, max(2, wide // 12)))
    _stand(canvas, _beside(product, neighbours, rng), (wide - wide - apart, high // 4), size_wh, rng)
    _stand(canvas, _beside(product, neighbours, rng), (2 * wide + apart, high // 4), size_wh, rng)
    _stand(canvas, product, (wide, high // 4), size_wh, rng)
    return canvas


def _beside(product: Packshot, neighbours: Sequence[Packshot], rng: np.random.Generator) -> Packshot | None:
    if rng.random() < _SAME_NEIGHBOUR or not neighbours:
        return product
    return None if rng.random() < 0.2 else neighbours[int(rng.integers(len(neighbours)))]


def _stand(
    canvas: Image, pack: Packshot | None, left_top: tuple[int, int], size_wh: tuple[int, int], rng: np.random.Generator
) -> None:
    if pack is None:
        return
    image, mask = (cv2.resize(each, size_wh, interpolation=cv2.INTER_AREA) for each in (pack.image_bgr, pack.mask))
    left, top = left_top
    begin, end = max(0, left), min(canvas.shape[1], left + size_wh[0])
    inside = np.s_[:, begin - left : end - left]
    under = canvas[top : top + size_wh[1], begin:end]
    cover = mask[inside][..., None].astype(np.float32) / 255
    under[:] = (under + (image[inside] * rng.uniform(0.85, 1.0) - under) * cover).astype(np.uint8)


def _seen(shelf: Image, size_wh: tuple[int, int], camera: _Camera, rng: np.random.Generator) -> Image:
    """The facing's box, which is a little off, in the camera's picture."""
    wide, high = size_wh
    top = high // 4
    front = np.array([[wide, top], [2 * wide, top], [2 * wide, top + high], [wide, top + high]], np.float32)
    across, down = wide * camera.narrowed, high * camera.lowered
    slanted, wider = camera.slant * down, camera.keystone * across
    shown = np.array(
        [
            [-wider, slanted],
            [across + wider, -slanted],
            [across - wider, down - slanted],
            [wider, down + slanted],
        ],
        np.float32,
    )
    low, size = shown.min(0), np.ptp(shown, axis=0)
    off = rng.normal(0, _BOX_OFF, 4) * [size[0], size[1], size[0], size[1]]
    left_top, right_bottom = low + off[:2], low + size + off[2:]
    out_wh = tuple(int(side) for side in np.maximum(np.round(right_bottom - left_top), 8))
    transform = cv2.getPerspectiveTransform(front, (shown - left_top).astype(np.float32))
    seen = cv2.warpPerspective(shelf, transform, out_wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.uint8)


def _hide(seen: Image, rng: np.random.Generator) -> None:
    """A price tag over the lower edge, or something else over one side."""
    height, width = seen.shape[:2]
    if rng.random() < _TAGGED:
        top, left = int(height * rng.uniform(0.78, 0.98)), int(width * rng.uniform(-0.3, 0.7))
        seen[top:, max(0, left) : left + max(2, int(width * rng.uniform(0.3, 0.8)))] = rng.integers(150, 256)
    if rng.random() < _HIDDEN:
        share = max(1, int(width * rng.uniform(0.05, 0.3)))
        seen[:, slice(None, share) if rng.random() < 0.5 else slice(-share, None)] = rng.integers(0, 256, 3)


def _compressed(picture: Image, rng: np.random.Generator) -> Image:
    quality = int(rng.integers(*_JPEG_QUALITY))
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
