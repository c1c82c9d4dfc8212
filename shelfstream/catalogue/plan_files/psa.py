"""Reads ``.psa``: the schematic files of Blue Yonder's (JDA's, ProSpace's) space planning.

A text file of records, one a line: a type, then cells by position, with commas and line ends escaped by backslashes.
The positions that are read here are the same in all versions that were seen, 2017 to 2024; records have grown at their
ends. Products stand before the plans; a ``Planogram`` record begins a plan, and what follows belongs to it. Lengths are
inches unless the sizes of the products speak against it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from shelfstream.catalogue.plan_files.gtins import gtin_of
from shelfstream.catalogue.plan_files.lengths import MM_PER_UNIT, number_of
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

_FIRST_LINE = "PROSPACE SCHEMATIC FILE"
_CODE_PAGE = re.compile(r";\s*Codepage\s*=\s*(\d+)", re.IGNORECASE)
_USUAL_CODE_PAGE = "1252"
_UTF8_CODE_PAGE = "65001"
_HEAD_LINES = 4
_ESCAPED = {"t": "\t", "r": "\r", "n": "\n"}
_READ = frozenset({"Project", "Product", "Planogram", "Segment", "Fixture", "Position"})
_NOT_FOR_PRODUCTS = frozenset({"10", "11"})
"""Types of fixtures that hold nothing: obstructions and signs."""

_PEGS = frozenset({"4", "5", "6", "7", "8", "9"})
"""Types of fixtures that products hang on: rods, bars and pegboards."""

_RECORDS_MAX = 200_000
_INCH_PACKS_MAX, _CM_PACKS_MAX = 16.0, 60.0
"""Median heights of a plan's products: no plan of packs is taller than so many inches, or centimetres."""


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    cells: Sequence[str]

    def text(self, place: int) -> str:
        return self.cells[place].strip() if place < len(self.cells) else ""

    def number(self, place: int) -> float:
        """The number in a cell; 0 where there is none."""
        return number_of(self.text(place)) or 0.0

    @property
    def where(self) -> str:
        return f"line {self.line}"


def is_psa(data: bytes) -> bool:
    """Whether a file says that it is one."""
    return data.removeprefix(b"\xef\xbb\xbf").startswith(_FIRST_LINE.encode())


def read_psa(data: bytes, unit: str | None = None) -> PlanFile:
    """What a file's bytes say. ``unit`` of ``None`` is told by the sizes of the products."""
    found = PlanFile()
    records = list(_records(data, found))
    if not found.notes:
        scale = MM_PER_UNIT[unit] if unit is not None else _guessed_scale(records, found)
        _take(records, scale, found)
    return found


def _records(data: bytes, found: PlanFile) -> Iterator[_Record]:
    """The file's records; none where it cannot be read, with the fault."""
    if not is_psa(data):
        found.notes.append(
            Note("line 1", NoteKind.FAULT, f"is no .psa file: its first line must begin with {_FIRST_LINE!r}")
        )
        return
    head = data[:4096].decode("latin-1").splitlines()[:_HEAD_LINES]
    page = next((match[1] for line in head if (match := _CODE_PAGE.search(line))), _USUAL_CODE_PAGE)
    is_utf8 = data.startswith(b"\xef\xbb\xbf") or page == _UTF8_CODE_PAGE
    try:
        text = data.decode("utf-8-sig" if is_utf8 else f"cp{page}", errors="replace")
    except LookupError:
        found.notes.append(Note("line 1", NoteKind.FAULT, f"is written in code page {page}, which nothing here knows"))
        return
    lines = re.split(r"\r\n|\n|\r", text)
    if len(lines) > _RECORDS_MAX:
        found.notes.append(Note("", NoteKind.FAULT, f"has {len(lines)} lines; at most {_RECORDS_MAX} are read"))
        return
    for number, line in enumerate(lines[1:], 2):
        if line.strip() and not line.lstrip().startswith(";"):
            yield _Record(number, _cells(line))


