"""What space-planning programs write is read, completed where that is safe, and told where it is not."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelfstream.catalogue.model import Bay, Product, Slot
from shelfstream.catalogue.plan_files.plan import NoteKind, PlanFile
from shelfstream.catalogue.plan_files.psa import read_psa
from shelfstream.catalogue.plan_files.to_catalogue import entities_of
from tests.unit.catalogue.plan_files.psa_samples import (
    BUTTER,
    HEAD,
    MILK,
    board,
    plan,
    position,
    product,
    psa,
    segment,
)

_GOODS = (product(MILK, "Whole milk"), product(BUTTER, "Butter", (4, 2, 3)))


def _faults(read: PlanFile) -> list[str]:
    return [note.what for note in read.notes if note.kind is NoteKind.FAULT]


def _slots(data: bytes) -> tuple[list[Bay], list[Slot], list[str]]:
    read = read_psa(data)
    assert _faults(read) == []
    entities, notes = entities_of(read, read.plans[0], "s")
    told = [f"{note.where}: {note.what}" for note in [*read.notes, *notes]]
    return [e for e in entities if isinstance(e, Bay)], [e for e in entities if isinstance(e, Slot)], told


def test_a_plan_in_inches_becomes_places_in_millimetres() -> None:
    """Widths from the left, heights from the floor, facings side by side and above each other, ids of the plan."""
    milk = position(MILK, "P17", (0, 11, 9, 8), wide=3)
    butter = position(BUTTER, "P18", (9, 11, 8, 4), wide=2, high=2)
    (bay,), slots, _ = _slots(psa(*_GOODS, *plan("Dairy wall", board(0, 10, 48), milk, butter)))
    assert (bay.id, bay.name, bay.width_mm, bay.height_mm) == ("dairy-wall", "Dairy wall", 1219.2, 1828.8)
    assert [(slot.id, slot.x_min_mm, slot.x_max_mm, slot.facings_wide, slot.facings_high) for slot in slots] == [
        ("dairy-wall-s1-p17", 0.0, 228.6, 3, 1),
        ("dairy-wall-s1-p18", 228.6, 431.8, 2, 2),
    ]
    assert bay.shelves[0].y_mm == pytest.approx(279.4)


@pytest.mark.parametrize(
    ("upc", "gtin"),
    [
        ("40063813339", "00400638133390"),
        ("1234567890", "00012345678905"),
        ("4006381333931", "04006381333931"),
        ("012345678905", "00012345678905"),
    ],
)
def test_numbers_without_check_digit_are_completed(upc: str, gtin: str) -> None:
    """Ten or eleven digits get what is missing, and that is told; a whole number stays as it is."""
    read = read_psa(psa(product(upc, "X"), *plan("P", position(upc, "1", (0, 5, 3, 8)))))
    assert read.products[upc].gtin == gtin
    assert bool([note for note in read.notes if note.kind is NoteKind.COMPLETED]) is (len(upc) < 12)


def test_a_code_that_is_no_number_gets_one_for_inside_the_store() -> None:
    """The same code gets the same number in every plan; a short running number is told apart by the name."""
    one = read_psa(psa(product("", "Ham", code="DELI-HAM"), *plan("P"))).products["DELI-HAM"].gtin
    again = read_psa(psa(product("", "Ham, sliced", code="DELI-HAM"), *plan("Q"))).products["DELI-HAM"].gtin
    assert one == again
    assert one.startswith("02")
    short = {read_psa(psa(product("", name, code="7"), *plan("P"))).products["7"].gtin for name in ("Ham", "Cheese")}
    assert len(short) == 2


def test_escapes_code_page_and_the_version_on_either_line_are_understood() -> None:
    """Commas and line ends in names are escaped by backslashes; letters come in Windows-1252 or as the file says."""
    name = "Käse\\, jung\\nGouda"
    for head in (HEAD, HEAD.replace("\n", " "), "PROSPACE SCHEMATIC FILE"):
        read = read_psa(psa(product(MILK, name), *plan("P"), head=head))
        assert read.products[MILK].name == "Käse, jung\nGouda"
    utf8 = psa(product(MILK, name), *plan("P"), head=f"{HEAD}\n; Codepage=65001", encoding="utf-8")
    assert read_psa(utf8).products[MILK].name == "Käse, jung\nGouda"
    assert "code page 99" in _faults(read_psa(psa(head=f"{HEAD}\n; Codepage=99")))[0]


def test_several_plans_of_a_file_stay_apart() -> None:
    """Each has its own positions, all have the file's products."""
    one, two = (plan(name, position(MILK, "1", (0, 5, 3, 8))) for name in ("One", "Two"))
    read = read_psa(psa(*_GOODS, *one, *two, position(BUTTER, "2", (8, 5, 3, 2))))
    assert [(each.name, len(each.positions)) for each in read.plans] == [("One", 1), ("Two", 2)]


def test_what_cannot_be_used_is_told_with_its_line() -> None:
    """Unknown records, positions without product or of an unknown one, products without code, parts before a plan."""
    records = [position(MILK, "0", (0, 5, 3, 8)), product("", "Nameless"), "Performance,1,2", "Mystery,5"]
    positions = [
        position("", "1", (0, 5, 3, 8)),
        position("999", "2", (9, 5, 3, 8)),
        position(MILK, "3", (20, 3, 3, 8)),
    ]
    _, slots, told = _slots(psa(*_GOODS, *records, *plan("P", *positions)))
    assert [slot.id for slot in slots] == ["p-s1-3"]
    expected = [
        "line 6: Position stands before",
        "line 7: product 'Nameless'",
        "1 records of type 'Mystery'",
        "line 11: position 1 has no",
        "line 12: position 2: no product '999'",
    ]
    assert [what for what in expected if what not in "\n".join(told)] == []


