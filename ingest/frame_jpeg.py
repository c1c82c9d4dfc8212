"""Makes a frame's JPEG from what a source gave. A JPEG that fits passes through unchanged."""

from dataclasses import dataclass

import cv2
import numpy as np

from ingest.sources.captured import BadPicture, BgrImage
from shelfstream.picture_file import PictureHeader, is_upright, whole_picture

PIXELS_MAX = 100_000_000
"""The largest picture that is decoded."""
_QUALITY_STEP = 15
_QUALITY_MIN = 40


@dataclass(frozen=True, slots=True)
class FrameLimits:
    """What a frame may be: longer sides are shrunk to ``side_max_px``, more bytes cost quality."""

    quality: int
    side_max_px: int
    bytes_max: int


@dataclass(frozen=True, slots=True)
class Jpeg:
    """A frame's picture as it goes on the bus."""

    data: bytes
    width_px: int
    height_px: int


def to_jpeg(picture: bytes | BgrImage, limits: FrameLimits) -> Jpeg:
    """The frame of a picture (JPEG or PNG bytes, or BGR pixels). Raises ``BadPicture``.

    A picture that says by Exif that it lies on its side is turned upright, so that everybody sees the same pixels.
    """
    if not isinstance(picture, bytes):
        return _encoded(picture, limits)
    header, alone = _guarded(picture)
    if header.suffix == "jpg" and _fits(alone, header, limits) and is_upright(alone):
        # An eighth of the size in grey: enough to see that a decoder makes something of it, and cheap.
        _decoded(alone, cv2.IMREAD_REDUCED_GRAYSCALE_8)
        return Jpeg(alone, header.width_px, header.height_px)
    return _encoded(_decoded(alone, cv2.IMREAD_COLOR), limits)


def _guarded(picture: bytes) -> tuple[PictureHeader, bytes]:
    """Header and bytes of the picture alone: a phone's video behind it shows people, and goes nowhere."""
    try:
        return whole_picture(picture, PIXELS_MAX)
    except ValueError as exc:
        raise BadPicture(f"what came {exc}") from exc


def _fits(picture: bytes, header: PictureHeader, limits: FrameLimits) -> bool:
    return max(header.width_px, header.height_px) <= limits.side_max_px and len(picture) <= limits.bytes_max


def _decoded(picture: bytes, flags: int) -> BgrImage:
    try:
        image = cv2.imdecode(np.frombuffer(picture, np.uint8), flags)
    except cv2.error as exc:
        raise BadPicture("the picture cannot be decoded") from exc
    if image is None:
        raise BadPicture("the picture cannot be decoded")
    return image.astype(np.uint8, copy=False)


def _encoded(image: BgrImage, limits: FrameLimits) -> Jpeg:
    shown = _shrunk(image, limits.side_max_px)
    for quality in range(limits.quality, min(limits.quality, _QUALITY_MIN) - 1, -_QUALITY_STEP):
        done, data = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if done and data.nbytes <= limits.bytes_max:
            return Jpeg(data.tobytes(), shown.shape[1], shown.shape[0])
    raise BadPicture(f"the picture stays over {limits.bytes_max} bytes at the lowest quality allowed")


def _shrunk(image: BgrImage, side_max_px: int) -> BgrImage:
    scale = side_max_px / max(image.shape[:2])
    if scale >= 1:
        return image
    size_wh = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
