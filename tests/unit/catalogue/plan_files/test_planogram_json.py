"""The JSON of planogram APIs: any case of names, either unit, either origin."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from shelfstream.catalogue.model import Bay, Slot
from shelfstream.catalogue.plan_files.plan import NoteKind, PlanFile
from shelfstream.catalogue.plan_files.planogram_api import read_planogram_json
from shelfstream.catalogue.plan_files.to_catalogue import entities_of

_BOARDS = (10.0, 22.0, 34.0)
"""Upper sides above the floor, in inches."""


def _plan(scale: float = 1.0, *, from_top: bool = True, name: Callable[[str], str] = str) -> bytes:
    """Three shelves with four packs each, 3 by 8 inches, one position a facing."""
    high = 48.0

    def y(foot: float, tall: float) -> float:
        return (high - foot - tall if from_top else foot) * scale

    def record(**fields: Any) -> dict[str, Any]:
        return {name(key): value * scale if isinstance(value, float) else value for key, value in fields.items()}

    products = [record(Id=f"4006381333{n}", Name=f"Tea {n}", W=3.0, H=8.0) for n in range(4)]
    fixtures = [record(Id=f"f{n}", X=0.0, W=36.0, H=1.0) | {name("Y"): y(top - 1, 1)} for n, top in enumerate(_BOARDS)]
    positions = [
        record(Id=f"{shelf}{n}", ProductId=f"4006381333{n}", FixtureId=f"f{shelf}", X=n * 3.5) | {name("Y"): y(foot, 8)}
        for shelf, foot in enumerate(_BOARDS)
        for n in range(4)
    ]
    lists = {"Products": products, "Fixtures": fixtures, "Positions": positions}
    sizes = {name("Width"): 36.0 * scale, name("Height"): high * scale}
    return json.dumps(sizes | {name(key): value for key, value in lists.items()}).encode()


def _places(read: PlanFile) -> tuple[list[float], list[tuple[str, float, float]]]:
    entities, _ = entities_of(read, read.plans[0], "s")
    (bay,) = [each for each in entities if isinstance(each, Bay)]
    slots = [each for each in entities if isinstance(each, Slot)]
    return [shelf.y_mm for shelf in bay.shelves], [(slot.id, slot.x_min_mm, slot.x_max_mm) for slot in slots]


@pytest.mark.parametrize("scale", [1.0, 2.54, 25.4])
@pytest.mark.parametrize("from_top", [True, False])
@pytest.mark.parametrize("name", [str, str.lower, str.upper])
def test_units_origins_and_cases_mean_one_plan(scale: float, *, from_top: bool, name: Callable[[str], str]) -> None:
    """Inches, centimetres and millimetres, counted from the top or the floor: the same places, and it is told."""
    read = read_planogram_json(_plan(scale, from_top=from_top, name=name))
    heights, slots = _places(read)
    assert heights == pytest.approx([254.0, 558.8, 863.6])
    assert slots[0] == ("plan-1-s1-00", 0.0, 76.2)
    assert len(slots) == 12
    assert {note.kind for note in read.notes} == {NoteKind.GUESSED, NoteKind.COMPLETED}


def test_what_a_person_says_is_not_guessed() -> None:
    """Unit and origin on the command line win, and nothing is told of a guess."""
    read = read_planogram_json(_plan(), unit="cm", origin="bottom")
    assert not [note for note in read.notes if note.kind is NoteKind.GUESSED and "unit" in note.what]
    assert read.plans[0].positions[0].width_mm == pytest.approx(30.0)


def test_a_request_with_the_plan_in_it_and_lists_of_plans_are_read() -> None:
    """Running numbers of two plans do not mix up their products."""
    one = json.loads(_plan())
    two = json.loads(_plan().replace(b"Tea", b"Coffee").replace(b"4006381333", b""))
    read = read_planogram_json(json.dumps([{"Planogram": one}, two]).encode())
    assert len(read.plans) == 2
    assert len({product.gtin for product in read.products.values()}) == 8


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"{", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"{}", "there must be 'products' and 'positions'"),
        (b"[1]", "there must be 'products' and 'positions'"),
        (b'\xff{"a": 1}', "is no JSON"),
    ],
)
def test_what_is_no_plan_is_refused_in_a_sentence(data: bytes, what: str) -> None:
    """One fault, which helps."""
    (note,) = read_planogram_json(data).notes
    assert note.kind is NoteKind.FAULT
    assert what in note.what


def test_positions_that_cannot_be_placed_are_told() -> None:
    """Without product, without place, or no record at all: each with its number in the list."""
    value = json.loads(_plan())
    value["Positions"] += [{"Id": "x", "ProductId": "none", "X": 1, "Y": 1}, {"ProductId": "40063813330", "X": 1}, 5]
    left_out = [note.where for note in read_planogram_json(json.dumps(value).encode()).notes
                if note.kind is NoteKind.LEFT_OUT]  # fmt: skip
    assert left_out == ["positions[14]", "positions[12]", "positions[13]"]
