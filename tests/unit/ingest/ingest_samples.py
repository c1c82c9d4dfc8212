"""Pictures, times and settings for ingest's tests."""

from datetime import UTC, datetime

import cv2
import numpy as np

from ingest.sources.base import FolderMemory, OpeningOptions
from ingest.sources.captured import BgrImage
from shelfstream.clock import Clock, SystemClock

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def image(shade: int = 120, size_wh: tuple[int, int] = (64, 48)) -> BgrImage:
    """A picture of one colour with a brighter quarter: uint8 (height, width, 3)."""
    made = np.full((size_wh[1], size_wh[0], 3), shade, dtype=np.uint8)
    made[: size_wh[1] // 2, : size_wh[0] // 2] = min(255, shade + 60)
    return made


def jpeg(shade: int = 120, size_wh: tuple[int, int] = (64, 48)) -> bytes:
    """That picture as JPEG bytes."""
    return cv2.imencode(".jpg", image(shade, size_wh))[1].tobytes()


def noise_jpeg(size_wh: tuple[int, int]) -> bytes:
    """A picture that no encoder makes small: about 1.1 bytes a pixel."""
    noise = np.random.default_rng(1).integers(0, 256, (size_wh[1], size_wh[0], 3), dtype=np.uint8)
    return cv2.imencode(".jpg", noise, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()


def png(size_wh: tuple[int, int] = (64, 48)) -> bytes:
    """That picture as PNG bytes."""
    return cv2.imencode(".png", image(120, size_wh))[1].tobytes()


def on_its_side(picture: bytes) -> bytes:
    """The JPEG with an Exif header that says: turn me by 90 degrees (orientation 6)."""
    entry = b"\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00"
    tiff = b"II*\x00\x08\x00\x00\x00" + b"\x01\x00" + entry + b"\x00\x00\x00\x00"
    body = b"Exif\0\0" + tiff
    return picture[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + picture[2:]


def opening(
    clock: Clock | None = None,
    interval_s: float = 0.05,
    bytes_max: int = 5_000_000,
    folder: FolderMemory | None = None,
) -> OpeningOptions:
    """How tests open sources."""
    return OpeningOptions(clock or SystemClock(), interval_s, 2.0, 1.0, bytes_max, folder or FolderMemory())


def decoded(picture: bytes, flags: int = cv2.IMREAD_COLOR) -> BgrImage:
    """The pixels of a picture file: uint8 (height, width, 3)."""
    pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), flags)
    assert pixels is not None
    return np.asarray(pixels, np.uint8)


def shade_of(picture: bytes | BgrImage) -> int:
    """The shade that a picture was made with, about."""
    pixels = decoded(picture) if isinstance(picture, bytes) else picture
    return int(pixels[-4, -4, 0])
