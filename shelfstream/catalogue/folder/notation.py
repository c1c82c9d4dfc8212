"""What a person writes for opening hours and for calibration points.

``mon-fri: 08:00-12:30, 14:00-20:00``, ``daily: 00:00-24:00``; ``102, 88 -> 0, 1800`` (picture px -> bay mm).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from shelfstream.catalogue.finding import FieldPath
from shelfstream.catalogue.folder.entry import Entry, FolderFinding, path_text
from shelfstream.catalogue.model import WEEKDAYS, OpeningHours, Weekday

HoursField = Literal["hours", "quiet"]
ROUTES = "routes"

_CLOSED = "closed"
_DASHES = re.compile(r"\s*[-–—]\s*")
_STRETCH = re.compile(r"(\d{1,2}:\d{2})-(\d{1,2}:\d{2})")

_NUMBER = r"(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)"
_ARROW = re.compile(rf"\s*{_NUMBER}[,\s]\s*{_NUMBER}\s*(?:->|→)\s*{_NUMBER}[,\s]\s*{_NUMBER}\s*")


def with_hours(entry: Entry, field: HoursField) -> tuple[Entry, list[FolderFinding]]:
    """The store's entry with its hours (or quiet hours) spelled out by weekday, as the model has them."""
    written = entry.fields.get(field)
    if written is None:
        return entry, []
    hours, lines, findings = _by_weekday(entry, (field,), written)
    return Entry(entry.file, {**entry.fields, field: hours}, {**entry.lines, **lines}), findings


def with_shifts(entry: Entry) -> tuple[Entry, list[FolderFinding]]:
    """The store's entry with the hours of its routes spelled out in the same way."""
    routes = entry.fields.get(ROUTES)
    if not isinstance(routes, list):
        return entry, []
    spelled: list[object] = []
    lines: dict[FieldPath, int] = dict(entry.lines)
    findings: list[FolderFinding] = []
    for place, route in enumerate(routes):
        if isinstance(route, Mapping) and "hours" in route:
            hours, of_hours, wrong = _by_weekday(entry, (ROUTES, place, "hours"), route["hours"])
            lines |= of_hours
            findings += wrong
            spelled.append({**route, "hours": hours})
        else:
            spelled.append(route)
    return Entry(entry.file, {**entry.fields, ROUTES: spelled}, lines), findings


def _by_weekday(
    entry: Entry, field: FieldPath, written: object
) -> tuple[object, dict[FieldPath, int], list[FolderFinding]]:
    """Written hours by weekday, the line of each, and what is wrong with them."""
    name = path_text(field)
    if not isinstance(written, Mapping):
        example = f"{name}: write one line per weekday, such as 'mon-fri: 08:00-20:00'"
        return written, {}, [entry.finding(field, example)]
    hours: dict[str, list[dict[str, str]]] = {}
    lines: dict[FieldPath, int] = {}
    findings: list[FolderFinding] = []
    for days, stretches in written.items():
        path: FieldPath = (*field, days)
        try:
            named, spelled = _weekdays(days), _stretches(str(stretches))
        except ValueError as exc:
            findings.append(entry.finding(path, f"{name}: {exc}"))
            continue
        for day in named:
            if day in hours:
                findings.append(entry.finding(path, f"{name}: {day} is given twice"))
            hours[day] = spelled
            lines[*field, day] = entry.line_of(path)
    return hours, lines, findings


def hours_text(hours: Mapping[Weekday, Sequence[OpeningHours]]) -> dict[str, str]:
    """Hours as a person would write them, weekdays in a row with equal hours taken together."""
    runs: list[tuple[list[Weekday], str]] = []
    for day in WEEKDAYS:
        if day not in hours:
            continue
        text = ", ".join(_stretch_text(stretch) for stretch in hours[day]) or _CLOSED
        follows = runs and runs[-1][1] == text and WEEKDAYS.index(runs[-1][0][-1]) == WEEKDAYS.index(day) - 1
        if follows:
            runs[-1][0].append(day)
        else:
            runs.append(([day], text))
    return {days[0] if len(days) == 1 else f"{days[0]}-{days[-1]}": text for days, text in runs}


def _stretch_text(stretch: OpeningHours) -> str:
    return f"{stretch.opens}-{stretch.closes}"


def _weekdays(text: str) -> list[Weekday]:
    if text.strip().lower() == "daily":
        return list(WEEKDAYS)
    days: list[Weekday] = []
    for part in text.lower().split(","):
        first, *rest = [_weekday(name) for name in _DASHES.split(part.strip())]
        last = rest[0] if rest else first
        if len(rest) > 1 or WEEKDAYS.index(first) > WEEKDAYS.index(last):
            raise ValueError(f"{text!r} is no run of weekdays; write mon-fri, or name them: sat, sun")
        days.extend(WEEKDAYS[WEEKDAYS.index(first) : WEEKDAYS.index(last) + 1])
    return days


def _weekday(name: str) -> Weekday:
    for day in WEEKDAYS:
        if name.strip() == day:
            return day
    raise ValueError(f"{name.strip()!r} is no weekday; write mon, tue, wed, thu, fri, sat, sun or daily")


def _stretches(written: str) -> list[dict[str, str]]:
    if written.strip().lower() == _CLOSED:
        return []
    stretches = []
    for part in written.split(","):
        found = _STRETCH.fullmatch(_DASHES.sub("-", part.strip()))
        if found is None:
            raise ValueError(f"{part.strip()!r} is no stretch of hours; write 08:00-20:00, or closed")
        if found[2] in ("00:00", "0:00"):
            raise ValueError(f"{part.strip()!r} ends before it begins; midnight at the end of a day is 24:00")
        stretches.append({"opens": found[1].zfill(5), "closes": found[2].zfill(5)})
    return stretches


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
