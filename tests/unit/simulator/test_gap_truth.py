"""The truth about empty places in a simulated camera's picture."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from shelfstream.catalogue.geometry import fit_homography, project
from shelfstream.catalogue.model import Slot
from simulator.store.bay_painter import BayPainter
from simulator.store.demo_store import demo_catalogue
from simulator.store.store import SimulatedStore
from simulator.store.truth import FrameTruth, StoreTruth, TrueState, frame_truth
from simulator.store.world import ROWS_DEEP, Stock

URL = "sim://demo-market/cam-left?seed=7&speed=60&people=0"
START = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
BORDER_MM = 12.0  # the camera is turned a little, so that boxes stick out at corners; a pixel is about three


class _FullStore(SimulatedStore):
    """A store in which nothing was ever sold."""

    def stock(self, slot: str, at_s: float) -> Stock:
        plan = self.slots[self.numbers[slot]]
        return Stock((plan.facings_high * ROWS_DEEP,) * plan.facings_wide, plan.facings_high)


@pytest.fixture(scope="module")
def frames() -> list[tuple[datetime, FrameTruth]]:
    moments = [START + timedelta(seconds=45 * number) for number in range(6)]
    return [(moment, frame_truth(URL, moment)) for moment in moments]


def _slots() -> dict[str, Slot]:
    return {slot.id: slot for slot in demo_catalogue().slots.values()}


def _in_bay(boxes_xyxy: NDArray[np.float32]) -> NDArray[np.float64]:
    """Foot corners and top corners of boxes in bay mm: (N, 4) x0, y0, x1, y1."""
    points = demo_catalogue().cameras["demo-market", "cam-left"].calibrations[0].points
    to_bay = fit_homography(np.array([p.image_px for p in points]), np.array([p.bay_mm for p in points]))
    boxes = boxes_xyxy.astype(np.float64)
    low, high = project(to_bay, boxes[:, [0, 3]]), project(to_bay, boxes[:, [2, 1]])
    return np.hstack([low, high])


def test_the_gaps_of_an_empty_slot_lie_inside_it(frames: list[tuple[datetime, FrameTruth]]) -> None:
    """Mapped to the bay, a gap of a slot that is out lies between the slot's edges and above its board."""
    slots, truth, seen = _slots(), StoreTruth.of_url(URL), 0
    shelves = {shelf.id: shelf for shelf in demo_catalogue().bays["demo-market", "bay-1"].shelves}
    for moment, frame in frames:
        out = {slot.slot for slot in truth.slots_at(moment) if slot.state is TrueState.OUT}
        for name, (x0, y0, x1, y1) in zip(frame.gap_slots, _in_bay(frame.gap_boxes_xyxy), strict=True):
            if name in out:
                slot, shelf = slots[name], shelves[slots[name].shelf]
                seen += 1
                assert slot.x_min_mm - BORDER_MM <= x0 < x1 <= slot.x_max_mm + BORDER_MM
                assert shelf.y_mm - BORDER_MM <= y0 < y1 <= shelf.y_mm + shelf.clearance_mm + BORDER_MM
    assert seen > 3


def test_every_empty_slot_shows_a_gap_and_no_full_one_does(frames: list[tuple[datetime, FrameTruth]]) -> None:
    """A slot has gaps when one of its columns is empty: always when it is out, never while all its columns stand."""
    store = SimulatedStore.open(7)
    truth = StoreTruth.of_url(URL)
    for moment, frame in frames:
        states = {slot.slot: slot.state for slot in truth.slots_at(moment) if slot.slot.startswith("b1-")}
        assert {name for name, state in states.items() if state is TrueState.OUT} <= set(frame.gap_slots)
        at_s = (moment - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds() * 60
        assert all(0 in store.stock(name, at_s).fronts for name in frame.gap_slots)


def test_ids_are_of_gaps_or_of_facings_and_lie_in_their_boxes(frames: list[tuple[datetime, FrameTruth]]) -> None:
    """Each gap's pixels are those of its id, within its box, and no facing's."""
    for _, frame in frames:
        assert not ((frame.ids > 0) & (frame.gap_ids > 0)).any()
        for row, (x0, y0, x1, y1) in enumerate(frame.gap_boxes_xyxy.astype(int), 1):
            ys, xs = np.nonzero(frame.gap_ids == row)
            assert (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1) == (x0, y0, x1, y1)


def test_a_full_bay_has_no_gap() -> None:
    """Where every column stands there is no gap, however low or narrow the packs are."""
    picture = BayPainter(_FullStore("demo-market", 7, demo_catalogue()), "cam-left").picture(0.0)
    assert picture.gap_slots == ()
    assert picture.ids.max() <= len(picture.slots)
