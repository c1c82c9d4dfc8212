"""From detected boxes to a catalogue."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.plan_learning.learn import LearnedView, bare_catalogue, learned_catalogue
from analytics.plan_learning.places import Boxes, Place, lasting_places
from analytics.plan_learning.rows import rows_of
from analytics.plans.slot_views import bays_of
from detector.boxes import iou
from shelfstream.catalogue.catalogue import CatalogueSnapshot
from shelfstream.catalogue.checks import check_catalogue

SIZE_WH = (640, 480)
VIEW = LearnedView("file:///somewhere", 1.0, 30.0)


@st.composite
def any_places(draw: st.DrawFn) -> list[Place]:
    """Boxes of all sizes anywhere in (and a little outside) the picture."""
    found = []
    for _ in range(draw(st.integers(0, 25))):
        left, top = draw(st.floats(-20, 620)), draw(st.floats(-20, 460))
        width, height = draw(st.floats(1, 300)), draw(st.floats(1, 300))
        found.append(Place(left, top, left + width, top + height, seen=draw(st.integers(1, 8))))
    return found


def shelf_boxes(rows: int = 3, columns: int = 6) -> Boxes:
    """A neat shelf: rows of packs 60 × 90 px."""
    return np.array(
        [(40 + 80 * x, 40 + 130 * y, 100 + 80 * x, 130 + 130 * y) for y in range(rows) for x in range(columns)], float
    )


@settings(deadline=None)
@given(any_places())
def test_whatever_is_seen_makes_a_sound_catalogue(places: list[Place]) -> None:
    """No heap of boxes leads to a catalogue with faults, nor to one that cameras cannot be matched to."""
    catalogue = learned_catalogue(VIEW, places, SIZE_WH)
    assert list(check_catalogue(catalogue)) == []
    (camera,) = catalogue.cameras.values()
    found = bays_of(camera, CatalogueSnapshot(1, catalogue), 0.08)
    assert sum(len(bay.slots) for bay in found) == len(catalogue.slots)


@settings(deadline=None)
@given(any_places())
def test_every_slot_holds_what_it_was_learned_from(places: list[Place]) -> None:
    """The middle of the thing that taught a slot lies in it: the same picture again shows nothing missing."""
    rows = rows_of(places, SIZE_WH)
    for row in rows:
        for spot in row.spots:
            assert spot.left < (spot.place.left + spot.place.right) / 2 < spot.right
            assert row.top < (spot.place.top + spot.place.bottom) / 2 < row.foot
    learned = [spot.place for row in rows for spot in row.spots]
    assert len(learned) == len(set(map(id, learned)))


def test_a_heap_of_boxes_is_parted_without_overlap() -> None:
    """Two boxes on the same place and smaller ones within both give spots that follow each other."""
    wide, narrow = Place(-1, 0, 8, 7, 1), Place(0, 0, 1, 7, 1)
    catalogue = learned_catalogue(VIEW, [wide, wide, narrow, narrow, Place(0, 0, 5, 7, 1)], SIZE_WH)
    assert list(check_catalogue(catalogue)) == []


def test_a_neat_shelf_is_learned_as_it_stands() -> None:
    """Three rows of six packs become three shelves of six places, counted from the floor and from the left."""
    catalogue = learned_catalogue(VIEW, lasting_places([shelf_boxes()] * 5, 0.8), SIZE_WH)
    assert len(catalogue.slots) == 18
    (bay,) = catalogue.bays.values()
    assert [shelf.id for shelf in bay.shelves] == ["s1", "s2", "s3"]
    lowest = [slot for slot in catalogue.slots_by_bay["watch", bay.id] if slot.shelf == "s1"]
    assert [slot.x_min_mm for slot in lowest] == [40, 120, 200, 280, 360, 440]
    assert catalogue.products["watch", lowest[2].gtin].name == "Item 3 on shelf 1"


@given(seed=st.integers(0, 1000), jitter=st.floats(0, 4))
def test_trembling_boxes_are_one_place(seed: int, jitter: float) -> None:
    """A detector's boxes tremble from frame to frame, and come in any order; the places stay the same."""
    dice = np.random.default_rng(seed)
    boxes = shelf_boxes()
    frames = [dice.permutation(boxes + dice.uniform(-jitter, jitter, boxes.shape)) for _ in range(6)]
    places = lasting_places(frames, 0.8)
    assert len(places) == len(boxes)
    found = np.array([(each.left, each.top, each.right, each.bottom) for each in places])
    assert (iou(boxes, found).max(axis=1) > 0.7).all()


def test_what_passes_by_is_no_place() -> None:
    """Something that moves from frame to frame is not learned."""
    frames = [np.vstack([shelf_boxes(), [[100 * step, 300, 100 * step + 90, 479]]]) for step in range(5)]
    assert len(lasting_places(frames, 0.8)) == 18


def test_a_neighbouring_fixture_does_not_cut_shelves() -> None:
    """Small boxes at other heights beside a shelf leave its rows (90 px high) nearly whole."""
    beside = np.array([(560, 90 + 60 * step, 600, 130 + 60 * step) for step in range(5)], float)
    rows = rows_of(lasting_places([np.vstack([shelf_boxes(), beside])] * 3, 1.0), SIZE_WH)
    full = [row for row in rows if len(row.spots) >= 6]
    assert len(full) == 3
    assert all(row.foot - row.top >= 80 for row in full)


def test_nothing_seen_is_a_store_with_a_camera() -> None:
    """Before anything was learned there is a store that is open day and night, and its camera."""
    catalogue = learned_catalogue(VIEW, [], SIZE_WH)
    assert catalogue == bare_catalogue(VIEW)
    assert len(catalogue.stores["watch"].hours) == 7
    assert not catalogue.slots
