"""Drafts a plan from what stands on a bay: rows become shelves, packs of one product side by side one place. Pure.

It is a draft: a person corrects it (``edits``) before anything is believed of it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from analytics.plan_learning.places import Boxes, Place, lasting_places
from analytics.plan_learning.rows import Row, rows_of
from analytics.plans.slot_views import through
from detector.contract import FacingKind, Facings
from shelfstream.catalogue.geometry import bay_from_picture, straightened
from shelfstream.catalogue.model import Bay, Calibration, Product, Shelf, Slot
from shelfstream.identifiers import gtin_check_digit

_SCORE_MIN, _KNOWN_MIN, _LASTS = 0.35, 0.5, 0.5
_STACKED, _ABOVE = 0.15, 0.7
"""Of a pack's height, how far above another one it may begin and still stand on it; of the narrower one's width, how
much of it must be over the other."""

_APART, _MARGIN = 0.5, 0.1
"""Of a pack's width: packs further apart than this are not one place; a place ends so much beside its last pack."""

_BOARD_MM = 20.0
_IN_STORE_PREFIX = "2"
"""GTINs that begin with 2 are for use inside a store (GS1 General Specifications §1.4.3): no product has them."""


@dataclass(frozen=True)
class DraftPlan:
    """A bay, its places from the lowest shelf up and from the left, and the products that nobody has named yet."""

    bay: Bay
    slots: tuple[Slot, ...] = ()
    unnamed: tuple[Product, ...] = ()


@dataclass(frozen=True, slots=True)
class _Column:
    """Packs above each other: where they stand, how many, and which product (0: not known)."""

    place: Place
    high: int
    gtin: int


@dataclass
class _Numbers:
    """Numbers for products that are not known yet; none that the store has already."""

    taken: set[str]
    made: list[Product] = field(default_factory=list)

    def next(self, store: str, name: str) -> str:
        """The number of one more product."""
        number = 1
        while (gtin := _in_store(number)) in self.taken:
            number += 1
        self.taken.add(gtin)
        self.made.append(Product(store=store, gtin=gtin, name=name))
        return gtin


def draft_plan(bay: Bay, calibration: Calibration, frames: Sequence[Facings], known: Sequence[str]) -> DraftPlan:
    """A plan of what lasts over some frames of a camera.

    ``bay`` gives store, name and size; its shelves are replaced. ``known`` are the GTINs that the store has. Raises
    ``ValueError`` where the calibration fixes no map, or nothing stands there.
    """
    bay_from_image = bay_from_picture(calibration)
    seen = [_on_the_bay(each, calibration, bay_from_image, bay) for each in frames]
    places = lasting_places([boxes for boxes, _ in seen], _LASTS)
    columns = _stacked([_Column(place, 1, _product_in(place, seen)) for place in places])
    rows = rows_of([column.place for column in columns], (round(bay.width_mm), round(bay.height_mm)))
    if not rows:
        raise ValueError("nothing is seen that stands on shelves")
    by_place = {id(column.place): column for column in columns}
    numbers, shelves, slots = _Numbers(set(known)), [], []
    for number, row in enumerate(rows, 1):
        shelves.append(_shelf(number, row, rows, bay))
        here = [by_place[id(spot.place)] for spot in row.spots]
        slots += list(_slots(bay, f"s{number}", here, numbers))
    return DraftPlan(bay.model_copy(update={"shelves": tuple(shelves)}), tuple(slots), tuple(numbers.made))


Seen = tuple[Boxes, np.ndarray[tuple[int, ...], np.dtype[np.int64]]]


def _on_the_bay(facings: Facings, calibration: Calibration, bay_from_image: Boxes, bay: Bay) -> Seen:
    """Boxes (N, 4) xyxy in millimetres from the bay's top left, and products as numbers, 0 where not known."""
    which = np.flatnonzero((facings.kinds == FacingKind.FACING) & (facings.scores >= _SCORE_MIN))
    left, top, right, foot = facings.boxes_xyxy[which].astype(np.float64).T
    middle = ((left + right) / 2, (top + foot) / 2)
    sides = [(left, middle[1]), (middle[0], top), (right, middle[1]), (middle[0], foot)]
    on_bay = [through(bay_from_image, straightened(calibration.lens, np.stack(side, 1))) for side in sides]
    boxes = np.stack(
        [on_bay[0][:, 0], bay.height_mm - on_bay[1][:, 1], on_bay[2][:, 0], bay.height_mm - on_bay[3][:, 1]], 1
    )
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    with np.errstate(invalid="ignore"):
        inside = ((centre > 0) & (centre < (bay.width_mm, bay.height_mm)) & (boxes[:, :2] < boxes[:, 2:])).all(1)
    return boxes[inside], facings.likely_gtins(_KNOWN_MIN)[which][inside]


