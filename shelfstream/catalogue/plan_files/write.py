"""Writes a bay's plan as other programs read it: a table, planogram JSON, or a ``.psa`` file.

What a plan says (which product, from where to where, how high, how many facings) reads back the same to a tenth of a
millimetre. What only a catalogue knows (cameras, prices, presentation minimums, opening hours) stays there.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import Bay, Product, Slot
from shelfstream.csv_cells import csv_text

_MM_PER_INCH = 25.4
_MM_PER_CM = 10.0
_BOARD_MM = 20.0
_BOARD_TYPE, _PEG_TYPE = "0", "7"
_PRODUCT_CELLS, _BRAND_CELL = 240, 232
COLUMNS = (
    "bay", "shelf", "position", "gtin", "name", "brand", "category", "x_min_mm", "x_max_mm", "y_mm",
    "facings_wide", "facings_high", "width_mm", "height_mm", "depth_mm",
)  # fmt: skip
"""Of the table; the reader of tables knows them without being told."""


@dataclass(frozen=True, slots=True)
class BayPlan:
    """One bay with its slots and their products by GTIN, as it is written."""

    bay: Bay
    slots: Sequence[Slot]
    products: dict[str, Product]

    @property
    def feet_mm(self) -> dict[str, float]:
        """How high each shelf is."""
        return {shelf.id: shelf.y_mm for shelf in self.bay.shelves}

    def high_mm(self, slot: Slot) -> float:
        """How high the products of a slot stand; as high as its shelf allows where that is not known."""
        product = self.products[slot.gtin]
        shelf = next(shelf for shelf in self.bay.shelves if shelf.id == slot.shelf)
        return (
            min(shelf.clearance_mm, product.height_mm * slot.facings_high) if product.height_mm else shelf.clearance_mm
        )


def bay_plans(catalogue: Catalogue, bays: Sequence[str] = ()) -> list[BayPlan]:
    """The plans of a store's bays, all of them where none is named. Raises ``KeyError`` for one that there is not."""
    (store,) = catalogue.stores
    plans = []
    for bay in bays or [bay.id for bay in catalogue.bays.values()]:
        slots = catalogue.slots_by_bay.get((store, bay), ())
        products = {slot.gtin: catalogue.products[store, slot.gtin] for slot in slots}
        plans.append(BayPlan(catalogue.bays[store, bay], slots, products))
    return plans


def plan_table(plans: Sequence[BayPlan]) -> str:
    """A CSV with a row for each slot."""
    rows = []
    for plan in plans:
        for slot in plan.slots:
            product = plan.products[slot.gtin]
            rows.append(
                [
                    plan.bay.id, slot.shelf, slot.id, slot.gtin, product.name, product.brand, product.category,
                    slot.x_min_mm, slot.x_max_mm, plan.feet_mm[slot.shelf], slot.facings_wide, slot.facings_high,
                    product.width_mm, product.height_mm, product.depth_mm,
                ]
            )  # fmt: skip
    return csv_text(COLUMNS, rows)


def plan_json(plans: Sequence[BayPlan]) -> str:
    """Planogram JSON in centimetres, ``y`` counted from the top; a list where there are several bays."""
    written = [_json(plan) for plan in plans]
    return json.dumps(written[0] if len(written) == 1 else written, indent=2, ensure_ascii=False) + "\n"


