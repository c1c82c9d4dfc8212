"""Reads a list of products beside a plan: their numbers, names and pictures, where the plan does not say them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from shelfstream.catalogue.folder.files import csv_rows
from shelfstream.catalogue.folder.pictures import file_fault
from shelfstream.catalogue.plan_files.gtins import gtin_of
from shelfstream.catalogue.plan_files.plan import Note, NoteKind, PlanFile, PlanProduct
from shelfstream.text_files import TextFault, read_text

_NAMES = {
    "code": ("code", "id", "product id", "productid", "item", "sku", "article"),
    "gtin": ("gtin", "ean", "upc", "barcode"),
    "name": ("name", "product", "product name", "description", "title"),
    "brand": ("brand", "manufacturer"),
    "category": ("category", "department"),
    "pictures": ("pictures", "picture", "image", "images", "photo", "file", "packshot", "filename", "file name"),
}


@dataclass(frozen=True, slots=True)
class ListedProduct:
    """A row of the list; what it does not say is empty."""

    line: int
    code: str
    gtin: str
    name: str
    brand: str
    category: str
    pictures: tuple[Path, ...]

    @property
    def called(self) -> frozenset[str]:
        """Everything that a plan may call it by."""
        return frozenset(each.casefold() for each in (self.code, self.gtin, self.gtin.lstrip("0"), self.name) if each)


def read_product_list(path: Path) -> tuple[list[ListedProduct], list[Note]]:
    """The rows of a CSV, pictures as paths beside it, and what is wrong with it."""
    text = read_text(path)
    if isinstance(text, TextFault):
        return [], [Note(f"line {text.line}", NoteKind.FAULT, text.what)]
    rows, torn = csv_rows(text)
    notes = [Note(f"line {line}", NoteKind.FAULT, what) for line, what in torn]
    header = [name.strip().lower().replace("_", " ") for name in rows[0][1]] if rows else []
    columns = {what: place for what, names in _NAMES.items() for place in [_first(header, names)] if place is not None}
    if not {"code", "gtin", "name"} & set(columns):
        what = f"must name its products in a column 'gtin', 'code' or 'name'; it has {', '.join(header) or 'none'}"
        return [], [*notes, Note("line 1", NoteKind.FAULT, what)]
    listed = [_listed(line, cells, columns, path.parent) for line, cells in rows[1:]]
    for product in listed:
        notes += [
            Note(f"line {product.line}", NoteKind.FAULT, f"picture {picture.name} {wrong}")
            for picture in product.pictures
            if (wrong := file_fault(picture, f"beside {path.name}")) is not None
        ]
    return listed, notes


def _first(header: Sequence[str], names: Sequence[str]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _listed(line: int, cells: Sequence[str], columns: dict[str, int], folder: Path) -> ListedProduct:
    said = {what: cells[place].strip() if place < len(cells) else "" for what, place in columns.items()}
    return ListedProduct(
        line=line,
        code=said.get("code", ""),
        gtin=said.get("gtin", ""),
        name=said.get("name", ""),
        brand=said.get("brand", ""),
        category=said.get("category", ""),
        pictures=tuple(folder / name.strip() for name in said.get("pictures", "").split(";") if name.strip()),
    )


def with_listed(plan: PlanFile, listed: Sequence[ListedProduct]) -> tuple[PlanFile, dict[str, tuple[Path, ...]]]:
    """The plan with what the list says of its products, and their pictures by GTIN.

    A product is known by its number or code, else by its name.
    """
    by_name = {name: each for each in reversed(listed) for name in each.called}
    products: dict[str, PlanProduct] = {}
    pictures: dict[str, tuple[Path, ...]] = {}
    for key, product in plan.products.items():
        names = (product.gtin, product.gtin.lstrip("0"), product.code, product.name)
        found = next((by_name[name.casefold()] for name in names if name.casefold() in by_name), None)
        products[key] = product if found is None else _as_listed(product, found)
        if found is not None:
            pictures[products[key].gtin] = found.pictures
    return PlanFile(plan.plans, products, plan.notes), pictures


def _as_listed(product: PlanProduct, listed: ListedProduct) -> PlanProduct:
    return replace(
        product,
        gtin=gtin_of(listed.gtin)[0] if listed.gtin else product.gtin,
        name=listed.name or product.name,
        brand=listed.brand or product.brand,
        category=listed.category or product.category,
    )
