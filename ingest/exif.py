"""Reads from a JPEG's Exif header whether its pixels are to be turned for showing.

Source: Exif 2.32 §4.6 (TIFF 6.0 structure), tag 0x0112.
"""

import struct

_EXIF_START = b"Exif\0\0"
_SEARCHED_BYTES = 65_536
_ORIENTATION = 0x0112
_UPRIGHT = 1
_ENTRY_BYTES = 12


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
