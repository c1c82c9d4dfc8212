"""A bay without a plan: what stands there becomes a draft, and a person's corrections keep it a plan."""

from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from analytics.plan_learning.draft import DraftPlan, draft_plan
from analytics.plan_learning.edits import edge_moved, merged, named, planned, removed, sized, split
from detector.contract import Facings
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.checks import check_catalogue
from shelfstream.catalogue.finding import Severity
from shelfstream.catalogue.geometry import project
from shelfstream.catalogue.model import Bay, Calibration, CatalogueEntity, PointPair, Slot, Store
from tests.unit.analytics.photographs.synthetic_bay import GTINS, PRODUCTS, STORE, bay_of, facings_of, view_of

_ROWS = [[0, 1, 2, 3, 4], [5, 1, 6, 7, 8], [9, 10, 3, 11, 0]]
_BAY, _SLOTS = bay_of(_ROWS, wide=3)


def _calibration(image_from_bay: NDArray[np.float64], bay: Bay = _BAY) -> Calibration:
    spots = [(0.0, 0.0), (bay.width_mm, 0.0), (bay.width_mm, bay.height_mm), (0.0, bay.height_mm)]
    pixels = project(image_from_bay, np.array(spots))
    points = tuple(
        PointPair(image_px=(float(x), float(y)), bay_mm=spot) for (x, y), spot in zip(pixels, spots, strict=True)
    )
    return Calibration(bay=bay.id, points=points)


def _draft(yaw: float = 0.0, stands: dict[str, str | None] | None = None) -> DraftPlan:
    image_from_bay = view_of(_BAY, yaw).image_from_front()
    frames = [facings_of(_BAY, _SLOTS, image_from_bay, stands=stands, seed=seed) for seed in range(3)]
    return draft_plan(_BAY, _calibration(image_from_bay), frames, GTINS)


def _faults(draft: DraftPlan) -> list[str]:
    store = Store(id=STORE, name="S", time_zone="UTC", hours={})
    entities: list[CatalogueEntity] = [store, draft.bay, *draft.slots, *draft.unnamed, *PRODUCTS.values()]
    return [each.what for each in check_catalogue(Catalogue.of(entities)) if each.severity is Severity.FAULT]


def _rows(slots: Sequence[Slot]) -> list[list[str]]:
    shelves = sorted({slot.shelf for slot in slots})
    ordered = sorted(slots, key=lambda slot: slot.x_min_mm)
    return [[slot.gtin for slot in ordered if slot.shelf == shelf] for shelf in shelves]


@pytest.mark.parametrize("yaw", [-20.0, 0.0, 20.0])
def test_what_stands_there_becomes_the_plan(yaw: float) -> None:
    """Shelves, products, facings and edges are found again, a camera from the side included."""
    draft = _draft(yaw)
    assert _faults(draft) == []
    assert _rows(draft.slots) == _rows(_SLOTS)
    assert {slot.facings_wide for slot in draft.slots} == {3}
    assert draft.unnamed == ()
    boards = zip(draft.bay.shelves, _BAY.shelves, strict=True)
    assert all(abs(found.y_mm - true.y_mm) < 15 for found, true in boards)
    for found, true in zip(draft.slots, _SLOTS, strict=True):
        assert abs((found.x_min_mm + found.x_max_mm) / 2 - (true.x_min_mm + true.x_max_mm) / 2) < 25


def test_what_is_not_recognised_waits_for_a_name() -> None:
    """A place of its own each, with a number that no product has; a gap is no place."""
    frames = [facings_of(_BAY, _SLOTS, view_of(_BAY).image_from_front(), stands={"bay-s1-2": None})]
    blind = [
        type(each)(each.boxes_xyxy, each.scores, each.kinds, np.full_like(each.candidates, -1), each.candidate_scores)
        for each in frames
    ]
    draft = draft_plan(_BAY, _calibration(view_of(_BAY).image_from_front()), blind, GTINS)
    assert _faults(draft) == []
    assert len(draft.slots) == len(draft.unnamed) == 3 * (len(_SLOTS) - 1)
    assert {product.gtin for product in draft.unnamed}.isdisjoint(GTINS)


def test_packs_on_each_other_are_one_place() -> None:
    """Two rows of packs without a board between them are two facings high."""
    bay, slots = bay_of([[0, 1, 2], [3, 4, 5]])
    stacked = [slot.model_copy(update={"facings_high": 2}) for slot in slots]
    image_from_bay = view_of(bay).image_from_front()
    seen = facings_of(bay, stacked, image_from_bay)
    lower = seen.boxes_xyxy
    heights = lower[:, 3] - lower[:, 1]
    upper = lower - np.stack([0 * heights, heights, 0 * heights, heights], 1)
    both = type(seen)(
        np.concatenate([lower, upper]), np.tile(seen.scores, 2), np.tile(seen.kinds, 2),
        np.tile(seen.candidates, (2, 1)), np.tile(seen.candidate_scores, (2, 1)), seen.gtins,
    )  # fmt: skip
    draft = draft_plan(bay, _calibration(image_from_bay, bay), [both], GTINS)
    assert len(draft.bay.shelves) == 2
    assert {slot.facings_high for slot in draft.slots} == {2}


def test_an_empty_bay_is_no_plan() -> None:
    """There is nothing to draft from."""
    nothing = Facings.empty()
    with pytest.raises(ValueError, match="nothing is seen"):
        draft_plan(_BAY, _calibration(view_of(_BAY).image_from_front()), [nothing], GTINS)


_START = _draft()
_IDS = st.sampled_from([slot.id for slot in _START.slots])
_SIDES, _COUNTS, _SPOTS = st.integers(0, 1), st.sampled_from([0, 1, 2, 4, 21, 101]), st.floats(-100, 2500)
_EDITS: st.SearchStrategy[Callable[[DraftPlan], DraftPlan]] = st.one_of(
    st.builds(lambda slot, side, x: lambda draft: edge_moved(draft, slot, side, x), _IDS, _SIDES, _SPOTS),
    st.builds(lambda slot: lambda draft: split(draft, slot), _IDS),
    st.builds(lambda slot: lambda draft: merged(draft, slot), _IDS),
    st.builds(lambda slot: lambda draft: removed(draft, slot), _IDS),
    st.builds(lambda slot, wide, high: lambda draft: sized(draft, slot, wide, high), _IDS, _COUNTS, _COUNTS),
    st.builds(lambda slot, gtin: lambda draft: planned(draft, slot, gtin), _IDS, st.sampled_from(GTINS)),
    st.builds(lambda slot, name: lambda draft: named(draft, slot, name), _IDS, st.text(max_size=5)),
)  # fmt: skip


@given(st.lists(_EDITS, max_size=12))
@settings(max_examples=150, deadline=None)
def test_however_it_is_corrected_it_stays_a_plan(edits: list[Callable[[DraftPlan], DraftPlan]]) -> None:
    """Any series of corrections, refused ones among them, leaves places that do not overlap and lie in the bay."""
    draft = _START
    for edit in edits:
        with suppress(ValueError):
            draft = edit(draft)
        assert [fault for fault in _faults(draft) if "facings" not in fault] == []
        assert [Slot.model_validate(slot.model_dump()) for slot in draft.slots] == list(draft.slots)
        assert {product.gtin for product in draft.unnamed} <= {slot.gtin for slot in draft.slots}


def test_a_split_and_a_merge_are_the_same_place_again() -> None:
    """Also its facings."""
    slot = _START.slots[0]
    halves = split(_START, slot.id)
    assert len(halves.slots) == len(_START.slots) + 1
    again = merged(halves, slot.id)
    assert again.slots == _START.slots
