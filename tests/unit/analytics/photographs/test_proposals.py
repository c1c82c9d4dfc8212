"""A camera finds out by itself how it sees a bay, and proposes nothing when it cannot be right."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from analytics.photographs.maps import BoxFit, corners_of, into_the_shelf
from analytics.photographs.verdict import Proposal, propose, told_apart
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.checks import check_catalogue
from shelfstream.catalogue.finding import Severity
from shelfstream.catalogue.geometry import bent, fit_homography, project, slot_fronts
from shelfstream.catalogue.model import Bay, Camera, Lens, Slot, Store
from tests.unit.analytics.photographs.synthetic_bay import (
    GTINS,
    PRODUCTS,
    SIZE_WH,
    bay_of,
    facings_of,
    named_facings,
    view_of,
)

_ROWS = [[0, 1, 2, 3, 4], [5, 1, 6, 7, 8], [9, 10, 3, 11, 0]]
_BAY, _SLOTS = bay_of(_ROWS)


def _corners_mm(bay: Bay, slots: list[Slot]) -> NDArray[np.float64]:
    feet = {shelf.id: shelf.y_mm for shelf in bay.shelves}
    spots = [(x, feet[slot.shelf] + up) for slot in slots for x in (slot.x_min_mm, slot.x_max_mm) for up in (0, 180)]
    return np.array(spots)


def _off_facings(proposal: Proposal, image_from_bay: NDArray[np.float64]) -> float:
    """How far a corner of any slot is off at most, in widths of a facing."""
    assert proposal.image_from_bay is not None
    corners = _corners_mm(_BAY, _SLOTS)
    here, there = project(proposal.image_from_bay, corners), project(image_from_bay, corners)
    width = project(image_from_bay, corners + np.array([70.0, 0.0])) - there
    return float((np.linalg.norm(here - there, axis=1) / np.linalg.norm(width, axis=1)).max())


@settings(max_examples=12, deadline=None)
@given(st.floats(-30, 30), st.floats(-10, 18), st.floats(-3, 3), st.integers(0, 9))
def test_any_camera_before_the_bay_is_found(yaw: float, pitch: float, roll: float, seed: int) -> None:
    """From all angles, with boxes a pixel off: every corner of every slot within a quarter of a facing, and sure."""
    image_from_bay = view_of(_BAY, yaw, pitch, roll).image_from_front()
    proposal = propose(_BAY, _SLOTS, PRODUCTS, facings_of(_BAY, _SLOTS, image_from_bay, seed=seed), SIZE_WH)
    assert proposal.sure, proposal.why
    assert _off_facings(proposal, image_from_bay) < 0.25
    assert len(proposal.confirmed) == len(_SLOTS)
    # The points that are written give the same map back.
    written = fit_homography(
        *(np.array(p) for p in zip(*((q.bay_mm, q.image_px) for q in proposal.points), strict=True))
    )
    again = replace(proposal, image_from_bay=written)
    assert _off_facings(again, image_from_bay) < 0.25


def test_a_fifth_empty_or_wrong_is_no_hindrance() -> None:
    """It says which places show another product than planned."""
    image_from_bay = view_of(_BAY, 20).image_from_front()
    stands = {"bay-s1-2": None, "bay-s3-4": None, "bay-s2-3": GTINS[0]}
    proposal = propose(_BAY, _SLOTS, PRODUCTS, facings_of(_BAY, _SLOTS, image_from_bay, stands=stands), SIZE_WH)
    assert proposal.sure, proposal.why
    assert _off_facings(proposal, image_from_bay) < 0.25
    assert proposal.contradicted == ("bay-s2-3",)
    assert {"bay-s1-2", "bay-s3-4", "bay-s2-3"}.isdisjoint(proposal.confirmed)


@pytest.mark.parametrize("bend", [-0.05, 0.05])
def test_a_lens_that_bends_is_found(bend: float) -> None:
    """Corners lie within a quarter of a facing through it, the written points and lens keep the catalogue's rules."""
    rows = [
        one + other for one, other in zip(_ROWS, [[6, 3, 9, 1, 7], [2, 11, 4, 10, 0], [8, 2, 5, 0, 4]], strict=True)
    ]
    bay, slots = bay_of(rows)
    image_from_bay = view_of(bay, 15, 5).image_from_front()
    lens = Lens(width_px=SIZE_WH[0], height_px=SIZE_WH[1], bend=bend)
    facings = facings_of(bay, slots, image_from_bay)
    corners = bent(lens, corners_of(facings.boxes_xyxy.astype(np.float64)).reshape(-1, 2)).reshape(-1, 4, 2)
    boxes = np.concatenate([corners.min(1), corners.max(1)], 1).astype(np.float32)
    proposal = propose(bay, slots, PRODUCTS, replace(facings, boxes_xyxy=boxes), SIZE_WH)
    assert proposal.sure, proposal.why
    assert proposal.lens is not None
    assert proposal.lens.bend == pytest.approx(bend, abs=0.02)
    assert proposal.image_from_bay is not None
    spots = np.array([(x, y) for x in (0.0, bay.width_mm) for y in (150.0, bay.height_mm - 250)])
    here, there = (
        bent(by, project(to, spots)) for by, to in ((proposal.lens, proposal.image_from_bay), (lens, image_from_bay))
    )
    assert np.linalg.norm(here - there, axis=1).max() < 8
    camera = Camera(store="s", id="c", url="x.jpg", calibrations=(proposal.calibration(),))
    store = Store(id="s", name="S", time_zone="UTC", hours={})
    told = check_catalogue(Catalogue.of([store, bay, camera, *slots, *PRODUCTS.values()]))
    assert [each.what for each in told if each.severity is Severity.FAULT] == []
    fronts = {
        slot.id: front
        for slot, front in slot_fronts(Catalogue.of([store, bay, camera, *slots, *PRODUCTS.values()]), camera)
    }
    low = np.array([(slots[0].x_max_mm, 150.0)])
    assert fronts[slots[0].id][2] == pytest.approx(bent(lens, project(image_from_bay, low))[0], abs=6)


