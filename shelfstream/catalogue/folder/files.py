"""The text of a catalogue file.

Reads a CSV file as spreadsheets write them: comma, semicolon or tab, with or without a byte order mark.
"""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from pydantic.fields import FieldInfo

from shelfstream.catalogue.folder.entry import Entry, FolderFinding, suggestion
from shelfstream.catalogue.model import Entity

_FILE_BYTES_MAX = 32 * 1024 * 1024


def read_text(path: Path, shown: str) -> str | FolderFinding:
    """The file's text without a byte order mark, or why there is none. ``shown`` is its name in findings."""
    try:
        if path.stat().st_size > _FILE_BYTES_MAX:
            return FolderFinding(shown, 0, f"is larger than {_FILE_BYTES_MAX // 1024 // 1024} MiB")
        raw = path.read_bytes()
    except OSError as exc:
        return FolderFinding(shown, 0, f"cannot be read: {exc.strerror}")
    try:
        # Two byte order marks stand there where one program wrote one and the next one kept it as text.
        return raw.decode("utf-8").lstrip("\ufeff")
    except UnicodeDecodeError as exc:
        line = raw.count(b"\n", 0, exc.start) + 1
        return FolderFinding(shown, line, "is not UTF-8 text; save the file as 'CSV UTF-8', or with the encoding UTF-8")


_DELIMITERS = ",;\t"
# What spreadsheets write so that others of them take a cell as text, or read the file as they wrote it.
_AS_TEXT = re.compile(r'="(.*)"', re.DOTALL)
_SEPARATOR = re.compile(r'"?sep=(.)"?[ \t]*', re.IGNORECASE)
_WHOLE = re.compile(r"(\d+)[.,]0+")
_POWER = re.compile(r"(\d)[.,]?(\d*)[eE]\+?(\d{1,2})")
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
        findings.append(FolderFinding(shown, line, f"is no CSV from here on: {exc}; check the quotes", hides=True))
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
    lines = io.StringIO(text, newline="")
    head = text.lstrip("\r\n").partition("\n")[0].rstrip("\r")
    told = _SEPARATOR.fullmatch(head)
    delimiter = told[1] if told else max(_DELIMITERS, key=head.count)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    begins = 1
    for row in reader:
        if told and begins == 1 and _SEPARATOR.fullmatch(delimiter.join(row)):
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
