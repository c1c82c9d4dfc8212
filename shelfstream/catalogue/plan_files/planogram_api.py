"""Reads plans as planogram APIs take them: JSON with products, fixtures, and positions that name both.

Every position is one facing, its ``x`` and ``y`` a corner of it; names of fields are read in any case. Neither the unit
of lengths nor whether ``y`` counts downwards from the top or upwards from the floor is written in such a file: the
first is told by the products' sizes, the second by on which side of the fixtures the products stand.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

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

Origin = Literal["top", "bottom"]
_RECORDS_MAX = 200_000
_SIZES = {"w": "w", "width": "w", "h": "h", "height": "h", "x": "x", "y": "y", "d": "d", "depth": "d"}
_KNOWN = frozenset({"products", "fixtures", "positions", "width", "height", "w", "h", "name", "id", "unit", "origin"})


@dataclass(frozen=True, slots=True)
class _Record:
    """One entry of a list, its fields by lower-case name."""

    where: str
    fields: Mapping[str, object]

    def text(self, name: str) -> str:
        value = self.fields.get(name)
        return "" if value is None or isinstance(value, (dict, list)) else str(value).strip()

    def size(self, name: str) -> float | None:
        return next((number_of(self.fields[key]) for key in _SIZES if _SIZES[key] == name and key in self.fields), None)


def read_planogram_json(data: bytes, unit: str | None = None, origin: Origin | None = None) -> PlanFile:
    """What a file's bytes say. ``unit`` and ``origin`` of ``None`` are told by the plan itself."""
    found = PlanFile()
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as exc:
        found.notes.append(Note("", NoteKind.FAULT, f"is no JSON: {exc}"))
        return found
    for number, each in enumerate(value if isinstance(value, list) else [value], 1):
        _read_plan(each, f"plan {number}: " if isinstance(value, list) else "", unit, origin, found)
    return found


def _read_plan(value: object, where: str, unit: str | None, origin: Origin | None, found: PlanFile) -> None:
    fields = _lowered(value)
    fields = _lowered(fields["planogram"]) if "planogram" in fields else fields
    if "positions" not in fields or "products" not in fields:
        what = "holds no plan: there must be 'products' and 'positions', and there should be 'fixtures'"
        found.notes.append(Note(where.rstrip(": "), NoteKind.FAULT, what))
        return
    others = sorted(set(fields) - _KNOWN)
    if others:
        found.notes.append(Note(where.rstrip(": "), NoteKind.LEFT_OUT, f"fields that nothing here needs: {others}"))
    lists = {
        name: _records(fields.get(name), f"{where}{name}", found) for name in ("products", "fixtures", "positions")
    }
    if sum(map(len, lists.values())) > _RECORDS_MAX:
        found.notes.append(Note("", NoteKind.FAULT, f"has more than {_RECORDS_MAX} records"))
        return
    said = _Record("", fields)
    _Reading(lists, where, found).plan(fields, unit or unit_named(f"in {said.text('unit')}"), origin or _origin(said))


def _origin(said: _Record) -> Origin | None:
    match said.text("origin").lower():
        case "top":
            return "top"
        case "bottom":
            return "bottom"
    return None


def _lowered(value: object) -> dict[str, object]:
    return {str(key).lower(): each for key, each in value.items()} if isinstance(value, dict) else {}


def _records(value: object, name: str, found: PlanFile) -> list[_Record]:
    records = []
    for number, each in enumerate(value if isinstance(value, list) else []):
        where = f"{name}[{number}]"
        if isinstance(each, dict):
            records.append(_Record(where, _lowered(each)))
        else:
            found.notes.append(Note(where, NoteKind.LEFT_OUT, "is no record with fields"))
    return records


