"""Turns a plan into bays, shelves, slots and products of a store.

A section of the plan becomes a bay. Positions that stand at one height with the same room above them are a shelf; what
is stacked upon others, or hangs in rows on one pegboard, is a shelf of its own above them, and what has such a stack
above it one below: every place has one product, and its front reaches as high as nothing else stands.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from shelfstream.catalogue.model import Bay, CatalogueEntity, Product, Shelf, Slot
from shelfstream.catalogue.plan_files.plan import (
    Note,
    NoteKind,
    PlanFile,
    PlanFixture,
    PlanPosition,
    PlanProduct,
    PlanSection,
    SourcePlan,
)

_ROW_MM = 15.0
"""Places whose feet are nearer than this stand at one height."""

_LEAST_MM = 5.0
_BELOW_MM = 40.0
"""How far below its board a position may be planned: boards have a thickness that some plans forget."""

_SLIVER = 0.1
_OVERLAP_MOST = 0.3
"""Of the narrower of two places: a smaller overlap is cut in the middle, a larger one is no plan."""

_TEXT_MOST = 100


@dataclass(frozen=True, slots=True)
class _Row:
    """Positions at one height that have the same room above them."""

    y_mm: float
    ceiling_mm: float
    is_peg: bool
    depth_mm: float
    positions: Sequence[PlanPosition]


def entities_of(
    file: PlanFile, plan: SourcePlan, store: str, known: frozenset[str] = frozenset()
) -> tuple[list[CatalogueEntity], list[Note]]:
    """Bays, slots and products of one plan, and what there is to say of how they came about.

    A position that is called by the id of a ``known`` slot stays it: history hangs on ids.
    """
    making = _Making(file, plan, store, known)
    return making.entities(), making.notes


def slug_of(text: str) -> str:
    """A text as an identifier: lower-case letters without their accents, digits and ``-``; empty where it has none."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")


