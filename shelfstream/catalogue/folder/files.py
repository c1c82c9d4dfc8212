"""Reads the files of a catalogue's folder as entries: CSV tables, and YAML mappings and lists.

CSV is read as spreadsheets write it: comma, semicolon or tab, with or without a byte order mark.
"""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from pydantic.fields import FieldInfo

from shelfstream.catalogue.finding import FieldPath
from shelfstream.catalogue.folder.entry import Entry, FolderFinding, suggestion
from shelfstream.catalogue.values import Entity
from shelfstream.text_files import TextFault, YamlDocument, read_text, read_yaml

_DELIMITERS = ",;\t"
# What spreadsheets write so that others of them take a cell as text, or read the file as they wrote it.
_AS_TEXT = re.compile(r'="(.*)"', re.DOTALL)
_SEPARATOR = re.compile(r'"?sep=(.)"?[ \t]*', re.IGNORECASE)
_WHOLE = re.compile(r"(\d+)[.,]0+")
_POWER = re.compile(r"(\d)[.,]?(\d*)[eE]\+?(\d{1,2})")
_Row = tuple[int, list[str]]


def read_mapping(path: Path, shown: str) -> tuple[list[Entry], list[FolderFinding]]:
    """The one entry of a YAML file that holds a mapping, and what is wrong; it comes also with what is odd in it."""
    document = read_yaml(path)
    findings = _findings(document, shown)
    if isinstance(document.value, dict):
        return [Entry(shown, document.value, document.lines)], findings
    return [], findings or [FolderFinding(shown, 1, "must hold fields, such as 'name: Main Street'")]


def read_list(path: Path, shown: str) -> tuple[list[Entry], list[FolderFinding]]:
    """The entries of a YAML file that holds a list of mappings, and what is wrong; an empty file holds none."""
    document = read_yaml(path)
    findings = _findings(document, shown)
    if document.value is None:
        return [], findings
    if not isinstance(document.value, list):
        return [], [*findings, FolderFinding(shown, 1, "must be a list: begin each entry with '- id: …'")]
    entries = []
    for index, item in enumerate(document.value):
        if isinstance(item, dict):
            entries.append(Entry(shown, item, _below(document.lines, index)))
        else:
            line = document.lines[(index,)]
            findings.append(FolderFinding(shown, line, "an entry must hold fields, such as 'id: …'"))
    return entries, findings


def _findings(document: YamlDocument, shown: str) -> list[FolderFinding]:
    return [FolderFinding(shown, fault.line, fault.what) for fault in document.faults]


def _below(lines: dict[FieldPath, int], index: int) -> dict[FieldPath, int]:
    return {path[1:]: line for path, line in lines.items() if path[:1] == (index,)}


def read_table(path: Path, shown: str, model: type[Entity]) -> tuple[list[Entry], list[FolderFinding]]:
    """One entry per filled row. Columns are the model's fields but ``store``; empty cells are left out."""
    text = read_text(path)
    if isinstance(text, TextFault):
        return [], [FolderFinding(shown, text.line, text.what)]
    rows, torn = csv_rows(text)
    findings = [FolderFinding(shown, line, what, hides=True) for line, what in torn]
    if not rows:
        return [], findings or [FolderFinding(shown, 1, "needs a first line with the names of its columns")]
    line, header = rows[0][0], [name.lower() for name in rows[0][1]]
    findings += [FolderFinding(shown, line, what) for what in _strange_columns(header, model)]
    unusable = [FolderFinding(shown, line, what) for what in _unusable_columns(header, model)]
    if unusable:
        return [], findings + unusable
    return _entries(rows[1:], header, shown, model, findings), findings


def csv_rows(text: str) -> tuple[list[_Row], list[tuple[int, str]]]:
    """Filled rows of a table with the lines on which they begin, up to where it is no CSV any more: that is told."""
    rows: list[_Row] = []
    try:
        rows.extend(_rows(text))
    except csv.Error as exc:
        return rows, [(rows[-1][0] + 1 if rows else 1, f"is no CSV from here on: {exc}; check the quotes")]
    return rows, []


def _rows(text: str) -> Iterator[_Row]:
    """Filled rows with the line on which each begins."""
    lines = io.StringIO(text, newline="")
    head = text.lstrip("\r\n").partition("\n")[0].rstrip("\r")
    separator = _SEPARATOR.fullmatch(head)
    delimiter = separator[1] if separator else max(_DELIMITERS, key=head.count)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    begins = 1
    for row in reader:
        if separator and begins == 1 and _SEPARATOR.fullmatch(delimiter.join(row)):
            begins = reader.line_num + 1
            continue
        cells = [_plain(cell.strip()) for cell in row]
        if any(cells):
            yield begins, cells
        begins = reader.line_num + 1


def _plain(cell: str) -> str:
    """What a cell says: ``="0123"`` is how some programs write a text that another is not to take for a number."""
    found = _AS_TEXT.fullmatch(cell)
    return found[1].replace('""', '"') if found else cell


def _code(cell: str) -> str:
    """A number of an article out of a number of a spreadsheet, where that has lost nothing of it."""
    if found := _WHOLE.fullmatch(cell):
        return found[1]
    power = _POWER.fullmatch(cell)
    if power and len(power[2]) == int(power[3]):
        return power[1] + power[2]
    return cell


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
            name: _code(cell) if name == "gtin" else cell
            for name, cell in zip(header, cells, strict=False)
            if cell and name in model.model_fields
        }
        entries.append(Entry(shown, fields, {(): line}))
    return entries
