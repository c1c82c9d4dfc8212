"""A simulated camera's pictures: the same everywhere, and true."""

import hashlib
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from shelfstream.catalogue.geometry import fit_homography, project
from shelfstream.clock import ManualClock
from simulator.store.camera import SimCamera
from simulator.store.truth import StoreTruth, TrueState, frame_truth

URL = "sim://demo-market/cam-left?seed=7&speed=60"
EMPTY_SHOP = f"{URL}&people=0"
START = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)

_DIGEST = f"""
import hashlib
from datetime import datetime
from simulator.store.camera import SimCamera
from shelfstream.clock import SystemClock
camera = SimCamera({URL!r}, SystemClock())
print(hashlib.sha256(camera.frame_at(datetime.fromisoformat({START.isoformat()!r}))).hexdigest())
"""


@pytest.fixture(scope="module")
def camera() -> SimCamera:
    return SimCamera(EMPTY_SHOP, ManualClock(START))


def test_two_processes_see_the_same_bytes() -> None:
    """A frame follows from URL and time: another process, and this one after other frames, gives the same bytes."""
    told = subprocess.run([sys.executable, "-c", _DIGEST], capture_output=True, text=True, check=True).stdout.strip()
    camera = SimCamera(URL, ManualClock(START))
    camera.frame_at(START + timedelta(seconds=90))
    camera.frame_at(START - timedelta(hours=3))
    assert hashlib.sha256(camera.frame_at(START)).hexdigest() == told


def test_a_frame_is_a_jpeg_of_the_stated_size(camera: SimCamera) -> None:
    """What the camera publishes decodes to 1280×720; two frames are never byte for byte the same."""
    first = camera.frame()
    picture = cv2.imdecode(np.frombuffer(first, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (720, 1280, 3)
    assert first != camera.frame_at(START + timedelta(seconds=2))


def test_facings_in_the_truth_are_those_of_the_slots() -> None:
    """With nobody in the way, each slot shows as many facings as it has fronts, and an empty slot none."""
    seen = frame_truth(EMPTY_SHOP, START)
    slots = [slot for slot in StoreTruth.of_url(EMPTY_SHOP).slots_at(START) if slot.slot.startswith("b1-")]
    counts = {slot.slot: seen.slots.count(slot.slot) for slot in slots}
    # A front may stand wholly behind its neighbours; more than one lost of a hundred would be a fault.
    assert sum(counts.values()) >= 0.97 * sum(slot.facings_visible for slot in slots)
    for slot in slots:
        assert counts[slot.slot] <= slot.facings_visible
        assert (counts[slot.slot] == 0) == (slot.state is TrueState.OUT)


def test_a_taken_facing_changes_its_own_pixels(camera: SimCamera) -> None:
    """When the last unit of a slot is sold, the pixels that the truth gave to it change, far from it none do."""
    truth = StoreTruth.of_url(EMPTY_SHOP)
    span = (START, START + timedelta(seconds=120))
    episode = next(e for e in truth.out_episodes(*span) if e.began_at > START and e.slot.startswith("b1-"))
    before, after = episode.began_at - timedelta(milliseconds=5), episode.began_at + timedelta(milliseconds=5)
    seen = frame_truth(EMPTY_SHOP, before)
    rows = [row for row, slot in enumerate(seen.slots) if slot == episode.slot]
    mask = np.isin(seen.ids, [row + 1 for row in rows])
    change = np.abs(camera.picture_at(before).image.astype(int) - camera.picture_at(after).image).max(2)
    assert mask.sum() > 200
    assert (change[mask] > 8).mean() > 0.6
    others = [row for row, slot in enumerate(seen.slots) if slot[:5] != episode.slot[:5]]
    assert change[np.isin(seen.ids, [row + 1 for row in others])].max(initial=0) == 0


def test_facings_fall_into_their_slots_through_the_calibration(camera: SimCamera) -> None:
    """Mapped to the bay by the catalogue's point pairs, each facing's foot lies within its slot's range."""
    seen = frame_truth(EMPTY_SHOP, START)
    from simulator.store.demo_store import demo_catalogue  # noqa: PLC0415

    catalogue = demo_catalogue()
    points = catalogue.cameras["demo-market", "cam-left"].calibrations[0].points
    to_bay = fit_homography(np.array([p.image_px for p in points]), np.array([p.bay_mm for p in points]))
    feet = np.stack([(seen.boxes_xyxy[:, 0] + seen.boxes_xyxy[:, 2]) / 2, seen.boxes_xyxy[:, 3]], 1)
    placed = project(to_bay, feet.astype(np.float64))
    slots = {slot.id: slot for slot in catalogue.slots.values()}
    inside = [
        slots[name].x_min_mm - 60 <= x <= slots[name].x_max_mm + 60
        for name, (x, _) in zip(seen.slots, placed, strict=True)
    ]
    assert np.mean(inside) > 0.97


def test_people_pass_and_hide_some_of_the_shelf() -> None:
    """In some frames somebody stands before the goods: fewer facings are seen than are there."""
    shop, empty = SimCamera(URL, ManualClock(START)), SimCamera(EMPTY_SHOP, ManualClock(START))
    hidden = 0
    for second in range(0, 240, 3):
        now = START + timedelta(seconds=second)
        hidden += int(np.count_nonzero(shop.picture_at(now).ids) < 0.98 * np.count_nonzero(empty.picture_at(now).ids))
    assert 0 < hidden < 30
