"""Calibration points as a person writes them: ``102, 88 -> 0, 1800`` (picture px -> bay mm)."""

import re
from collections.abc import Mapping

from shelfstream.catalogue.folder_entry import Entry

_NUMBER = r"(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)"
_ARROW = re.compile(rf"\s*{_NUMBER}[,\s]\s*{_NUMBER}\s*(?:->|→)\s*{_NUMBER}[,\s]\s*{_NUMBER}\s*")


def with_points(entry: Entry) -> Entry:
    """The camera's entry with its written points spelled out; what cannot be read is left for the model to refuse."""
    calibrations = entry.fields.get("calibrations")
    if not isinstance(calibrations, list):
        return entry
    return Entry(entry.file, {**entry.fields, "calibrations": [_spelled(each) for each in calibrations]}, entry.lines)


def point_text(image_px: tuple[float, float], bay_mm: tuple[float, float]) -> str:
    """One point pair as a person would write it."""
    x_px, y_px, x_mm, y_mm = (number_text(value) for value in (*image_px, *bay_mm))
    return f"{x_px}, {y_px} -> {x_mm}, {y_mm}"


def number_text(value: float) -> str:
    """The shortest text that reads back as the same number."""
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _spelled(calibration: object) -> object:
    if not isinstance(calibration, Mapping):
        return calibration
    points = calibration.get("points")
    if not isinstance(points, list):
        return calibration
    return {**calibration, "points": [_pair(point) for point in points]}


def _pair(point: object) -> object:
    found = _ARROW.fullmatch(point) if isinstance(point, str) else None
    if found is None:
        return point
    return {"image_px": [found[1], found[2]], "bay_mm": [found[3], found[4]]}
