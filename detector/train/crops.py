"""Cuts training crops out of scenes: scale, flip, light and camera faults vary, labels follow."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.manifest import KINDS

CROP_PX = 384
ALL_KINDS = frozenset(range(KINDS))
_FACING_PX = (22.0, 115.0)
_SCALE = (0.25, 2.4)
_STRETCH = 0.12
_GAP, _AT_A_GAP = 1, 0.4
_BORDER_GREY = (114, 114, 114)

Image = NDArray[np.uint8]
Boxes = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Labelled:
    """A picture with its labels.

    ``image_bgr`` (H, W, 3) uint8; ``ids`` (H, W) uint16 as ``simulator.render.instance_ids`` numbers them;
    ``boxes_xyxy`` (N, 4) float32; ``kinds`` (N,) of ``FacingKind``; ``visible`` (N,) share of the box's thing that is
    not hidden. Of the kinds that are not in ``told`` the picture may show things without labels: nothing is asked of
    the network about them.
    """

    image_bgr: Image
    ids: NDArray[np.uint16]
    boxes_xyxy: Boxes
    kinds: NDArray[np.int32]
    visible: NDArray[np.float32]
    told: frozenset[int] = ALL_KINDS


def random_crop(scene: Labelled, rng: np.random.Generator) -> Labelled:
    """A square of ``CROP_PX`` in which facings are some 22 to 115 px large."""
    scale_x, scale_y = _scales(scene, rng)
    height, width = scene.ids.shape
    aim_x, aim_y = _aim(scene, rng)
    left = _offset(rng, width, CROP_PX / scale_x, aim_x)
    top = _offset(rng, height, CROP_PX / scale_y, aim_y)
    moves = np.array([[scale_x, 0, -left * scale_x], [0, scale_y, -top * scale_y]], np.float64)
    if rng.random() < 0.5:
        moves = np.array([[-1.0, 0, CROP_PX - 1], [0, 1, 0]]) @ np.vstack([moves, [0, 0, 1]])
    boxes = _moved(scene.boxes_xyxy, moves)
    image = _softened(scene.image_bgr, min(scale_x, scale_y))
    size = (CROP_PX, CROP_PX)
    return Labelled(
        cv2.warpAffine(image, moves, size, flags=cv2.INTER_LINEAR, borderValue=_BORDER_GREY).astype(np.uint8),
        cv2.warpAffine(scene.ids, moves, size, flags=cv2.INTER_NEAREST).astype(np.uint16),
        boxes,
        scene.kinds,
        scene.visible,
        scene.told,
    )


def _scales(scene: Labelled, rng: np.random.Generator) -> tuple[float, float]:
    sides = scene.boxes_xyxy[scene.kinds == 0]
    sizes = np.sqrt((sides[:, 2] - sides[:, 0]) * (sides[:, 3] - sides[:, 1])) if len(sides) else np.array([60.0])
    wanted = np.exp(rng.uniform(*np.log(_FACING_PX)))
    scale = float(np.clip(wanted / max(float(np.median(sizes)), 8.0), *_SCALE))
    stretch = float(np.exp(rng.uniform(-_STRETCH, _STRETCH)))
    return scale * stretch, scale / stretch


def _aim(scene: Labelled, rng: np.random.Generator) -> tuple[float | None, float | None]:
    """A place that the crop must show, an empty one of some of the crops: there are few, and they matter most."""
    gaps = scene.boxes_xyxy[scene.kinds == _GAP]
    if not len(gaps) or rng.random() > _AT_A_GAP:
        return None, None
    left, top, right, bottom = gaps[int(rng.integers(len(gaps)))]
    return float(left + right) / 2, float(top + bottom) / 2


def _offset(rng: np.random.Generator, side: int, taken: float, aim: float | None) -> float:
    low, high = min(0.0, side - taken), max(0.0, side - taken)
    if aim is not None:
        low, high = max(low, aim - 0.95 * taken), min(high, aim - 0.05 * taken)
    return float(rng.uniform(min(low, high), high))


def _softened(image: Image, scale: float) -> Image:
    """Blurred before it is made smaller, as a camera's lens and chip do."""
    if scale >= 0.75:
        return image
    return cv2.GaussianBlur(image, (0, 0), 0.35 / scale).astype(np.uint8)


def _moved(boxes: Boxes, moves: NDArray[np.float64]) -> Boxes:
    xs = boxes[:, [0, 2]] * moves[0, 0] + moves[0, 2]
    ys = boxes[:, [1, 3]] * moves[1, 1] + moves[1, 2]
    return np.stack([xs.min(1), ys.min(1), xs.max(1), ys.max(1)], 1).astype(np.float32)


def vary_picture(image: Image, rng: np.random.Generator) -> Image:
    """Another exposure, white balance and camera: brightness, contrast, colour, gamma, blur, noise and JPEG."""
    pixels: NDArray[np.float32] = image.astype(np.float32)
    if rng.random() < 0.7:
        pixels *= rng.uniform(0.6, 1.5)
        pixels += rng.uniform(-25, 25)
    if rng.random() < 0.5:
        pixels *= rng.uniform(0.85, 1.18, 3)
    if rng.random() < 0.2:
        grey = pixels.mean(2, keepdims=True, dtype=np.float32)
        pixels += (grey - pixels) * rng.uniform(0, 0.7)
    if rng.random() < 0.3:
        pixels = np.asarray(255 * (pixels.clip(0, 255) / 255) ** rng.uniform(0.6, 1.6), np.float32)
    if rng.random() < 0.3:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.4, 1.3)), np.float32)
    if rng.random() < 0.3:
        pixels += rng.normal(0, rng.uniform(1, 9), pixels.shape)
    varied = pixels.clip(0, 255).astype(np.uint8)
    return _through_jpeg(varied, int(rng.integers(35, 92))) if rng.random() < 0.5 else varied


def _through_jpeg(image: Image, quality: int) -> Image:
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
