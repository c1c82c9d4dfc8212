"""Reads plans out of tables: a row for each position, columns under whatever names a program or a person gave them.

Which column holds what is guessed from its name and can be said. A plan needs to say which product stands where: either
by lengths from the left and from the floor, or by the number of the shelf and the order on it, from which places follow
by the widths and heights of the products.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from shelfstream.catalogue.plan_files.gtins import gtin_of
from shelfstream.catalogue.plan_files.lengths import MM_PER_UNIT, guessed_unit, number_of, unit_named
from shelfstream.catalogue.plan_files.plan import (
    Note,
    NoteKind,
    PlanFile,
    PlanFixture,
    PlanPosition,
    PlanProduct,
    SourcePlan,
)

Row = tuple[int, Sequence[str]]
"""The line or row of the file, and its cells."""

NAMES: Mapping[str, tuple[str, ...]] = {
    "bay": ("bay", "planogram", "plan", "section", "bay id", "planogram name", "planogram id", "pog", "gondola"),
    "shelf": ("shelf", "shelf number", "shelf no", "fixture", "fixture id", "fixture name", "tray", "notch", "level"),
    "position": (
        "position",
        "slot",
        "id",
        "position id",
        "slot id",
        "location",
        "location id",
        "sequence",
        "pos",
        "seq",
    ),
    "gtin": (
        "gtin",
        "upc",
        "ean",
        "barcode",
        "product id",
        "sku",
        "item",
        "article",
        "item number",
        "ean13",
        "product",
    ),
    "name": ("name", "description", "product name", "product description", "item name", "title", "bezeichnung"),
    "brand": ("brand", "manufacturer", "marke"),
    "category": ("category", "department", "subcategory", "kategorie"),
    "left": ("x", "left", "x min", "position x", "offset", "x position", "x start", "start"),
    "bottom": ("y", "bottom", "position y", "shelf height", "y position", "height above floor"),
    "right": ("right", "x max", "x end", "end"),
    "width": ("width", "w", "product width", "unit width", "breite"),
    "height": ("height", "h", "product height", "unit height", "hoehe", "höhe"),
    "depth": ("depth", "d", "product depth", "unit depth", "tiefe"),
    "facings": ("facings", "facings wide", "hfacings", "horizontal facings", "h facings", "facing", "fronts"),
    "high": ("facings high", "vfacings", "vertical facings", "v facings", "stack", "stacked", "high", "units high"),
}
"""What a plan can say of a position, and under which names files do, the likeliest first."""

_LENGTHS = ("left", "bottom", "right", "width", "height", "depth")
_ROWS_MAX = 200_000
_AIR_MM, _USUAL_PACK_MM, _FIRST_SHELF_MM = 60.0, 200.0, 100.0
"""Where no heights are planned: room above the tallest product, its height if unknown, the lowest board."""

_NOT_WORDS = re.compile(r"[^a-z0-9äöüß]+")


@dataclass(frozen=True, slots=True)
class TableChoices:
    """What a person said about a table: columns by what they hold, the unit of lengths, and which shelf is number 1."""

    columns: Mapping[str, str]
    unit: str | None = None
    top_shelf_first: bool = False


def read_plan_table(rows: Iterable[Row], choices: TableChoices) -> PlanFile:
    """What a table says; its first row names the columns."""
    found = PlanFile()
    filled = [(line, [cell.strip() for cell in cells]) for line, cells in rows if any(cell.strip() for cell in cells)]
    if not filled:
        found.notes.append(Note("", NoteKind.FAULT, "is empty: its first line must name the columns"))
    elif len(filled) > _ROWS_MAX:
        found.notes.append(Note("", NoteKind.FAULT, f"has {len(filled)} rows; at most {_ROWS_MAX} are read"))
    else:
        columns = _columns(filled[0][1], choices.columns, found)
        if not any(note.kind is NoteKind.FAULT for note in found.notes):
            _Reading(filled[0][1], columns, choices, found).rows(filled[1:])
    return found


def _columns(header: Sequence[str], said: Mapping[str, str], found: PlanFile) -> dict[str, int]:
    """Which column holds what, said or guessed, with a note of what was guessed and faults of what is wrong."""
    plain = [_plain(name) for name in header]
    columns: dict[str, int] = {}
    for what, name in said.items():
        if what not in NAMES:
            found.notes.append(
                Note("", NoteKind.FAULT, f"{what!r} is nothing that a plan says; it says {', '.join(NAMES)}")
            )
        elif name not in header:
            found.notes.append(
                Note("line 1", NoteKind.FAULT, f"there is no column {name!r}; there are {_quoted(header)}")
            )
        else:
            columns[what] = list(header).index(name)
    guessed = {
        what: place for what in NAMES if what not in said and (place := _guess(what, plain, columns)) is not None
    }
    columns |= guessed
    for what, place in guessed.items():
        if _plain(header[place]) != what:
            found.notes.append(Note("line 1", NoteKind.GUESSED, f"{header[place]!r} is taken for {what}"))
    unused = [name for place, name in enumerate(header) if name and place not in columns.values()]
    if unused:
        found.notes.append(Note("line 1", NoteKind.LEFT_OUT, f"columns that nothing here needs: {_quoted(unused)}"))
    if "gtin" not in columns and "name" not in columns:
        what = f"no column says which product stands there; say which: --column gtin=NAME (there are {_quoted(header)})"
        found.notes.append(Note("line 1", NoteKind.FAULT, what))
    if "shelf" not in columns and "bottom" not in columns:
        what = f"no column says on which shelf; say which: --column shelf=NAME (there are {_quoted(header)})"
        found.notes.append(Note("line 1", NoteKind.FAULT, what))
    return columns


def _plain(name: str) -> str:
    """A column's name in lower-case words without its unit."""
    words = _NOT_WORDS.sub(" ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()).split()
    return " ".join(words[:-1] if unit_named(name) and len(words) > 1 else words)


def _guess(what: str, plain: Sequence[str], taken: Mapping[str, int]) -> int | None:
    free = {name: place for place, name in reversed(list(enumerate(plain))) if place not in taken.values()}
    return next((free[name] for name in NAMES[what] if name in free), None)


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(repr(name[:40]) for name in names[:40])


@dataclass(frozen=True, slots=True)
class _Line:
    """A row with what its cells say, lengths in mm."""

    line: int
    texts: Mapping[str, str]
    lengths: Mapping[str, float]

    @property
    def where(self) -> str:
        return f"line {self.line}"

    def count(self, name: str) -> int:
        return max(1, round(number_of(self.texts.get(name, "")) or 1))


class _Reading:
    """A table's rows on their way into plans."""

    def __init__(
        self, header: Sequence[str], columns: Mapping[str, int], choices: TableChoices, found: PlanFile
    ) -> None:
        self._columns, self._choices, self._found = columns, choices, found
        self._units = {what: unit_named(header[columns[what]]) for what in _LENGTHS if what in columns}

    def rows(self, rows: Sequence[Row]) -> None:
        """Adds all plans that the rows belong to, one for each bay that they name."""
        scale = self._scale(rows)
        lines = [line for row in rows if (line := self._line(row, scale)) is not None]
        by_bay: dict[str, list[_Line]] = {}
        for line in lines:
            by_bay.setdefault(line.texts.get("bay", ""), []).append(line)
        for bay, of_bay in by_bay.items():
            self._found.plans.append(self._plan(bay or "plan", of_bay))
        if not self._found.plans:
            self._found.notes.append(Note("", NoteKind.FAULT, "holds no position"))

    def _cells(self, row: Row) -> dict[str, str]:
        return {what: row[1][place].strip() for what, place in self._columns.items() if place < len(row[1])}

    def _scale(self, rows: Sequence[Row]) -> float:
        """Millimetres in a unit of a column whose name says none."""
        if self._choices.unit is not None:
            return MM_PER_UNIT[self._choices.unit]
        if all(self._units.values()):
            return 1.0
        cells = [self._cells(row) for row in rows]
        heights, widths = ([number_of(each.get(name, "")) or 0.0 for each in cells] for name in ("height", "width"))
        unit = guessed_unit(heights, widths) if any(heights) or any(widths) else "mm"
        what = f"lengths are taken for {unit} by the sizes of the products; --unit says otherwise"
        self._found.notes.append(Note("", NoteKind.GUESSED, what))
        return MM_PER_UNIT[unit]

    def _line(self, row: Row, scale: float) -> _Line | None:
        texts = self._cells(row)
        lengths: dict[str, float] = {}
        for what in _LENGTHS:
            if not texts.get(what):
                continue
            value, unit = number_of(texts[what]), self._units[what]
            if value is None:
                self._note(row[0], NoteKind.LEFT_OUT, f"{what} {texts[what][:40]!r} is no number")
            else:
                lengths[what] = value * (MM_PER_UNIT[unit] if unit else scale)
        if not texts.get("gtin") and not texts.get("name"):
            self._note(row[0], NoteKind.LEFT_OUT, "names no product")
            return None
        return _Line(row[0], texts, lengths)

    def _note(self, line: int, kind: NoteKind, what: str) -> None:
        self._found.notes.append(Note(f"line {line}", kind, what))

    def _plan(self, bay: str, lines: Sequence[_Line]) -> SourcePlan:
        for line in lines:
            self._take_product(line)
        plan = SourcePlan(lines[0].where, bay, 0.0, 0.0)
        shelves = _by(lines, lambda line: line.texts.get("shelf") or f"{line.lengths.get('bottom', 0.0):g}")
        floors = self._floors(plan, shelves)
        for name, of_shelf in shelves.items():
            depth = max(line.lengths.get("depth", 0.0) for line in of_shelf)
            positions = list(self._positions(of_shelf, floors[name]))
            reach = max(each.left_mm + each.width_mm for each in positions)
            plan.fixtures.append(PlanFixture(name, 0.0, reach, floors[name], depth, is_peg=False))
            plan.positions += positions
        return plan

    def _floors(self, plan: SourcePlan, shelves: Mapping[str, Sequence[_Line]]) -> dict[str, float]:
        """How high each shelf is, as planned or by the products that stand on them."""
        if all("bottom" in line.lengths for lines in shelves.values() for line in lines):
            return {name: min(line.lengths["bottom"] for line in lines) for name, lines in shelves.items()}
        names = sorted(shelves, key=lambda name: (number_of(name) is None, number_of(name) or 0.0, name))
        if self._choices.top_shelf_first:
            names.reverse()
        what = (
            f"shelves have no heights: they are stacked by their products, {names[0]!r} lowest; --top-first turns that"
        )
        self._found.notes.append(Note(plan.where, NoteKind.GUESSED, what))
        floors, floor = {}, _FIRST_SHELF_MM
        for name in names:
            floors[name] = floor
            tallest = max(line.lengths.get("height", 0.0) * line.count("high") for line in shelves[name])
            floor += (tallest or _USUAL_PACK_MM) + _AIR_MM
        return floors

    def _positions(self, lines: Sequence[_Line], floor_mm: float) -> Iterator[PlanPosition]:
        reached = 0.0
        placed = all("left" in line.lengths for line in lines)
        if not placed:
            lines = sorted(lines, key=lambda line: number_of(line.texts.get("position", "")) or 0.0)
            what = (
                f"shelf {lines[0].texts.get('shelf', '')!r} has no lengths from the left: products stand side by side"
            )
            self._note(lines[0].line, NoteKind.GUESSED, what)
        for line in lines:
            left = line.lengths["left"] if placed else reached
            wide, high = line.count("facings"), line.count("high")
            width = line.lengths["right"] - left if "right" in line.lengths else line.lengths.get("width", 0.0) * wide
            reached = left + width
            key = line.texts.get("position") or str(line.line)
            bottom = line.lengths.get("bottom", floor_mm)
            height = line.lengths.get("height", 0.0) * high
            yield PlanPosition(line.where, key, _code(line), left, width, bottom, height, wide, high)

    def _take_product(self, line: _Line) -> None:
        code = _code(line)
        if code in self._found.products:
            return
        name = line.texts.get("name") or f"Product {code}"
        gtin, told = gtin_of(line.texts.get("gtin", ""), name=name) if line.texts.get("gtin") else gtin_of(name)
        if told:
            self._note(line.line, NoteKind.COMPLETED, told)
        brand, category = line.texts.get("brand", ""), line.texts.get("category", "")
        width, height, depth = (line.lengths.get(size, 0.0) for size in ("width", "height", "depth"))
        self._found.products[code] = PlanProduct(code, gtin, name, brand, category, "", width, height, depth)


def _code(line: _Line) -> str:
    return line.texts.get("gtin") or line.texts["name"]


def _by(lines: Sequence[_Line], key: Callable[[_Line], str]) -> dict[str, list[_Line]]:
    ordered = sorted(lines, key=key)
    return {name: sorted(each, key=lambda line: line.line) for name, each in groupby(ordered, key)}