def _json(plan: BayPlan) -> dict[str, object]:
    top_mm = plan.bay.height_mm
    positions = []
    for slot in plan.slots:
        high_mm = plan.high_mm(slot)
        x, y = slot.x_min_mm, top_mm - plan.feet_mm[slot.shelf] - high_mm
        sizes = {"x": _cm(x), "y": _cm(y), "w": _cm(slot.x_max_mm - x), "h": _cm(high_mm)}
        facings = {"facingsWide": slot.facings_wide, "facingsHigh": slot.facings_high}
        positions.append({"id": slot.id, "productId": slot.gtin, "fixtureId": slot.shelf, **sizes, **facings})
    fixtures = [
        {"id": shelf.id, "x": 0.0, "y": _cm(top_mm - shelf.y_mm), "w": _cm(plan.bay.width_mm), "h": _cm(_BOARD_MM)}
        for shelf in plan.bay.shelves
    ]
    products = [
        {
            "id": product.gtin, "name": product.name, "brand": product.brand, "category": product.category,
            "w": _cm(product.width_mm or 0.0), "h": _cm(product.height_mm or 0.0), "d": _cm(product.depth_mm or 0.0),
        }
        for product in plan.products.values()
    ]  # fmt: skip
    size = {"width": _cm(plan.bay.width_mm), "height": _cm(top_mm)}
    whole = {"name": plan.bay.id, "unit": "cm", "origin": "top", **size}
    return {**whole, "products": products, "fixtures": fixtures, "positions": positions}


def plan_psa(plans: Sequence[BayPlan]) -> bytes:
    """A ``.psa`` file in inches, in Windows-1252 where that has all its characters."""
    records: list[Sequence[object]] = [["Project", "Shelfstream"]]
    products = {gtin: product for plan in plans for gtin, product in plan.products.items()}
    records += [_psa_product(product) for product in products.values()]
    for plan in plans:
        records += _psa_plan(plan)
    body = "".join(",".join(_psa_cell(cell) for cell in record) + "\r\n" for record in records)
    page, encoding = ("1252", "cp1252") if _fits_1252(body) else ("65001", "utf-8")
    head = f"PROSPACE SCHEMATIC FILE\r\n; Version 2022.1.0\r\n; Codepage={page}\r\n"
    return (head + body).encode(encoding)


def _psa_product(product: Product) -> list[object]:
    cells: list[object] = [""] * _PRODUCT_CELLS
    sizes = (product.width_mm or 0.0, product.height_mm or 0.0, product.depth_mm or 0.0)
    cells[:8] = ["Product", product.gtin, product.gtin, product.name, "", *map(_inches, sizes)]
    cells[13], cells[_BRAND_CELL] = product.category, product.brand
    return cells


def _psa_plan(plan: BayPlan) -> list[Sequence[object]]:
    bay = plan.bay
    wide, high = _inches(bay.width_mm), _inches(bay.height_mm)
    records: list[Sequence[object]] = [["Planogram", bay.id, bay.name, wide, high, _inches(bay.shelves[0].depth_mm)]]
    records.append(["Segment", "1", "", "", wide, high, "", "", "", "", 0])
    for shelf in bay.shelves:
        is_peg, depth = shelf.kind == "peg", _inches(shelf.depth_mm)
        # A board's surface is its upper side; what hangs on pegs is counted from where it ends.
        thick = 0.0 if is_peg else min(_BOARD_MM, shelf.y_mm)
        kind, y = _PEG_TYPE if is_peg else _BOARD_TYPE, _inches(shelf.y_mm - thick)
        records.append(["Fixture", kind, shelf.id, "", 0, wide, y, _inches(thick), 0, depth])
        for slot in (slot for slot in plan.slots if slot.shelf == shelf.id):
            x, y = _inches(slot.x_min_mm), _inches(shelf.y_mm)
            size = (_inches(slot.x_max_mm - slot.x_min_mm), y, _inches(plan.high_mm(slot)))
            cells: list[object] = ["Position", slot.gtin, slot.gtin, slot.id, x, *size, 0, depth, *([""] * 4)]
            records.append([*cells, slot.facings_wide, slot.facings_high, 1])
    return records


def _psa_cell(value: object) -> str:
    text = str(value).replace("\\", "\\\\").replace(",", "\\,")
    return text.replace("\t", "\\t").replace("\r", "\\r").replace("\n", "\\n")


def _fits_1252(text: str) -> bool:
    return text.encode("cp1252", errors="replace").decode("cp1252") == text


def _cm(value_mm: float) -> float:
    return round(value_mm / _MM_PER_CM, 4)


def _inches(value_mm: float) -> float:
    return round(value_mm / _MM_PER_INCH, 5)