class _Making:
    """One plan on its way into a store."""

    def __init__(self, file: PlanFile, plan: SourcePlan, store: str, known: frozenset[str]) -> None:
        self._known = known
        self._products = file.products
        self._plan = plan
        self._store = store
        self.notes: list[Note] = []

    def entities(self) -> list[CatalogueEntity]:
        """Everything that the plan says."""
        known = [position for position in self._plan.positions if self._is_usable(position)]
        sections = self._sections()
        name = slug_of(self._plan.name) or "plan"
        found: list[CatalogueEntity] = []
        for number, section in enumerate(sections, 1):
            inside = [position for position in known if _section_of(position, sections) is section]
            if inside:
                found += self._bay(name if len(sections) == 1 else f"{name[:56]}-{number}", section, inside)
        return [*found, *self._sold(dict.fromkeys(position.product for position in known))]

    def _note(self, where: str, kind: NoteKind, what: str) -> None:
        self.notes.append(Note(where, kind, what))

    def _is_usable(self, position: PlanPosition) -> bool:
        if position.product not in self._products:
            self._note(position.where, NoteKind.LEFT_OUT, f"position {position.key}: no product {position.product!r}")
            return False
        if self._width(position) < _LEAST_MM:
            self._note(position.where, NoteKind.LEFT_OUT, f"position {position.key} has no width")
            return False
        return True

    def _width(self, position: PlanPosition) -> float:
        return position.width_mm or self._products[position.product].width_mm * position.facings_wide

    def _sections(self) -> list[PlanSection]:
        plan = self._plan
        sound = sorted((each for each in plan.sections if each.width_mm > _LEAST_MM), key=lambda each: each.left_mm)
        apart = all(left.left_mm + left.width_mm <= right.left_mm + _ROW_MM for left, right in pairwise(sound))
        if len(sound) > 1 and apart:
            return sound
        if len(sound) > 1:
            self._note(plan.where, NoteKind.GUESSED, "its segments overlap: the whole plan is one bay")
        reach = max((each.left_mm + each.width_mm for each in plan.positions), default=0.0)
        return [PlanSection(0.0, max(plan.width_mm, reach))]

    def _bay(self, bay: str, section: PlanSection, positions: Sequence[PlanPosition]) -> list[CatalogueEntity]:
        tops = (each.bottom_mm + max(each.height_mm, _ROW_MM) for each in positions)
        top_mm = max(self._plan.height_mm, *tops)
        shelves: list[Shelf] = []
        slots: list[Slot] = []
        for number, row in enumerate(_rows(positions, self._plan.fixtures, top_mm), 1):
            shelves.append(_shelf(f"s{number}", row))
            slots += self._slots(f"{bay[:30]}-s{number}-", bay, f"s{number}", section.left_mm, row)
        found = Bay(
            store=self._store,
            id=bay,
            name=_text(self._plan.name),
            width_mm=round(max(section.width_mm, *(slot.x_max_mm for slot in slots)), 1),
            height_mm=round(top_mm, 1),
            shelves=tuple(shelves),
        )
        return [found, *slots]

    def _slots(self, prefix: str, bay: str, shelf: str, origin_mm: float, row: _Row) -> list[Slot]:
        """The places of one row, from left to right, none over another."""
        slots: list[Slot] = []
        for position in sorted(row.positions, key=lambda each: (each.left_mm, each.key)):
            right = position.left_mm - origin_mm + self._width(position)
            left = self._after(slots, position, max(0.0, position.left_mm - origin_mm), right)
            if left is None:
                continue
            slots.append(
                Slot(
                    store=self._store,
                    id=self._slot_id(prefix, position, slots),
                    bay=bay,
                    shelf=shelf,
                    gtin=self._products[position.product].gtin,
                    x_min_mm=round(left, 1),
                    x_max_mm=round(right, 1),
                    facings_wide=min(100, position.facings_wide),
                    facings_high=min(20, position.facings_high),
                )
            )
        return slots

    def _slot_id(self, prefix: str, position: PlanPosition, slots: Sequence[Slot]) -> str:
        """Ends in the plan's own id of the position, so that people find it there; else in where it stands."""
        key, taken = slug_of(position.key), {slot.id for slot in slots}
        if position.key in self._known and position.key not in taken:
            return position.key
        wanted = f"{prefix}{key[-24:].strip('-')}"
        return wanted if key and wanted not in taken else f"{prefix}{slug_of(position.where)}"

    def _after(self, slots: list[Slot], position: PlanPosition, left: float, right: float) -> float | None:
        """Where a place begins after those before it, the last of which may be cut; ``None`` where it lies over one."""
        if not slots or left >= slots[-1].x_max_mm:
            return left
        before = slots[-1]
        shared = before.x_max_mm - left
        if shared > _OVERLAP_MOST * min(right - left, before.x_max_mm - before.x_min_mm):
            what = f"position {position.key} lies over {before.id}: there can be only one product at a place"
            self._note(position.where, NoteKind.LEFT_OUT, what)
            return None
        if shared > 1.0:
            what = f"position {position.key} reaches {shared:.0f} mm into {before.id}: cut in the middle"
            self._note(position.where, NoteKind.GUESSED, what)
        middle = round(left + shared / 2, 1)
        slots[-1] = before.model_copy(update={"x_max_mm": middle})
        return middle

    def _sold(self, codes: Iterable[str]) -> list[Product]:
        found: dict[str, Product] = {}
        for product in (self._products[code] for code in codes):
            if product.gtin in found:
                what = f"products {found[product.gtin].name!r} and {product.name!r} have one GTIN, {product.gtin}"
                self._note("", NoteKind.GUESSED, f"{what}: they are taken for one")
            else:
                found[product.gtin] = _product(self._store, product)
        return list(found.values())


def _section_of(position: PlanPosition, sections: Sequence[PlanSection]) -> PlanSection:
    middle = position.left_mm + position.width_mm / 2
    inside = [each for each in sections if each.left_mm <= middle < each.left_mm + each.width_mm]
    return inside[0] if inside else min(sections, key=lambda each: abs(each.left_mm + each.width_mm / 2 - middle))


