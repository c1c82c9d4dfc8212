"""How a reference picture is shown to the network: as a short row of facings, as it would stand on a shelf."""

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.backends.base import Backend
from detector.gallery.gallery import embeddings_at, unit
from detector.manifest import SIDE_MULTIPLE_PX
from detector.prepare import PAD_GREY

Image = NDArray[np.uint8]

_SIZES_PX = (52.0, 80.0)
"""Facings this large (root of the area) are usual in a camera's picture; the embeddings at these sizes are averaged."""
_FACINGS = 3
_SIDE_PX = (12, 320)
_PLAIN = 12
_LEAST_LEFT = 0.3


def embed_reference(image_bgr: Image, backend: Backend) -> NDArray[np.float32]:
    """(384,) unit vector of a product by one picture of its front (H, W, 3) uint8 BGR."""
    pack = without_margin(image_bgr)
    looks = np.stack([_embedded_at(pack, size_px, backend) for size_px in _SIZES_PX])
    mean: NDArray[np.float32] = unit(looks.mean(0, keepdims=True))[0]
    return mean


def _embedded_at(pack: Image, size_px: float, backend: Backend) -> NDArray[np.float32]:
    row, box = shelf_row(pack, size_px)
    maps = backend.run(row[None])
    look: NDArray[np.float32] = embeddings_at(maps.embedding[0], box[None])[0]
    return look


def shelf_row(pack: Image, size_px: float) -> tuple[Image, NDArray[np.float32]]:
    """(picture of equal facings side by side on grey, box of the middle one); sides are divisible by 32."""
    height, width = pack.shape[:2]
    scale = size_px / float(np.sqrt(height * width))
    wide, high = (int(np.clip(round(side * scale), *_SIDE_PX)) for side in (width, height))
    shown = cv2.resize(pack, (wide, high), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    step = wide + max(1, wide // 40)
    margin = high // 2
    canvas_w, canvas_h = _FACINGS * step + 2 * margin, high + 2 * margin
    canvas = np.full((_filled(canvas_h), _filled(canvas_w), 3), PAD_GREY, np.uint8)
    for place in range(_FACINGS):
        left = margin + place * step
        canvas[margin : margin + high, left : left + wide] = shown
    left = margin + (_FACINGS // 2) * step
    return canvas, np.array([left, margin, left + wide, margin + high], np.float32)


def _filled(side: int) -> int:
    return side + -side % SIDE_MULTIPLE_PX


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
