"""The one guard before every decoder: what a picture file says of itself, and whether all of it is there.

Reads from a JPEG's Exif header whether its pixels are to be turned for showing.

Source: Exif 2.32 §4.6 (TIFF 6.0 structure), tag 0x0112.
"""

import re
import struct
from dataclasses import dataclass

import simplejpeg

_JPEG_START = b"\xff\xd8\xff"
_JPEG_END = b"\xff\xd9"
_PNG_START = b"\x89PNG\r\n\x1a\n"
_FRAME_MARKERS = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})
_SCAN, _END, _PROGRESSIVE = 0xDA, 0xD9, 0xC2
# What may follow a scan: tables, further scans, comments and applications' own segments.
_AFTER_SCAN = frozenset({0xC4, _SCAN, 0xDB, 0xDC, 0xDD, 0xFE, *range(0xE0, 0xF0)})
# In a scan's own data an FF byte is followed by 00 or by a restart marker.
_SCAN_LEAVES = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
# Phones put the video of a motion photo behind the picture; its first box is "ftyp", after four bytes of size.
_VIDEO = re.compile(rb"....ftyp", re.DOTALL)
# What the decoder says where data end before the pixels do; the second one where restart markers divide the data.
_CUT_SHORT = re.compile("premature end|found marker 0xd9 instead of rst", re.IGNORECASE)
_TOLD_CUT = "is a JPEG picture that is cut short"
_COLOURS = {"Gray": "GRAY", "CMYK": "CMYK", "YCCK": "CMYK"}
_SHRINK = 8
_SEQUENTIAL = frozenset({0xC0, 0xC1})
# Even a block of 8×8 equal pixels takes two Huffman codes of a bit or more: its shade and its end.
_PIXELS_A_BYTE_MAX = 256

_EXIF_START = b"Exif\0\0"
_SEARCHED_BYTES = 65_536
_ORIENTATION = 0x0112
_UPRIGHT = 1
_ENTRY_BYTES = 12


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """What a picture says of itself. ``suffix`` is ``jpg`` or ``png``."""

    suffix: str
    width_px: int
    height_px: int

    @property
    def pixels(self) -> int:
        """How many it claims to have."""
        return self.width_px * self.height_px


def read_header(data: bytes) -> PictureHeader:
    """Format and size that a JPEG or PNG file claims. Raises ``ValueError`` for anything else.

    Sources: ITU-T T.81 annex B (JPEG), W3C PNG third edition §11.2.1.
    """
    if data.startswith(_PNG_START):
        if len(data) < 24 or data[12:16] != b"IHDR":
            raise ValueError("is a PNG picture without its header")
        return _checked(PictureHeader("png", *struct.unpack(">II", data[16:24])))
    if not data.startswith(_JPEG_START):
        raise ValueError("is neither a JPEG nor a PNG picture")
    for marker, place, _ in _segments(data):
        if marker in _FRAME_MARKERS and place + 9 <= len(data):
            height_px, width_px = struct.unpack(">HH", data[place + 5 : place + 9])
            return _checked(PictureHeader("jpg", width_px, height_px))
    raise ValueError("is a JPEG picture without its header")


def whole_picture(data: bytes, pixels_max: int) -> tuple[PictureHeader, bytes]:
    """The header, and the picture alone: what stands behind its end (a phone's video, padding) is cut off.

    A JPEG is decoded at an eighth of its size, so one that was cut and closed again is seen as well; nothing is decoded
    that claims more than ``pixels_max``. Raises ``ValueError`` with the end of a sentence.
    """
    header = read_header(data)
    if header.pixels > pixels_max:
        size = f"{header.width_px}×{header.height_px}"
        raise ValueError(f"is too large: it claims {size} pixels, at most {pixels_max} are taken")
    if header.suffix == "png":
        return header, data[: _png_end(data)]
    alone = _jpeg_alone(data)
    if _lacks_pixels(alone, header):
        raise ValueError(_TOLD_CUT)
    return header, alone


def is_whole(data: bytes, pixels_max: int) -> bool:
    """Whether ``whole_picture`` would take it."""
    try:
        whole_picture(data, pixels_max)
    except ValueError:
        return False
    return True


