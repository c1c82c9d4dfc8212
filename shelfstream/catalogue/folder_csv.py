"""Reads a CSV file as spreadsheets write them: comma, semicolon or tab, with or without a byte order mark."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from pydantic.fields import FieldInfo

from shelfstream.catalogue.folder_entry import Entry, FolderFinding, suggestion
from shelfstream.catalogue.folder_text import read_text
from shelfstream.catalogue.model import Entity

_DELIMITERS = ",;\t"
_Row = tuple[int, list[str]]


def read_table(path: Path, shown: str, model: type[Entity]) -> tuple[list[Entry], list[FolderFinding]]:
    """One entry per filled row. Columns are the model's fields but ``store``; empty cells are left out."""
    text = read_text(path, shown)
    if isinstance(text, FolderFinding):
        return [], [text]
    rows: list[_Row] = []
    findings: list[FolderFinding] = []
    try:
        rows.extend(_rows(text))
    except csv.Error as exc:
        line = rows[-1][0] + 1 if rows else 1
        findings.append(FolderFinding(shown, line, f"is no CSV from here on: {exc}; check the quotes"))
    if not rows:
        return [], findings or [FolderFinding(shown, 1, "needs a first line with the names of its columns")]
    line, header = rows[0][0], [name.lower() for name in rows[0][1]]
    findings += [FolderFinding(shown, line, what) for what in _strange_columns(header, model)]
    unusable = [FolderFinding(shown, line, what) for what in _unusable_columns(header, model)]
    if unusable:
        return [], findings + unusable
    return _entries(rows[1:], header, shown, model, findings), findings


def _rows(text: str) -> Iterator[_Row]:
    """Filled rows with the line on which each begins."""
    head = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    for row in reader:
        cells = [cell.strip() for cell in row]
        if any(cells):
            yield begins, cells
        begins = reader.line_num + 1


def _strange_columns(header: list[str], model: type[Entity]) -> Iterator[str]:
    known = _columns(model)
    for name in header:
        if name and name not in known:
            hint = suggestion(name, known) or f" (columns are: {', '.join(known)})"
            yield f"{name!r} is no column of this file{hint}"


def _unusable_columns(header: list[str], model: type[Entity]) -> Iterator[str]:
    for name, field in _columns(model).items():
        if field.is_required() and name not in header:
            yield f"column {name} is missing"
        if header.count(name) > 1:
            yield f"column {name} is there twice"


def _columns(model: type[Entity]) -> dict[str, FieldInfo]:
    return {name: field for name, field in model.model_fields.items() if name != "store"}


def _entries(
    rows: list[_Row], header: list[str], shown: str, model: type[Entity], findings: list[FolderFinding]
) -> list[Entry]:
    entries = []
    for line, cells in rows:
        if any(cells[len(header) :]):
            what = (
                f"has {len(cells)} cells, the first line names {len(header)} columns; "
                "put a cell that holds the delimiter into quotes, and write numbers with a decimal point"
            )
            findings.append(FolderFinding(shown, line, what))
            continue
        fields: dict[str, object] = {
            name: cell for name, cell in zip(header, cells, strict=False) if cell and name in model.model_fields
        }
        entries.append(Entry(shown, fields, {(): line}))
    return entries