def _product_in(place: Place, seen: Sequence[Seen]) -> int:
    """The product that most frames show there; 0 where they do not agree."""
    votes: Counter[int] = Counter()
    for boxes, gtins in seen:
        centre = (boxes[:, :2] + boxes[:, 2:]) / 2
        low, high = (place.left, place.top), (place.right, place.bottom)
        votes.update(gtins[((centre > low) & (centre < high)).all(1)].tolist())
    best, count = votes.most_common(1)[0] if votes else (0, 0)
    return best if count * 2 > votes.total() else 0


def _stacked(columns: Sequence[_Column]) -> list[_Column]:
    """Packs that stand on each other are one column, from the lowest up."""
    done: list[_Column] = []
    for column in sorted(columns, key=lambda each: -each.place.bottom):
        below = next((each for each in done if _stands_on(column, each)), None)
        if below is None:
            done.append(column)
        else:
            place = replace(below.place, top=column.place.top)
            done[done.index(below)] = _Column(place, below.high + 1, below.gtin or column.gtin)
    return done


def _stands_on(upper: _Column, lower: _Column) -> bool:
    if 0 not in (upper.gtin, lower.gtin) and upper.gtin != lower.gtin:
        return False
    above, below = upper.place, lower.place
    over = min(above.right, below.right) - max(above.left, below.left)
    narrower = min(above.right - above.left, below.right - below.left)
    return abs(above.bottom - below.top) < _STACKED * (above.bottom - above.top) and over > _ABOVE * narrower


def _shelf(number: int, row: Row, rows: Sequence[Row], bay: Bay) -> Shelf:
    """Up to the next board, or to the bay's top."""
    above = rows[number].foot + _BOARD_MM if number < len(rows) else 0.0
    clearance = max(row.foot - above, row.foot - row.top)
    return Shelf(id=f"s{number}", y_mm=round(max(0.0, bay.height_mm - row.foot), 1), clearance_mm=round(clearance, 1))


def _slots(bay: Bay, shelf: str, columns: Sequence[_Column], numbers: _Numbers) -> Iterator[Slot]:
    """Columns of one product side by side are one place; places meet half-way between their packs."""
    groups: list[list[_Column]] = []
    for column in columns:
        last = groups[-1][-1] if groups else None
        if last is not None and column.gtin and column.gtin == last.gtin and not _far_apart(last, column):
            groups[-1].append(column)
        else:
            groups.append([column])
    edges = [_edges(groups, number, bay.width_mm) for number in range(len(groups))]
    for number, (group, (left, right)) in enumerate(zip(groups, edges, strict=True), 1):
        gtin = _padded(group[0].gtin) if group[0].gtin else numbers.next(bay.store, f"Product {number} on {shelf}")
        yield Slot(
            store=bay.store, id=f"{bay.id}-{shelf}-{number:02d}", bay=bay.id, shelf=shelf, gtin=gtin,
            x_min_mm=left, x_max_mm=right, facings_wide=len(group), facings_high=max(each.high for each in group),
        )  # fmt: skip


def _far_apart(left: _Column, right: _Column) -> bool:
    return right.place.left - left.place.right > _APART * (left.place.right - left.place.left)


def _edges(groups: Sequence[Sequence[_Column]], number: int, width_mm: float) -> tuple[float, float]:
    first, last = groups[number][0].place, groups[number][-1].place
    reach = _MARGIN * (first.right - first.left)
    left = max(0.0, first.left - reach)
    right = min(width_mm, last.right + reach)
    if number > 0:
        left = max(left, (groups[number - 1][-1].place.right + first.left) / 2)
    if number + 1 < len(groups):
        right = min(right, (last.right + groups[number + 1][0].place.left) / 2)
    return round(left, 1), round(right, 1)


def _padded(number: int) -> str:
    return f"{number:014d}"


def _in_store(number: int) -> str:
    body = f"{_IN_STORE_PREFIX}{number:011d}"
    return f"{body}{gtin_check_digit(body)}".zfill(14)
