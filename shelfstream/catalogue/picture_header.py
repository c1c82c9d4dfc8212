"""Reads format and size from a picture's header, without decoding it."""

import struct
from dataclasses import dataclass

_JPEG_START = b"\xff\xd8\xff"
_PNG_START = b"\x89PNG\r\n\x1a\n"
_TAIL_BYTES = 4_096
_FRAME_MARKERS = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """What a picture says of itself. ``suffix`` is ``jpg`` or ``png``."""

    suffix: str
    width_px: int
    height_px: int


def read_header(data: bytes) -> PictureHeader:
    """Format and size of a whole JPEG or PNG file. Raises ``ValueError`` for anything else and for one cut short.

    Sources: ITU-T T.81 annex B (JPEG), W3C PNG third edition §11.2.1.
    """
    if data.startswith(_PNG_START):
        return _read_png(data)
    if data.startswith(_JPEG_START):
        return _read_jpeg(data)
    raise ValueError("is neither a JPEG nor a PNG picture")


def _read_png(data: bytes) -> PictureHeader:
    if len(data) < 24 or data[12:16] != b"IHDR":
        raise ValueError("is a PNG picture without its header")
    if b"IEND" not in data[-_TAIL_BYTES:]:
        raise ValueError("is a PNG picture that is cut short")
    width_px, height_px = struct.unpack(">II", data[16:24])
    return _checked(PictureHeader("png", width_px, height_px))


def _read_jpeg(data: bytes) -> PictureHeader:
    if b"\xff\xd9" not in data[-_TAIL_BYTES:]:
        raise ValueError("is a JPEG picture that is cut short")
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:
            place += 1
        elif marker in _BARE_MARKERS:
            place += 2
        elif marker in _FRAME_MARKERS:
            height_px, width_px = struct.unpack(">HH", data[place + 5 : place + 9])
            return _checked(PictureHeader("jpg", width_px, height_px))
        else:
            place += 2 + int(struct.unpack(">H", data[place + 2 : place + 4])[0])
    raise ValueError("is a JPEG picture without its header")


def _checked(header: PictureHeader) -> PictureHeader:
    if header.width_px < 1 or header.height_px < 1:
        raise ValueError("is a picture without a size")
    return header
