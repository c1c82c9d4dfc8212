"""Tables of any program: columns are guessed and told, places follow from lengths or from order."""

import io
from pathlib import Path

import pytest
from openpyxl import Workbook

from shelfstream.catalogue.model import Slot
from shelfstream.catalogue.plan_files.plan import NoteKind, PlanFile
from shelfstream.catalogue.plan_files.read import PlanChoices, read_plan_file
from shelfstream.catalogue.plan_files.to_catalogue import entities_of

_ORDERED = """\
Planogram Name;Fixture;Pos;UPC;Product Description;Facings;Width (cm);Height (cm);Colour
Tea;1;2;40063813339;Green;2;7,5;15;x
Tea;1;1;01234567890;Black;1;8;15;x
Tea;2;1;01234567890;Black;3;8;15;x
"""


def _read(path: Path, text: str | bytes, choices: PlanChoices | None = None) -> PlanFile:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_plan_file(path, choices or PlanChoices())


def _slots(read: PlanFile, plan: int = 0) -> list[Slot]:
    assert [note for note in read.notes if note.kind is NoteKind.FAULT] == []
    entities, _ = entities_of(read, read.plans[plan], "s")
    return [entity for entity in entities if isinstance(entity, Slot)]


def test_shelf_and_order_are_enough(tmp_path: Path) -> None:
    """Places follow by the products' widths, shelves by their heights, and all of it is told."""
    read = _read(tmp_path / "plan.csv", _ORDERED)
    slots = _slots(read)
    assert [(slot.id, slot.x_min_mm, slot.x_max_mm, slot.facings_wide) for slot in slots] == [
        ("tea-s1-1", 0.0, 80.0, 1),
        ("tea-s1-2", 80.0, 230.0, 2),
        ("tea-s2-1", 0.0, 240.0, 3),
    ]
    told = " ".join(note.what for note in read.notes)
    expected = [
        "'UPC' is taken for gtin",
        "'Pos' is taken for position",
        "stacked by their",
        "side by side",
        "'Colour'",
    ]
    assert [what for what in expected if what not in told] == []


def test_the_top_shelf_may_be_number_one(tmp_path: Path) -> None:
    """Said on the command line, the order of the shelves is turned."""
    slots = _slots(_read(tmp_path / "plan.csv", _ORDERED, PlanChoices(top_shelf_first=True)))
    assert [slot.id for slot in slots if slot.facings_wide == 3] == ["tea-s1-1"]


def test_a_workbook_reads_like_its_csv(tmp_path: Path) -> None:
    """Numbers that a workbook holds as numbers, on its first sheet that holds any."""
    book = Workbook()
    book.create_sheet("Plan")
    for line in _ORDERED.splitlines():
        row = [cell.replace(",", ".") for cell in line.split(";")]
        book["Plan"].append([float(c) if c.replace(".", "").isdigit() and not c.startswith("0") else c for c in row])
    data = io.BytesIO()
    book.save(data)
    assert _slots(_read(tmp_path / "plan.xlsx", data.getvalue())) == _slots(_read(tmp_path / "plan.csv", _ORDERED))


def test_lengths_and_columns_can_be_said(tmp_path: Path) -> None:
    """Columns under names that nobody could guess; lengths in the unit that is said."""
    text = "wo,was,von,hoch,breit\nA,Green tea,0,10,4\nA,Black tea,4,10,4\n"
    columns = {"bay": "wo", "name": "was", "left": "von", "bottom": "hoch", "width": "breit"}
    slots = _slots(_read(tmp_path / "plan.csv", text, PlanChoices("inch", columns=columns)))
    assert [(slot.x_min_mm, slot.x_max_mm) for slot in slots] == [(0.0, 101.6), (101.6, 203.2)]


@pytest.mark.parametrize(
    ("text", "choices", "what"),
    [
        ("a,b\n1,2\n", PlanChoices(), "--column gtin=NAME"),
        ("gtin,colour\n1,2\n", PlanChoices(), "--column shelf=NAME"),
        ("gtin,shelf\n1,2\n", PlanChoices(columns={"width": "wide"}), "no column 'wide'"),
        ("gtin,shelf\n1,2\n", PlanChoices(columns={"colour": "gtin"}), "nothing that a plan says"),
        ("", PlanChoices(), "is empty"),
        ("gtin,shelf\n", PlanChoices(), "holds no position"),
        (b"gtin,shelf\n\xff\xff", PlanChoices(), "UTF-8"),
        (b"PK\x03\x04 broken", PlanChoices(), "is no workbook"),
        (b"\xd0\xcf\x11\xe0 old", PlanChoices(), "save it as .xlsx"),
    ],
)
def test_a_table_that_cannot_be_used_says_what_to_do(
    tmp_path: Path, text: str | bytes, choices: PlanChoices, what: str
) -> None:
    """A sentence that helps, instead of a guess."""
    faults = [note.what for note in _read(tmp_path / "plan", text, choices).notes if note.kind is NoteKind.FAULT]
    assert any(what in fault for fault in faults), faults


def test_cells_that_are_no_numbers_are_told_with_their_line(tmp_path: Path) -> None:
    """The rest of the row is used."""
    text = "gtin,shelf,x_mm,width_mm\n40063813339,1,left,70\n01234567890,1,70,70\n"
    read = _read(tmp_path / "plan.csv", text)
    assert ("line 2", "left 'left' is no number") in [(note.where, note.what) for note in read.notes]
    assert len(_slots(read)) == 2
