"""Reads a plan's file, whatever kind it is of: what it holds tells, not what it is called."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from shelfstream.catalogue.folder.files import csv_rows
from shelfstream.catalogue.plan_files.plan import Note, NoteKind, PlanFile
from shelfstream.catalogue.plan_files.planogram_api import Origin, read_planogram_json
from shelfstream.catalogue.plan_files.psa import is_psa, read_psa
from shelfstream.catalogue.plan_files.table import Row, TableChoices, read_plan_table
from shelfstream.text_files import TextFault, read_text

_BYTES_MAX = 256 * 1024 * 1024
_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class PlanChoices:
    """What a person said about a file that it does not say itself; ``None`` and what is missing is guessed and told."""

    unit: str | None = None
    origin: Origin | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    top_shelf_first: bool = False


def read_plan_file(path: Path, choices: PlanChoices) -> PlanFile:
    """What a ``.psa``, planogram JSON, CSV or XLSX file says. Raises ``OSError`` for one that cannot be opened."""
    if path.stat().st_size > _BYTES_MAX:
        return _fault(f"is larger than {_BYTES_MAX // 1024 // 1024} MiB")
    data = path.read_bytes()
    if is_psa(data):
        return read_psa(data, choices.unit)
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"["):
        return read_planogram_json(data, choices.unit, choices.origin)
    if data.startswith(_OLD_EXCEL):
        return _fault("is a workbook of the old kind (.xls): save it as .xlsx or as CSV UTF-8")
    rows, faults = _workbook_rows(data) if data.startswith(_ZIP) else _csv_rows(path)
    if faults:
        return PlanFile(notes=faults)
    return read_plan_table(rows, TableChoices(choices.columns, choices.unit, choices.top_shelf_first))


def _csv_rows(path: Path) -> tuple[Sequence[Row], list[Note]]:
    text = read_text(path)
    if isinstance(text, TextFault):
        return [], [Note(f"line {text.line}", NoteKind.FAULT, text.what)]
    rows, torn = csv_rows(text)
    return rows, [Note(f"line {line}", NoteKind.FAULT, what) for line, what in torn]


def _fault(what: str, where: str = "") -> PlanFile:
    return PlanFile(notes=[Note(where, NoteKind.FAULT, what)])


def _workbook_rows(data: bytes) -> tuple[Sequence[Row], list[Note]]:
    """The rows of a workbook's first sheet that holds any."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            if sum(part.file_size for part in parts.infolist()) > _BYTES_MAX:
                return [], _fault(f"unpacks to more than {_BYTES_MAX // 1024 // 1024} MiB").notes
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        for sheet in book.worksheets:
            rows: list[Row] = [(number, [_cell(value) for value in row]) for number, row in enumerate(sheet.values, 1)]
            if any(any(cells) for _, cells in rows):
                return rows, []
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError) as exc:
        return [], _fault(f"is no workbook (.xlsx): {exc}").notes
    return [], []


def _cell(value: object) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
