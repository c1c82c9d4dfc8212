"""``shelfstream calibrate`` and ``audit`` as a person runs them, on the simulated store with the weights that ship."""

import json
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from typer.testing import CliRunner, Result

from deploy.cli import command_line
from deploy.demo.settings import DEMO_STORE
from detector.contract import FacingKind
from detector.jpeg import read_photograph
from detector.pipeline import open_for_photographs
from shelfstream.catalogue.folder.read import read_folder
from shelfstream.catalogue.geometry import fit_homography, project
from shelfstream.catalogue.model import Camera
from shelfstream.clock import ManualClock
from simulator.store.camera import SimCamera
from simulator.store.truth import StoreTruth, TrueState

_NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
# Commands look through the camera when they run, and what is on the shelves must not depend on when that is: simulated
# time stands still, up to a blink.
_STILL = "seed=7&speed=1e-9&offset_s=311040000&people=0"
_URL = f"sim://demo-market/cam-left?{_STILL}"
_BAY_WIDTH_MM, _BAY_HEIGHT_MM = 2400.0, 1560.0
_QUARTER_FACING_PX = 12.0


def _run(words: Sequence[object]) -> Result:
    return CliRunner().invoke(command_line(), [str(word) for word in words])


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The demo's store, with no camera calibrated."""
    folder = tmp_path / "my-store"
    shutil.copytree(DEMO_STORE, folder)
    cameras = yaml.safe_load((folder / "cameras.yaml").read_text())
    for camera in cameras:
        camera["calibrations"] = []
        camera["url"] = f"sim://demo-market/{camera['id']}?{_STILL}"
    (folder / "cameras.yaml").write_text(yaml.safe_dump(cameras))
    return folder


def _camera(folder: Path, name: str) -> Camera:
    return read_folder(folder).cameras["demo-market", name]


def _corners_px(camera: Camera) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    points = camera.calibrations[0].points
    image_from_bay = fit_homography(
        np.array([pair.bay_mm for pair in points]), np.array([pair.image_px for pair in points])
    )
    corners = [(x, y) for x in (0.0, _BAY_WIDTH_MM) for y in (110.0, _BAY_HEIGHT_MM - 100)]
    return project(image_from_bay, np.array(corners))


def test_a_camera_calibrates_itself_and_a_dry_run_writes_nothing(store: Path, tmp_path: Path) -> None:
    """Within a quarter of a facing of where a person put the points; the plan is drawn over the picture."""
    words = ["calibrate", store, "--camera", "cam-left", "--bay", "bay-1"]
    dry = _run([*words, "--dry-run", "--draw", tmp_path / "drawn"])
    assert dry.exit_code == 0, dry.output
    assert _camera(store, "cam-left").calibrations == ()
    assert (tmp_path / "drawn" / "cam-left.jpg").stat().st_size > 50_000
    done = _run(words)
    assert done.exit_code == 0, done.output
    assert "sure" in done.output
    off_px = np.abs(_corners_px(_camera(store, "cam-left")) - _corners_px(_camera(DEMO_STORE, "cam-left")))
    assert off_px.max() < _QUARTER_FACING_PX
    assert _camera(store, "cam-right").calibrations == ()


def test_two_bays_with_one_plan_are_not_told_apart(store: Path) -> None:
    """The demo's bays hold the same products in the same order: the sentence names the other bay, the exit tells."""
    result = _run(["calibrate", store, "--camera", "cam-left"])
    assert result.exit_code == 1
    assert "bay bay-2" in " ".join(result.output.split())
    assert _camera(store, "cam-left").calibrations == ()


def test_a_wall_is_no_shelf(store: Path, tmp_path: Path) -> None:
    """Neither command makes anything of it."""
    wall = tmp_path / "wall.png"
    grey = np.random.default_rng(0).integers(90, 110, (480, 640, 3)).astype(np.uint8)
    wall.write_bytes(cv2.imencode(".png", grey)[1].tobytes())
    calibrated = _run(["calibrate", store, "--camera", "cam-left", "--picture", wall])
    assert calibrated.exit_code == 1
    assert "facings are seen in the picture" in " ".join(calibrated.output.split())
    audited = _run(["audit", store, "--picture", wall, "--json", tmp_path / "out.json"])
    assert audited.exit_code == 1
    assert "not judged" in audited.output
    assert json.loads((tmp_path / "out.json").read_text()) == []