def _segments(data: bytes, place: int = 2) -> list[tuple[int, int, int]]:
    """(marker, where it stands, where the next one does) of a JPEG's segments, up to its first scan or what is none."""
    found = []
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        follows = place + 2
        if marker not in _BARE_MARKERS and marker != _END:
            follows += int(struct.unpack(">H", data[place + 2 : place + 4])[0])
        found.append((marker, place, follows))
        if marker in (_SCAN, _END):
            break
        place = follows
    return found


def _jpeg_alone(data: bytes) -> bytes:
    """The JPEG up to its end marker; where it has none, up to what is no part of it, with the marker that it lacks."""
    place, scanned_from = 2, 0
    while (segments := _segments(data, place)) and segments[-1][0] == _SCAN:
        scanned_from = _scan_data(data, *segments[-1][1:])
        leaves = _SCAN_LEAVES.search(data, scanned_from)
        place = len(data) if leaves is None else leaves.start()
        if data[place : place + 2] == _JPEG_END and place > scanned_from:
            return data[: place + 2]
        if leaves is None or data[place + 1] not in _AFTER_SCAN:
            break
    # A progressive one that ends between two scans is a whole, coarser picture: only its end marker tells.
    video = _VIDEO.search(data)
    alone = data[: min(place, video.start() if video else place)].rstrip(b"\0")
    progressive = any(marker == _PROGRESSIVE for marker, _, _ in _segments(data))
    if progressive or not scanned_from or len(alone) <= scanned_from:
        raise ValueError(_TOLD_CUT)
    return alone + _JPEG_END


def _scan_data(data: bytes, header: int, begins: int) -> int:
    """Where a scan's data begin. Raises ``ValueError`` where its header is not whole (ITU-T T.81 B.2.3)."""
    components = data[header + 4] if header + 4 < len(data) else 0
    if not 1 <= components <= 4 or begins != header + 8 + 2 * components:
        raise ValueError(_TOLD_CUT)
    return begins


def _lacks_pixels(jpeg: bytes, header: PictureHeader) -> bool:
    segments = _segments(jpeg)
    sequential = any(marker in _SEQUENTIAL for marker, _, _ in segments)
    if sequential and len(jpeg) - segments[-1][2] < header.pixels // _PIXELS_A_BYTE_MAX:
        return True
    try:
        colours = _COLOURS.get(simplejpeg.decode_jpeg_header(jpeg)[2], "GRAY")
        least = {"min_height": header.height_px // _SHRINK, "min_width": header.width_px // _SHRINK}
        simplejpeg.decode_jpeg(jpeg, colorspace=colours, fastdct=True, strict=True, **least)
    except ValueError as exc:
        # Of all that the decoder complains of, only this says that pixels are missing; the rest browsers show as well.
        return _CUT_SHORT.search(str(exc)) is not None
    return False


def _png_end(data: bytes) -> int:
    place = len(_PNG_START)
    while place + 12 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        kind, place = data[place + 4 : place + 8], place + 12 + length
        if kind == b"IEND" and place <= len(data):
            return place
    raise ValueError("is a PNG picture that is cut short")


def _checked(header: PictureHeader) -> PictureHeader:
    if header.width_px < 1 or header.height_px < 1:
        raise ValueError("is a picture without a size")
    return header


def is_upright(jpeg: bytes) -> bool:
    """Whether the pixels stand as they are to be shown. A header that cannot be read turns nothing."""
    start = jpeg.find(_EXIF_START, 0, _SEARCHED_BYTES)
    if start < 0:
        return True
    try:
        return _orientation(jpeg[start + len(_EXIF_START) : start + _SEARCHED_BYTES]) in {0, _UPRIGHT}
    except struct.error:
        return True


def _orientation(tiff: bytes) -> int:
    order = "<" if tiff[:2] == b"II" else ">"
    (first,) = struct.unpack_from(f"{order}I", tiff, 4)
    (count,) = struct.unpack_from(f"{order}H", tiff, first)
    for index in range(count):
        tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + index * _ENTRY_BYTES)
        if tag == _ORIENTATION:
            return int(value)
    return _UPRIGHT