def _mirrored() -> Proposal:
    facings = facings_of(_BAY, _SLOTS, view_of(_BAY).image_from_front())
    boxes = facings.boxes_xyxy.copy()
    boxes[:, [0, 2]] = SIZE_WH[0] - boxes[:, [2, 0]]
    return propose(_BAY, _SLOTS, PRODUCTS, replace(facings, boxes_xyxy=boxes), SIZE_WH)


def _another_bay() -> Proposal:
    other, slots = bay_of([[8, 3, 10, 1, 0], [2, 9, 4, 5, 6], [7, 0, 11, 1, 3]])
    facings = facings_of(other, slots, view_of(other).image_from_front())
    return propose(_BAY, _SLOTS, PRODUCTS, facings, SIZE_WH)


def _other_products() -> Proposal:
    other, slots = bay_of([[12, 13, 14], [15, 16, 17]])
    return propose(_BAY, _SLOTS, PRODUCTS, facings_of(other, slots, view_of(other).image_from_front()), SIZE_WH)


def _one_product_everywhere() -> Proposal:
    bay, slots = bay_of([[4, 4, 4, 4, 4], [4, 4, 4, 4, 4]])
    cropped = facings_of(bay, slots[1:4] + slots[6:9], view_of(bay).image_from_front())
    return propose(bay, slots, PRODUCTS, cropped, SIZE_WH)


def _at_random() -> Proposal:
    dice = np.random.default_rng(3)
    left_top = dice.uniform(0, (1200, 640), (60, 2))
    boxes = np.concatenate([left_top, left_top + dice.uniform(30, 80, (60, 2))], 1).astype(np.float32)
    return propose(_BAY, _SLOTS, PRODUCTS, named_facings(boxes, [0] * 60, dice.integers(0, 12, 60).tolist()), SIZE_WH)