def test_a_photograph_is_enough_for_an_audit(store: Path, tmp_path: Path) -> None:
    """No camera, no calibration: every empty place is named, no full one is called empty, and the records are whole."""
    photograph = tmp_path / "phone.jpg"
    photograph.write_bytes(SimCamera(_URL, ManualClock(_NOW)).frame_at(_NOW))
    out = tmp_path / "out.json"
    words = ["audit", store, "--picture", photograph, "--bay", "bay-1", "--json", out, "--draw", tmp_path / "drawn"]
    result = _run(words)
    assert result.exit_code == 0, result.output
    assert "places judged" in result.output
    records = json.loads(out.read_text())
    keys = {"picture", "bay", "slot", "gtin", "planned_product", "state", "belief", "seen_gtin"}
    assert all(set(record) == keys for record in records)
    truth = {each.slot: each.state for each in StoreTruth.of_url(_URL).slots_at(_NOW)}
    said = {record["slot"]: record["state"] for record in records}
    assert len(said) == 30
    out_slots = {slot for slot in said if truth[slot] is TrueState.OUT}
    assert {slot for slot, state in said.items() if state == "OUT"} == out_slots
    assert (tmp_path / "drawn" / "phone.jpg").stat().st_size > 50_000


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["calibrate", "{store}", "--camera", "nobody"], "there is no camera nobody"),
        (["calibrate", "{store}", "--bay", "nowhere"], "there is no bay nowhere"),
        (["calibrate", "{store}", "--picture", "{store}/store.yaml"], "say whose picture it is"),
        (["calibrate", "{store}", "--camera", "cam-left", "--picture", "{store}/store.yaml"], "store.yaml"),
        (["audit", "{store}", "--picture", "{store}/store.yaml"], "store.yaml"),
        (["audit", "{store}", "--picture", "{store}/pictures", "--json", "/nowhere/x.json"], "the folder for it"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(store: Path, words: list[str], what: str) -> None:
    """A camera, bay, picture or folder that is not there."""
    result = _run([word.format(store=store) for word in words])
    assert result.exit_code != 0
    told = f"{result.output} {getattr(result.exception, 'faults', '')}"
    assert what in " ".join(told.split())


def test_a_camera_is_added_by_its_url(store: Path) -> None:
    """It is looked through, calibrated and told how large its places are; one that cannot be reached is not added."""
    (store / "cameras.yaml").write_text("[]\n")
    added = _run(["camera", "add", store, _URL, "--bay", "bay-1"])
    # The simulator shows what a catalogue's camera of that name sees: the demo's own.
    assert added.exit_code == 0, added.output
    assert "px" in added.output
    camera = _camera(store, "cam-1")
    assert len(camera.calibrations) == 1
    off_px = np.abs(_corners_px(camera) - _corners_px(_camera(DEMO_STORE, "cam-left")))
    assert off_px.max() < _QUARTER_FACING_PX
    before = (store / "cameras.yaml").read_text()
    for words, what in (
        (["rtsp://127.0.0.1:9/none"], "camera cam-2"),
        (["rtsp://user:secret@127.0.0.1/none"], "holds a password"),
        ([_URL, "--id", "cam-1"], "there is a camera cam-1 already"),
        ([_URL, "--bay", "nowhere"], "there is no bay nowhere"),
    ):
        refused = _run(["camera", "add", store, *words])
        assert refused.exit_code != 0
        told = f"{refused.output} {getattr(refused.exception, 'faults', '')}"
        assert what in " ".join(told.split())
        assert "secret" not in told
    assert (store / "cameras.yaml").read_text() == before


def test_a_product_is_added_by_a_photograph(store: Path, tmp_path: Path) -> None:
    """Its picture lies in the folder, the rest of the table is as it was; a look-alike is named as one."""
    catalogue = read_folder(store)
    tea = next(product for product in catalogue.products.values() if product.name == "Breakfast tea")
    photograph = tmp_path / "phone.jpg"
    photograph.write_bytes((store / "pictures" / tea.pictures[0]).read_bytes())
    added = _run(["products", "add", store, "4006381333931", photograph, "--name", "Tea of another brand"])
    assert added.exit_code == 0, added.output
    after = read_folder(store)
    new = after.products["demo-market", "04006381333931"]
    assert (new.name, len(new.pictures)) == ("Tea of another brand", 1)
    assert {key: each for key, each in after.products.items() if each != new} == dict(catalogue.products)
    assert "Breakfast tea" in added.output
    more = _run(["products", "add", store, "4006381333931", photograph])
    assert more.exit_code == 0, more.output
    assert len(read_folder(store).products["demo-market", "04006381333931"].pictures) == 2
    spoilt = tmp_path / "spoilt.jpg"
    spoilt.write_bytes(photograph.read_bytes()[:400])
    for words, what in (
        (["4006381333932", photograph, "--name", "X"], "check digit"),
        (["4012345678901", photograph], "say what the product is called"),
        (["4012345678901", spoilt, "--name", "X"], "spoilt.jpg"),
    ):
        refused = _run(["products", "add", store, *words])
        assert refused.exit_code != 0
        assert what in f"{refused.output} {getattr(refused.exception, 'faults', '')}"


def test_a_facing_of_the_stores_own_shelf_becomes_a_reference(store: Path, tmp_path: Path) -> None:
    """A point on a facing takes it out of the photograph of the shelf; a point beside all of them is said."""
    picture = SimCamera(_URL, ManualClock(_NOW)).frame_at(_NOW)
    shelf = tmp_path / "shelf.jpg"
    shelf.write_bytes(picture)
    facings = open_for_photographs(None).see(read_photograph(shelf)).of_kind(FacingKind.FACING)
    left, top, right, bottom = (float(edge) for edge in facings.boxes_xyxy[0])
    middle = [str(round((left + right) / 2)), str(round((top + bottom) / 2))]
    added = _run(["products", "add", store, "4006381333931", shelf, "--name", "Tea", "--at", *middle])
    assert added.exit_code == 0, added.output
    (name,) = read_folder(store).products["demo-market", "04006381333931"].pictures
    kept = read_photograph(store / name if (store / name).exists() else store / "pictures" / name)
    assert abs(kept.shape[1] - (right - left)) <= 2
    assert abs(kept.shape[0] - (bottom - top)) <= 2
    refused = _run(["products", "add", store, "4012345678901", shelf, "--name", "X", "--at", "0", "0"])
    assert "no facing at 0, 0" in f"{refused.output} {getattr(refused.exception, 'faults', '')}"