def _shelf(name: str, row: _Row) -> Shelf:
    y_mm = round(max(0.0, row.y_mm), 1)
    return Shelf(
        id=name,
        y_mm=y_mm,
        clearance_mm=max(1.0, round(row.ceiling_mm - y_mm, 1)),
        kind="peg" if row.is_peg else "board",
        **({"depth_mm": round(row.depth_mm, 1)} if row.depth_mm > 0 else {}),
    )


def _rows(positions: Sequence[PlanPosition], fixtures: Sequence[PlanFixture], top_mm: float) -> list[_Row]:
    """Positions by the height of their feet, from the floor upwards, and by the room above them."""
    ordered = sorted(positions, key=lambda each: each.bottom_mm)
    rows: list[_Row] = []
    for level in _in_steps([(each.bottom_mm, each) for each in ordered]):
        ceilings = [(_ceiling(each, ordered, fixtures, top_mm), each) for each in level]
        height_of = {id(each): height for height, each in ceilings}
        rows += [
            _row(members, fixtures, min(height_of[id(each)] for each in members))
            for members in _in_steps(sorted(ceilings, key=lambda placed: placed[0]))
        ]
    return rows


def _in_steps(placed: Sequence[tuple[float, PlanPosition]]) -> list[list[PlanPosition]]:
    """Positions in groups of nearly one height, from heights that rise."""
    groups: list[list[PlanPosition]] = []
    begins = 0.0
    for height, position in placed:
        if not groups or height - begins >= _ROW_MM:
            groups.append([])
            begins = height
        groups[-1].append(position)
    return groups


def _ceiling(
    position: PlanPosition, ordered: Sequence[PlanPosition], fixtures: Sequence[PlanFixture], top_mm: float
) -> float:
    """Where the lowest thing above a position is: a board, or what stands upon it. ``ordered``: from the floor up."""
    above = position.bottom_mm + _ROW_MM
    begin = bisect_left(ordered, above, key=lambda each: each.bottom_mm)
    higher = (ordered[place] for place in range(begin, len(ordered)))
    foot_mm = next((each.bottom_mm for each in higher if _shares(position, each)), top_mm)
    boards = [each.top_mm for each in fixtures if not each.is_peg and each.top_mm >= above and _over(position, each)]
    return min([foot_mm, *boards, top_mm])


def _row(members: Sequence[PlanPosition], fixtures: Sequence[PlanFixture], ceiling_mm: float) -> _Row:
    bottom = min(each.bottom_mm for each in members)
    below = [
        fixture
        for fixture in fixtures
        if fixture.top_mm <= bottom + _BELOW_MM and any(_over(position, fixture) for position in members)
    ]
    board = max(below, key=lambda fixture: fixture.top_mm, default=None)
    return _Row(
        bottom, ceiling_mm, board is not None and board.is_peg, board.depth_mm if board else 0.0, tuple(members)
    )


def _shares(position: PlanPosition, other: PlanPosition) -> bool:
    """Whether one stands over the other by more than a sliver of its width."""
    right, other_right = position.left_mm + position.width_mm, other.left_mm + other.width_mm
    shared = min(right, other_right) - max(position.left_mm, other.left_mm)
    return shared > _SLIVER * min(position.width_mm, other.width_mm)


def _over(position: PlanPosition, fixture: PlanFixture) -> bool:
    right, fixture_right = position.left_mm + position.width_mm, fixture.left_mm + fixture.width_mm
    return position.left_mm < fixture_right and fixture.left_mm < right


def _product(store: str, product: PlanProduct) -> Product:
    sizes = {"width_mm": product.width_mm, "height_mm": product.height_mm, "depth_mm": product.depth_mm}
    return Product.model_validate(
        {
            "store": store,
            "gtin": product.gtin,
            "name": _text(product.name) or product.gtin,
            "brand": _text(product.brand),
            "category": _text(product.category),
            "pack_size": _text(product.pack_size),
            **{name: round(size, 1) for name, size in sizes.items() if size >= 1.0},
        }
    )


def _text(text: str) -> str:
    """A name in one printable line."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:_TEXT_MOST].strip()