def test_a_stack_is_a_shelf_of_its_own_and_cuts_only_what_is_below_it() -> None:
    """Two positions above each other on one board; the tall product beside them keeps its height."""
    tall = position(MILK, "tall", (0, 11, 3, 12))
    below, above = position(BUTTER, "below", (10, 11, 4, 2)), position(BUTTER, "above", (10, 13, 4, 2))
    (bay,), slots, _ = _slots(psa(*_GOODS, *plan("P", board(0, 10, 48), board(0, 30, 48), tall, below, above)))
    room = {shelf.id: (shelf.y_mm, shelf.clearance_mm) for shelf in bay.shelves}
    rooms = {slot.id.rsplit("-", 1)[1]: room[slot.shelf] for slot in slots}
    assert rooms["tall"] == pytest.approx((279.4, 508.0))
    assert rooms["below"] == pytest.approx((279.4, 50.8))
    assert rooms["above"] == pytest.approx((330.2, 457.2))


def test_rows_on_a_pegboard_are_rows_of_pegs() -> None:
    """What hangs above each other stands on nothing."""
    rows = [position(MILK, f"p{row}", (5, 20 + 12 * row, 3, 8)) for row in range(3)]
    (bay,), slots, _ = _slots(psa(*_GOODS, *plan("P", board(0, 5, 48, kind=7), *rows)))
    assert [shelf.kind for shelf in bay.shelves] == ["peg"] * 3
    assert len(slots) == 3


def test_sections_become_bays_and_signs_hold_nothing() -> None:
    """Segments beside each other are bays, each counted from its own left edge; overlapping ones are one bay."""
    positions = [position(MILK, "a", (5, 11, 3, 8)), position(BUTTER, "b", (53, 11, 4, 2))]
    apart = plan("P", segment(0, 48), segment(48, 48), board(0, 10, 96), board(0, 40, 96, kind=10), *positions, wide=96)
    bays, slots, _ = _slots(psa(*_GOODS, *apart))
    assert [bay.id for bay in bays] == ["p-1", "p-2"]
    assert [(slot.bay, slot.x_min_mm) for slot in slots] == [("p-1", 127.0), ("p-2", 127.0)]
    bays, _, told = _slots(psa(*_GOODS, *plan("P", segment(0, 48), segment(20, 48), *positions, wide=96)))
    assert len(bays) == 1
    assert any("overlap" in what for what in told)


def test_overlapping_places_are_cut_or_left_out_and_told() -> None:
    """A sliver is rounding; a product in the place of another is no plan."""
    sliver = [position(MILK, "a", (0, 11, 5, 8)), position(BUTTER, "b", (4.8, 11, 5, 2))]
    _, slots, told = _slots(psa(*_GOODS, *plan("P", *sliver)))
    assert slots[0].x_max_mm == slots[1].x_min_mm
    assert any("cut in the middle" in what for what in told)
    over = [position(MILK, "a", (0, 11, 5, 8)), position(BUTTER, "b", (1, 11, 5, 2))]
    _, slots, told = _slots(psa(*_GOODS, *plan("P", *over)))
    assert len(slots) == 1
    assert any("position b lies over" in what for what in told)


def test_ten_thousand_positions_are_taken() -> None:
    """A plan as large as a store's wall comes through whole."""
    positions = [position(MILK, f"k{n}", (n % 100 * 5, 10 + n // 100 * 10, 4, 8)) for n in range(10_000)]
    _, slots, _ = _slots(psa(*_GOODS, *plan("Wall", *positions, wide=500, high=1010)))
    assert len({slot.id for slot in slots}) == 10_000


_cells = st.one_of(st.text(max_size=6), st.integers(-5, 500).map(str), st.floats().map(str), st.just(MILK))
_kinds = st.sampled_from(["Product", "Planogram", "Segment", "Fixture", "Position", "Odd", ""])
_records = st.builds(lambda kind, cells: ",".join([kind, *cells]), _kinds, st.lists(_cells, max_size=18))


@settings(max_examples=int(os.environ.get("SHELFSTREAM_FUZZ", "150")), deadline=None)
@given(st.lists(_records, max_size=25), st.binary(max_size=40))
def test_nothing_that_a_file_holds_is_a_crash(records: list[str], tail: bytes) -> None:
    """Any records and bytes: a plan, notes or faults; what becomes of it keeps the catalogue's models."""
    read = read_psa(psa(*records, encoding="utf-8") + tail)
    for each in read.plans:
        entities, _ = entities_of(read, each, "s")
        gtins = {entity.gtin for entity in entities if isinstance(entity, Product)}
        assert {entity.gtin for entity in entities if isinstance(entity, Slot)} <= gtins


def test_another_file_is_refused_in_a_sentence() -> None:
    """It says what the first line must be."""
    assert "first line must begin with" in _faults(read_psa(b"%PDF-1.4 nothing"))[0]
    assert "holds no plan" in _faults(read_psa(psa(*_GOODS)))[0]
