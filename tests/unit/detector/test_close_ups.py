"""A photograph may be taken from any distance: packs that fill it are seen whole, and a bay is seen as before."""

from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector.backends.prepare import finer_scale
from detector.boxes import iou
from detector.contract import FacingKind, Facings
from detector.jpeg import Image
from detector.pipeline import NO_GALLERY, Detector, open_detector
from detector.settings import DetectorSettings
from shelfstream.clock import ManualClock
from simulator.store.camera import SimCamera

_NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_URL = "sim://demo-market/cam-left?seed=7&speed=60&people=0"
_LEFT, _TOP, _WIDE, _HIGH = 180, 170, 300, 170
_NEARER = 4
_SAME_IOU = 0.6


@pytest.fixture(scope="module")
def detector() -> Detector:
    return open_detector(DetectorSettings())


@pytest.fixture(scope="module")
def bay(detector: Detector) -> Image:
    return detector.open_jpeg(SimCamera(_URL, ManualClock(_NOW)).frame_at(_NOW))


def _sure(facings: Facings) -> NDArray[np.float64]:
    sure = (facings.kinds == FacingKind.FACING) & (facings.scores > 0.5)
    return np.asarray(facings.boxes_xyxy[sure], np.float64)


def test_packs_that_fill_a_picture_are_seen_whole(detector: Detector, bay: Image) -> None:
    """A part of a bay, four times as large: its packs are where they were, none of them in parts."""
    boxes = _sure(detector.see(bay))
    corner = np.array([_LEFT, _TOP])
    within = ((boxes >= np.tile(corner, 2)) & (boxes <= np.tile([_LEFT + _WIDE, _TOP + _HIGH], 2))).all(1)
    wanted = (boxes[within] - np.tile(corner, 2)) * _NEARER
    part = bay[_TOP : _TOP + _HIGH, _LEFT : _LEFT + _WIDE]
    near = np.asarray(cv2.resize(part, None, fx=_NEARER, fy=_NEARER, interpolation=cv2.INTER_CUBIC), np.uint8)
    assert len(wanted) >= 4
    assert (iou(wanted, _sure(detector.see(near))).max(1) > _SAME_IOU).all()


def test_a_whole_bay_is_looked_at_in_its_own_size(detector: Detector, bay: Image) -> None:
    """In a coarse copy packs run together: it is not believed."""
    assert detector.see_next(bay, NO_GALLERY, None).scale == 1


def test_a_camera_close_to_its_packs_is_looked_at_from_the_right_distance(detector: Detector, bay: Image) -> None:
    """Its first frame tells how large packs are; every other is looked at once, at that size, and sees them whole."""
    part = bay[_TOP : _TOP + _HIGH, _LEFT : _LEFT + _WIDE]
    near = np.asarray(cv2.resize(part, None, fx=_NEARER, fy=_NEARER, interpolation=cv2.INTER_CUBIC), np.uint8)
    first = detector.see_next(near, NO_GALLERY, None)
    assert first.scale < 1
    assert np.array_equal(first.facings.boxes_xyxy, detector.see(near).boxes_xyxy)
    later = detector.see_next(np.ascontiguousarray(near[:, ::-1]), NO_GALLERY, first)
    assert (later.scale, later.looks) == (first.scale, first.looks + 1)


def test_small_packs_of_a_large_picture_are_looked_at_more_closely(bay: Image) -> None:
    """A bay far away, with the pixels to see it by: packs are found that were too small at the usual size."""
    detector = open_detector(DetectorSettings(work_pixels=400_000))
    wanted = _sure(open_detector(DetectorSettings()).see(bay))
    far = np.full((1800, 2400, 3), 114, np.uint8)
    far[: bay.shape[0], : bay.shape[1]] = bay
    held = open_detector(DetectorSettings(work_pixels=400_000, most_work_pixels=400_000))
    usual = (iou(wanted, _sure(held.see(far))).max(1, initial=0) > _SAME_IOU).mean()
    seen = detector.see_next(far, NO_GALLERY, None)
    closer = (iou(wanted, _sure(seen.facings)).max(1, initial=0) > _SAME_IOU).mean()
    assert seen.scale > 1.15
    assert closer > usual + 0.2
    assert held.see_next(far, NO_GALLERY, None).scale == 1


@given(
    facing_px=st.floats(0, 400), work=st.integers(10_000, 2_000_000), pixels=st.integers(10_000, 40_000_000),
    most=st.integers(10_000, 8_000_000),
)  # fmt: skip
def test_no_copy_is_larger_than_the_picture_or_the_bound(facing_px: float, work: int, pixels: int, most: int) -> None:
    """And facings never come out larger than those that the model knows best."""
    scale = finer_scale(facing_px, work, pixels, most)
    assert scale >= 1
    if scale > 1:
        assert work * scale**2 <= min(pixels, most) * 1.001
        assert facing_px * scale <= 48.01