class _Reading:
    """One plan's lists on their way into a ``SourcePlan``."""

    def __init__(self, lists: Mapping[str, Sequence[_Record]], where: str, found: PlanFile) -> None:
        self._lists, self._where, self._found = lists, where.rstrip(": "), found
        self._products = {record.text("id"): record for record in lists["products"] if record.text("id")}

    def plan(self, fields: Mapping[str, object], unit: str | None, origin: Origin | None) -> None:
        """Adds the plan and its products to the file."""
        positions = [record for record in self._lists["positions"] if self._is_usable(record)]
        fixtures = [record for record in self._lists["fixtures"] if self._is_placed(record)]
        chosen = unit or self._unit()
        scale = MM_PER_UNIT[chosen]
        from_top = (origin or self._origin(positions, fixtures)) == "top"
        whole = _Record("", fields)
        bottoms = [(record.size("y") or 0.0) + (self._high(record) if from_top else 0.0) for record in positions]
        floors = [(record.size("y") or 0.0) + (record.size("h") or 0.0) * from_top for record in fixtures]
        # A plan counted from the top has its floor below whatever is lowest in it.
        floor = max([whole.size("h") or 0.0, *bottoms, *floors]) if from_top else 0.0
        name = whole.text("name") or whole.text("id") or f"plan {len(self._found.plans) + 1}"
        plan = SourcePlan(self._where, name, (whole.size("w") or 0.0) * scale, (whole.size("h") or 0.0) * scale)
        for record in fixtures:
            y, high = record.size("y") or 0.0, record.size("h") or 0.0
            top = floor - y if from_top else y + high
            left, wide, deep = (record.size(each) or 0.0 for each in ("x", "w", "d"))
            fixture_name = record.text("name") or record.text("id")
            plan.fixtures.append(
                PlanFixture(fixture_name, left * scale, wide * scale, top * scale, deep * scale, is_peg=False)
            )
        for record, bottom in zip(positions, bottoms, strict=True):
            foot = floor - bottom if from_top else bottom
            plan.positions.append(self._position(record, foot, scale))
        for code, record in self._products.items():
            self._found.products[self._key(code)] = self._product(code, record, scale)
        self._found.plans.append(plan)

    def _key(self, code: str) -> str:
        """Each plan of a file has products of its own, and may call them by numbers that another one uses as well."""
        return f"{self._where} {code}".strip()

    def _note(self, record: _Record, what: str) -> None:
        self._found.notes.append(Note(record.where, NoteKind.LEFT_OUT, what))

    def _is_usable(self, record: _Record) -> bool:
        if record.text("productid") not in self._products:
            self._note(record, f"names no product of the plan: {record.text('productid')!r}")
            return False
        return self._is_placed(record)

    def _is_placed(self, record: _Record) -> bool:
        if record.size("x") is None or record.size("y") is None:
            self._note(record, "has no 'x' and 'y'")
            return False
        return True

    def _high(self, record: _Record) -> float:
        return record.size("h") or self._products[record.text("productid")].size("h") or 0.0

    def _wide(self, record: _Record) -> float:
        return record.size("w") or self._products[record.text("productid")].size("w") or 0.0

    def _unit(self) -> str:
        records = self._products.values()
        heights, widths = ([record.size(name) or 0.0 for record in records] for name in ("h", "w"))
        chosen = guessed_unit(heights, widths)
        what = f"lengths are taken for {chosen} by the sizes of the products; --unit says otherwise"
        self._found.notes.append(Note(self._where, NoteKind.GUESSED, what))
        return chosen

    def _origin(self, positions: Sequence[_Record], fixtures: Sequence[_Record]) -> Origin:
        """Products stand on boards: with ``y`` downwards their lower edges meet the boards' upper ones."""
        top = bottom = 0
        for record in positions:
            y, high = record.size("y") or 0.0, self._high(record)
            feet = [(each.size("y") or 0.0, each.size("h") or 0.0) for each in fixtures if _shares_width(record, each)]
            near = high / 4
            top += any(abs(y + high - each) <= near for each, _ in feet)
            bottom += any(abs(y - each - thick) <= near for each, thick in feet)
        chosen: Origin = "bottom" if bottom > top else "top"
        what = (
            f"y is taken to count from the {chosen}: {max(top, bottom)} of {len(positions)} positions stand on a board"
        )
        self._found.notes.append(Note(self._where, NoteKind.GUESSED, f"{what} then; --origin says otherwise"))
        return chosen

    def _position(self, record: _Record, bottom: float, scale: float) -> PlanPosition:
        wide, high = self._wide(record) * scale, self._high(record) * scale
        product, left = self._key(record.text("productid")), (record.size("x") or 0.0) * scale
        key = record.text("id") or record.where
        facings = (max(1, round(number_of(record.text(name)) or 1)) for name in ("facingswide", "facingshigh"))
        return PlanPosition(record.where, key, product, left, wide, bottom * scale, high, *facings)

    def _product(self, code: str, record: _Record, scale: float) -> PlanProduct:
        name = record.text("name") or f"Product {code}"
        gtin, told = gtin_of(record.text("gtin"), record.text("ean"), record.text("upc"), code, name=name)
        if told:
            self._found.notes.append(Note(record.where, NoteKind.COMPLETED, told))
        wide, high, deep = ((record.size(name) or 0.0) * scale for name in ("w", "h", "d"))
        return PlanProduct(code, gtin, name, record.text("brand"), record.text("category"), "", wide, high, deep)


def _shares_width(position: _Record, fixture: _Record) -> bool:
    x, left = position.size("x") or 0.0, fixture.size("x") or 0.0
    return left <= x + 1e-6 and (not fixture.size("w") or x <= left + (fixture.size("w") or 0.0))
