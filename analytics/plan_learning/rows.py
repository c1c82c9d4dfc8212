"""Puts places into rows, as things stand on shelves. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from analytics.plan_learning.places import Place

_STEP = 0.5
"""A foot this share of a row's usual height away from its shelf stands on another one."""

_CROSSING = 0.3
"""A row that lies for more than this share of its height within a longer one is no shelf of its own."""

_BESIDE = 0.3
"""Places may overlap for this share of the narrower one and still stand side by side."""

_LOWEST_PX = 6.0
_NARROWEST_PX = 4.0


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on its shelf: from where to where across."""

    left: float
    right: float
    place: Place


@dataclass(frozen=True, slots=True)
class Row:
    """One shelf in the picture: its foot, how high up it reaches, and what stands on it from left to right."""

    top: float
    foot: float
    spots: tuple[Spot, ...]


def rows_of(places: Sequence[Place], size_wh: tuple[int, int]) -> list[Row]:
    """Rows from the lowest in the picture up, none reaching into another; every spot holds its own place's middle.

    Shelves of a neighbouring fixture, at other heights, go with the rows of this one in which their middles lie.
    """
    rows: list[list[Place]] = []
    for group in sorted(_standing_together(places), key=lambda each: (-len(each), -_foot(each))):
        if any(_crossing(group, row) > _CROSSING for row in rows):
            for place in group:
                _join(place, rows)
        else:
            rows.append(group)
    return _fitted(sorted(rows, key=_foot, reverse=True), size_wh)


def _standing_together(places: Sequence[Place]) -> list[list[Place]]:
    groups: list[list[Place]] = []
    for place in sorted(places, key=lambda each: -each.bottom):
        group = groups[-1] if groups else []
        usual = median([_height(each) for each in group] or [0.0])
        if group and _foot(group) - place.bottom < _STEP * min(usual, _height(place)):
            group.append(place)
        else:
            groups.append([place])
    return groups


def _join(place: Place, rows: Sequence[list[Place]]) -> None:
    """Put a place into the row in which its middle lies, where there is room for it; else it is left out."""
    middle = (place.top + place.bottom) / 2
    for row in rows:
        if _top(row) <= middle < _foot(row) and all(_beside(place, other) for other in row):
            row.append(place)
            return


def _fitted(rows: Sequence[list[Place]], size_wh: tuple[int, int]) -> list[Row]:
    width, height = size_wh
    fitted = []
    for index, row in enumerate(rows):
        foot = min(float(height), _foot(row))
        above = _foot(rows[index + 1]) if index + 1 < len(rows) else 0.0
        top = max(above, _top(row), 0.0)
        spots = tuple(spot for spot in _spots(row, width) if _holds(top, foot, spot))
        if foot - top >= _LOWEST_PX and spots:
            fitted.append(Row(top, foot, spots))
    return fitted


def _spots(row: Sequence[Place], width: int) -> list[Spot]:
    """From-to of each place, parted half-way where two overlap; none begins before the one before it."""
    found: list[Spot] = []
    for place in sorted(row, key=lambda each: (each.left, each.right)):
        left, right = max(0.0, place.left), min(float(width), place.right)
        if found and left < found[-1].right:
            before = found[-1]
            left = max(left, before.left)
            middle = max(left, (left + min(before.right, right)) / 2)
            found[-1] = Spot(before.left, middle, before.place)
            left = middle
        found.append(Spot(left, max(left, right), place))
    return found


def _holds(top: float, foot: float, spot: Spot) -> bool:
    """Whether the middle of what stands there lies in the spot: else it would be missed there ever after."""
    place = spot.place
    across, upright = (place.left + place.right) / 2, (place.top + place.bottom) / 2
    wide_enough = spot.right - spot.left >= _NARROWEST_PX
    return wide_enough and spot.left < across < spot.right and top < upright < foot


def _crossing(group: Sequence[Place], row: Sequence[Place]) -> float:
    """Share of the group's height that lies within a row."""
    common = min(_foot(group), _foot(row)) - max(_top(group), _top(row))
    return common / max(1e-9, _foot(group) - _top(group))


def _beside(first: Place, second: Place) -> bool:
    common = min(first.right, second.right) - max(first.left, second.left)
    return common <= _BESIDE * min(first.right - first.left, second.right - second.left)


def _top(row: Sequence[Place]) -> float:
    """Where most of a row ends: one thing that was stacked higher does not make the shelf higher."""
    return median(each.top for each in row)


def _foot(row: Sequence[Place]) -> float:
    return median(each.bottom for each in row)


def _height(place: Place) -> float:
    return place.bottom - place.top
