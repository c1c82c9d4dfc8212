"""A plan that is written for another program says the same when it comes back."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.checks import check_catalogue
from shelfstream.catalogue.finding import Severity
from shelfstream.catalogue.model import Bay, Product, Shelf, Slot, Store
from shelfstream.catalogue.plan_files.merge import merged
from shelfstream.catalogue.plan_files.read import PlanChoices, read_plan_file
from shelfstream.catalogue.plan_files.to_catalogue import entities_of
from shelfstream.catalogue.plan_files.write import BayPlan, bay_plans, plan_json, plan_psa, plan_table
from tests.unit.catalogue.catalogue_strategies import gtins, names

_STORE = Store(id="s", name="S", time_zone="UTC", hours={})
_WRITERS: dict[str, Callable[[Sequence[BayPlan]], bytes]] = {
    "csv": lambda plans: plan_table(plans).encode(),
    "json": lambda plans: plan_json(plans).encode(),
    "psa": plan_psa,
}


@st.composite
def _stores(draw: st.DrawFn) -> Catalogue:
    """One or two bays of one to four shelves, slots side by side, products as packs are."""
    goods = [
        Product(
            store="s", gtin=gtin, name=draw(names), brand=draw(names),
            width_mm=draw(st.integers(30, 200)), height_mm=draw(st.integers(60, 300)),
        )
        for gtin in draw(st.lists(gtins, min_size=1, max_size=5, unique=True))
    ]  # fmt: skip
    entities: list[Bay | Slot] = []
    for number in range(draw(st.integers(1, 2))):
        feet = [150.0 + 400 * row for row in range(draw(st.integers(1, 4)))]
        kinds = [draw(st.sampled_from(["board", "board", "peg"])) for _ in feet]
        shelves = tuple(
            Shelf.model_validate({"id": f"row{row}", "y_mm": foot, "clearance_mm": 380, "kind": kind})
            for row, (foot, kind) in enumerate(zip(feet, kinds, strict=True))
        )
        bay = Bay(store="s", id=f"bay-{number}", width_mm=1250, height_mm=2000, shelves=shelves)
        entities.append(bay)
        for shelf in shelves:
            left = 0.0
            for place in range(draw(st.integers(1, 4))):
                right = left + draw(st.integers(40, 300))
                slot = Slot(
                    store="s", id=f"{bay.id}-{shelf.id}-{place}", bay=bay.id, shelf=shelf.id,
                    gtin=draw(st.sampled_from(goods)).gtin, x_min_mm=left, x_max_mm=right,
                    facings_wide=draw(st.integers(1, 5)), facings_high=draw(st.integers(1, 3)),
                    presentation_min=draw(st.integers(0, 1)),
                )  # fmt: skip
                entities.append(slot)
                left = right + draw(st.integers(0, 20))
    return Catalogue.of([_STORE, *goods, *entities])


def _places(catalogue: Catalogue) -> dict[str, tuple[str, str, int, int, int]]:
    return {
        slot.id: (slot.bay, slot.gtin, slot.facings_wide, slot.facings_high, slot.presentation_min)
        for slot in catalogue.slots.values()
    }


def _lengths(catalogue: Catalogue) -> list[float]:
    feet = {(bay.id, shelf.id): shelf.y_mm for bay in catalogue.bays.values() for shelf in bay.shelves}
    by_id = sorted(catalogue.slots.values(), key=lambda slot: slot.id)
    return [length for slot in by_id for length in (slot.x_min_mm, slot.x_max_mm, feet[slot.bay, slot.shelf])]


@pytest.mark.parametrize("kind", _WRITERS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(before=_stores())
def test_a_plan_comes_back(kind: str, before: Catalogue) -> None:
    """Same slots by their ids, same products, facings and lengths to a tenth of a millimetre; nothing left out."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"plan.{kind}"
        path.write_bytes(_WRITERS[kind](bay_plans(before)))
        read = read_plan_file(path, PlanChoices())
    known = frozenset(slot.id for slot in before.slots.values())
    found = [entity for plan in read.plans for entity in entities_of(read, plan, "s", known)[0]]
    after = merged(before, _STORE, found)
    assert _places(after) == _places(before)
    assert _lengths(after) == pytest.approx(_lengths(before), abs=0.1)
    assert [each.what for each in check_catalogue(after) if each.severity is Severity.FAULT] == []