def _cells(line: str) -> list[str]:
    cells, cell, escaped = [], "", False
    for character in line:
        if escaped:
            # What is not known as an escape stays as it was written.
            known = character if character in ',\\"' else _ESCAPED.get(character, f"\\{character}")
            cell, escaped = cell + known, False
        elif character == "\\":
            escaped = True
        elif character == ",":
            cells.append(cell)
            cell = ""
        else:
            cell += character
    return [*cells, cell + "\\" if escaped else cell]


def _guessed_scale(records: Sequence[_Record], found: PlanFile) -> float:
    heights = [height for record in records if record.text(0) == "Product" and (height := record.number(6)) > 0]
    if not heights:
        return MM_PER_UNIT["inch"]
    usual = median(heights)
    unit = "inch" if usual <= _INCH_PACKS_MAX else "cm" if usual <= _CM_PACKS_MAX else "mm"
    if unit != "inch":
        what = f"lengths are taken for {unit}: half of the products are taller than {usual:g}; --unit says otherwise"
        found.notes.append(Note("", NoteKind.GUESSED, what))
    return MM_PER_UNIT[unit]


def _take(records: Sequence[_Record], scale: float, found: PlanFile) -> None:
    others: Counter[str] = Counter()
    for record in records:
        kind = record.text(0)
        if kind not in _READ:
            others[kind] += 1
        elif kind == "Product":
            _take_product(record, scale, found)
        elif kind == "Planogram":
            name = record.text(1) or f"plan {len(found.plans) + 1}"
            found.plans.append(SourcePlan(record.where, name, record.number(3) * scale, record.number(4) * scale))
        elif kind != "Project" and not found.plans:
            found.notes.append(Note(record.where, NoteKind.LEFT_OUT, f"{kind} stands before any Planogram"))
        elif kind != "Project":
            _take_part(kind, record, scale, found.plans[-1], found)
    for kind, count in sorted(others.items()):
        what = f"{count} records of type {kind[:40]!r}: nothing here needs them"
        found.notes.append(Note("", NoteKind.LEFT_OUT, what))
    if not found.plans:
        found.notes.append(Note("", NoteKind.FAULT, "holds no plan: there is no Planogram record"))


def _take_product(record: _Record, scale: float, found: PlanFile) -> None:
    code = record.text(1) or record.text(2)
    if not code:
        found.notes.append(Note(record.where, NoteKind.LEFT_OUT, f"product {record.text(3)!r} has neither UPC nor id"))
        return
    gtin, told = gtin_of(record.text(1), record.text(2), name=record.text(3))
    if told:
        found.notes.append(Note(record.where, NoteKind.COMPLETED, told))
    found.products.setdefault(
        code,
        PlanProduct(
            code=code,
            gtin=gtin,
            name=record.text(3) or f"Product {code}",
            brand=record.text(232),
            category=record.text(13),
            pack_size=" ".join(filter(None, (record.text(10), record.text(11)))),
            width_mm=max(0.0, record.number(5) * scale),
            height_mm=max(0.0, record.number(6) * scale),
            depth_mm=max(0.0, record.number(7) * scale),
        ),
    )


def _take_part(kind: str, record: _Record, scale: float, plan: SourcePlan, found: PlanFile) -> None:
    left, width = record.number(4) * scale, record.number(5) * scale
    bottom, height = record.number(6) * scale, record.number(7) * scale
    if kind == "Segment":
        plan.sections.append(PlanSection(record.number(10) * scale, record.number(4) * scale))
    elif kind == "Fixture" and record.text(1) not in _NOT_FOR_PRODUCTS:
        is_peg = record.text(1) in _PEGS
        # Things stand on a board and hang on a peg.
        top = bottom if is_peg else bottom + height
        depth = record.number(9) * scale
        plan.fixtures.append(PlanFixture(record.text(2) or record.text(3), left, width, top, depth, is_peg))
    elif kind == "Position" and not (record.text(1) or record.text(2)):
        found.notes.append(Note(record.where, NoteKind.LEFT_OUT, f"position {record.text(3)} has no product"))
    elif kind == "Position":
        wide, high = (max(1, round(record.number(place))) for place in (14, 15))
        key = record.text(3) or str(record.line)
        product = record.text(1) or record.text(2)
        plan.positions.append(PlanPosition(record.where, key, product, left, width, bottom, height, wide, high))
