"""A camera that was moved: its row says so, and where it is allowed its calibration is made anew from what it sees."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analytics.contract import Belief, SeenFrame, SlotLevel, SlotState
from console.html.setup import camera_list
from console.setup.desk import CatalogueDesk
from console.setup.laying import laid_plan
from console.setup.recalibration import Recalibration
from console.views.build import StoreRead, store_now
from detector.contract import FrameFacings
from ingest.contract import FrameHeader
from shelfstream.catalogue.catalogue import Catalogue, CatalogueSnapshot
from shelfstream.catalogue.folder.read import read_folder
from shelfstream.catalogue.folder.write import write_folder
from shelfstream.catalogue.geometry import project
from shelfstream.catalogue.model import Calibration, Camera, PointPair, Slot, Store
from tests.unit.analytics.analytics_shelf import START
from tests.unit.analytics.photographs.synthetic_bay import PRODUCTS, SIZE_WH, STORE, bay_of, facings_of, view_of
from tests.unit.console.console_fakes import FakeCatalogue, FakeLive

_BAY, _SLOTS = bay_of([[0, 1, 2, 3, 4], [5, 1, 6, 7, 8], [9, 10, 3, 11, 0]])
_BEFORE = view_of(_BAY).image_from_front()
_AFTER = view_of(_BAY, 6, 3, 1).image_from_front()


def _calibration(image_from_bay: NDArray[np.float64]) -> Calibration:
    spots = [(0.0, 100.0), (_BAY.width_mm, 100.0), (_BAY.width_mm, 900.0), (0.0, 900.0)]
    pixels = project(image_from_bay, np.array(spots)).round(1)
    points = tuple(
        PointPair(image_px=(float(x), float(y)), bay_mm=spot) for (x, y), spot in zip(pixels, spots, strict=True)
    )
    return Calibration(bay=_BAY.id, points=points)


_CATALOGUE = Catalogue.of(
    [
        Store(id=STORE, name="S", time_zone="UTC", hours={}),
        Camera(store=STORE, id="c", url="x.jpg", calibrations=(_calibration(_BEFORE),)),
        _BAY,
        *_SLOTS,
        *PRODUCTS.values(),
    ]
)


def _level(slot: Slot, *, moved: bool) -> SlotLevel:
    seen = SeenFrame(epoch=0, sequence=9, received_at=START, moved=moved)
    return SlotLevel(
        store=STORE, slot=slot.id, bay=slot.bay, gtin=slot.gtin, revision=1, transition_sequence=1,
        state=SlotState.STOCKED, since=START, belief=Belief(stocked=1, low=0, out=0, misplaced=0), updated_at=START,
        seen={"c": seen},
    )  # fmt: skip


def _seen(sequence: int, image_from_bay: NDArray[np.float64], slots: list[Slot]) -> FrameFacings:
    header = FrameHeader(
        store=STORE, camera="c", epoch=0, sequence=sequence, captured_at=START, received_at=START,
        width_px=SIZE_WH[0], height_px=SIZE_WH[1],
    )  # fmt: skip
    return FrameFacings.of(header, facings_of(_BAY, slots, image_from_bay), model="test")


def _looked(tmp_path: Path, live: FakeLive) -> Camera:
    """The camera of the folder after one look."""
    write_folder(_CATALOGUE, tmp_path, lambda _: b"")
    Recalibration(live, FakeCatalogue(CatalogueSnapshot(1, _CATALOGUE)), CatalogueDesk(tmp_path)).step()
    return read_folder(tmp_path).cameras[STORE, "c"]


def test_a_moved_camera_is_calibrated_anew(tmp_path: Path) -> None:
    """The folder has points that put the plan where its products are now."""
    live = FakeLive({slot.id: _level(slot, moved=True) for slot in _SLOTS}, {"c": _seen(9, _AFTER, _SLOTS)})
    (found,) = _looked(tmp_path, live).calibrations
    plan = laid_plan(_CATALOGUE, _BAY, found, SIZE_WH)
    for pair in plan.handles:
        there = project(_AFTER, np.array([pair.bay_mm]))[0]
        assert np.linalg.norm(np.array(pair.image_px) - there) < 6


def test_one_that_hangs_still_or_shows_too_little_is_left_alone(tmp_path: Path) -> None:
    """Nothing is written where nothing is sure; Redis being away is no failure."""
    still = FakeLive({slot.id: _level(slot, moved=False) for slot in _SLOTS}, {"c": _seen(9, _AFTER, _SLOTS)})
    assert _looked(tmp_path, still).calibrations == (_calibration(_BEFORE),)
    few = FakeLive({slot.id: _level(slot, moved=True) for slot in _SLOTS}, {"c": _seen(9, _AFTER, _SLOTS[:2])})
    assert _looked(tmp_path, few).calibrations == (_calibration(_BEFORE),)
    assert _looked(tmp_path, FakeLive(away=True)).calibrations == (_calibration(_BEFORE),)


def test_its_row_says_so() -> None:
    """Beside the way to its calibration, and only of the camera that was moved."""
    for moved in (True, False):
        levels = {slot.id: _level(slot, moved=moved and slot is _SLOTS[0]) for slot in _SLOTS}
        now = store_now(
            _CATALOGUE, STORE, StoreRead(levels=levels), evidence=lambda _: (None, None), picture_old_after_s=15.0
        )
        assert [camera.moved for camera in now.cameras] == [moved]
        assert ("was moved" in camera_list(now)) is moved
