"""A photograph may be taken from any distance: packs that fill it are seen whole, and a bay is seen as before."""

from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from detector.boxes import iou
from detector.contract import FacingKind, Facings
from detector.jpeg import Image
from detector.pipeline import Detector, open_detector
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
    """A part of a bay, four times as large: its packs are where they were; at its own size none of them is found."""
    boxes = _sure(detector.see(bay))
    corner = np.array([_LEFT, _TOP])
    within = ((boxes >= np.tile(corner, 2)) & (boxes <= np.tile([_LEFT + _WIDE, _TOP + _HIGH], 2))).all(1)
    wanted = (boxes[within] - np.tile(corner, 2)) * _NEARER
    part = bay[_TOP : _TOP + _HIGH, _LEFT : _LEFT + _WIDE]
    near = np.asarray(cv2.resize(part, None, fx=_NEARER, fy=_NEARER, interpolation=cv2.INTER_CUBIC), np.uint8)
    assert len(wanted) >= 4
    assert (iou(wanted, _sure(detector.see_photograph(near))).max(1) > _SAME_IOU).all()
    assert not (iou(wanted, _sure(detector.see(near))).max(1) > _SAME_IOU).any()


def test_a_whole_bay_is_seen_as_by_a_camera(detector: Detector, bay: Image) -> None:
    """In a coarse copy packs run together: it is not believed."""
    assert np.array_equal(detector.see_photograph(bay).boxes_xyxy, detector.see(bay).boxes_xyxy)
