"""Decodes frames, and refuses what is no honest JPEG before a decoder allocates memory for it."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from shelfstream.errors import InvalidMessage
from shelfstream.picture_file import PictureHeader, whole_picture

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class JpegLimits:
    """The largest picture that is decoded."""

    max_bytes: int
    max_pixels: int


def decode_jpeg(data: bytes, limits: JpegLimits) -> Image:
    """(H, W, 3) uint8 BGR. Raises ``InvalidMessage`` for anything but a whole JPEG within the limits.

    A camera's boxes are in the pixels of its JPEG, so a note in it that says "turn me" is left alone.
    """
    return _decoded(data, limits, ("jpg",), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)


def decode_photograph(data: bytes, limits: JpegLimits) -> Image:
    """Somebody's photograph, JPEG or PNG, turned upright: (H, W, 3) uint8 BGR. Raises ``InvalidMessage`` likewise."""
    return _decoded(data, limits, ("jpg", "png"), cv2.IMREAD_COLOR)


PHOTOGRAPH_LIMITS = JpegLimits(max_bytes=32 * 1024 * 1024, max_pixels=40_000_000)
"""What a person's own picture file may be."""


def read_photograph(path: Path) -> Image:
    """A picture file, as ``decode_photograph`` gives it. Raises ``InvalidMessage``, also where it cannot be read.

    The bytes are read here: OpenCV's own reader ends the interpreter for names that are no UTF-8.
    """
    try:
        return decode_photograph(path.read_bytes(), PHOTOGRAPH_LIMITS)
    except OSError as exc:
        raise InvalidMessage(f"cannot be read: {exc.strerror}") from exc


def _decoded(data: bytes, limits: JpegLimits, suffixes: tuple[str, ...], how: int) -> Image:
    """Bytes and pixels are counted before decoding: a few kilobytes can claim to be gigabytes of picture."""
    header, alone = _guarded(data, limits, suffixes)
    try:
        image = cv2.imdecode(np.frombuffer(alone, np.uint8), how)
    except cv2.error as exc:
        raise InvalidMessage(f"the picture does not decode: {exc.err}") from exc
    if image is None:
        raise InvalidMessage("the picture does not decode")
    height_px, width_px = image.shape[:2]
    if {width_px, height_px} != {header.width_px, header.height_px}:
        raise InvalidMessage(f"the picture claims {header.width_px}×{header.height_px} px, has {width_px}×{height_px}")
    return np.asarray(image, np.uint8)


def _guarded(data: bytes, limits: JpegLimits, suffixes: tuple[str, ...]) -> tuple[PictureHeader, bytes]:
    if len(data) > limits.max_bytes:
        raise InvalidMessage(f"a picture of {len(data)} bytes; at most {limits.max_bytes} are taken")
    try:
        header, alone = whole_picture(data, limits.max_pixels)
    except ValueError as exc:
        raise InvalidMessage(f"the payload {exc}") from exc
    if header.suffix not in suffixes:
        raise InvalidMessage(f"a {header.suffix} picture; only {' and '.join(suffixes)} are taken")
    return header, alone
