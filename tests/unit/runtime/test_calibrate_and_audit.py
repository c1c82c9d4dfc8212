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
from shelfstream.catalogue.folder.read import read_folder
from shelfstream.catalogue.geometry import fit_homography, project
from shelfstream.catalogue.model import Camera
from shelfstream.clock import ManualClock
from simulator.store.camera import SimCamera
from simulator.store.truth import StoreTruth, TrueState

_URL = "sim://demo-market/cam-left?seed=7&speed=60&people=0"
_NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_BAY_WIDTH_MM, _BAY_HEIGHT_MM = 2400.0, 1560.0


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
    assert off_px.max() < 8
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