@pytest.mark.parametrize("case", [_mirrored, _another_bay, _other_products, _one_product_everywhere, _at_random])
def test_nothing_is_proposed_when_it_cannot_be_right(case: object) -> None:
    """A mirrored picture, another bay, other products, one product everywhere, chance: not sure, and a sentence why."""
    assert callable(case)
    proposal = case()
    assert not proposal.sure
    assert len(proposal.why) > 20


def test_a_picture_without_facings_says_so() -> None:
    """A wall."""
    nothing = named_facings(np.empty((0, 4), np.float32), [], [])
    assert propose(_BAY, _SLOTS, PRODUCTS, nothing, SIZE_WH).why == "only 0 facings are seen in the picture"


def test_of_two_bays_that_are_alike_neither_is_sure() -> None:
    """Both fit as well; a bay that fits much better stays, and bays beside each other do not disturb each other."""
    first, second = (bay_of(_ROWS, name) for name in ("a", "b"))
    facings = facings_of(*first, view_of(first[0], 10).image_from_front())
    alike = [propose(*each, PRODUCTS, facings, SIZE_WH) for each in (first, second)]
    assert all(each.sure for each in alike)
    assert [each.sure for each in told_apart(alike)] == [False, False]
    worse = replace(alike[1], evidence=alike[0].evidence / 3)
    assert [(each.bay, each.sure) for each in told_apart([worse, alike[0]])] == [("a", True), ("b", False)]
    left, top, right, bottom = alike[0].box_px
    beside = replace(alike[1], box_px=(right, top, 2 * right - left, bottom))
    assert all(each.sure for each in told_apart([alike[0], beside]))


@pytest.mark.parametrize("yaw", [-35.0, -12.0, 25.0])
def test_what_stands_behind_the_front_is_found_where_a_camera_shows_it(yaw: float) -> None:
    """The map of the front tells where a point further in falls, for a camera that looks from the side."""
    view = view_of(_BAY, yaw, 10.0)
    front = view.image_from_front()
    spots = _corners_mm(_BAY, _SLOTS)
    behind = np.hstack([spots, np.full((len(spots), 1), 200.0)])
    expected = view.project(behind)[:, :2]
    mapped = np.hstack([spots, np.ones((len(spots), 1))]) @ front.T + 200.0 * into_the_shelf(front, SIZE_WH)
    assert mapped[:, :2] / mapped[:, 2:] == pytest.approx(expected, abs=0.5)


def test_packs_that_stand_back_do_not_pull_the_map_away() -> None:
    """Half of the packs 200 mm behind the edge, seen from the side: the front is still found."""
    view = view_of(_BAY, 30.0)
    front = view.image_from_front()
    dice = np.random.default_rng(1)
    quads = np.array([[(x, y + 150), (x + 80, y + 150), (x + 80, y), (x, y)] for x in range(0, 900, 90)
                      for y in (150, 450, 750)], np.float64)  # fmt: skip
    depth = np.where(dice.random(len(quads)) < 0.5, 200.0, 8.0)
    spots = np.concatenate([quads, np.broadcast_to(depth[:, None, None], (*quads.shape[:2], 1))], -1)
    pixels = view.project(spots.reshape(-1, 3))[:, :2].reshape(-1, 4, 2)
    boxes = np.hstack([pixels.min(1), pixels.max(1)])
    flat = fit_homography(quads.reshape(-1, 2), pixels.reshape(-1, 2))
    fitted = BoxFit(quads, boxes, np.ones(len(quads)), SIZE_WH).front(flat)
    assert fitted is not None
    off = [
        np.abs(project(each, quads.reshape(-1, 2)) - project(front, quads.reshape(-1, 2))).max()
        for each in (flat, fitted)
    ]
    assert off[1] < 4.0
    assert off[1] < off[0] / 3
