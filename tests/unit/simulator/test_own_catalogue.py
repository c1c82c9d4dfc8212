"""Anybody's catalogue folder as a simulated store."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from ingest.sources.captured import BadAddress
from ingest.sources.open import open_source
from shelfstream.clock import ManualClock
from simulator.store.truth import StoreTruth, frame_truth
from tests.unit.catalogue.catalogue_samples import BAYS, CAMERAS, SLOTS, write_sample
from tests.unit.ingest.ingest_samples import decoded, opening

START = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
POINTS = CAMERAS[CAMERAS.index("        - 100") :]


def _url(folder: Path, options: str = "") -> str:
    return f"sim://main-street/dairy-left?people=0&catalogue={quote(str(folder))}{options}"


def _refusal(folder: Path) -> str:
    with pytest.raises(BadAddress) as caught:
        open_source(_url(folder), {}, opening(ManualClock(START)))
    return str(caught.value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The sample store, its camera calibrated as the simulator asks for it."""
    made = write_sample(tmp_path / "my store")
    points = _refusal(made).partition("write these points: ")[2].split("; ")
    lines = "".join(f"        - {point}\n" for point in points)
    return write_sample(made, cameras_yaml=CAMERAS.replace(POINTS, lines))


def test_a_catalogue_of_ones_own_is_shown_and_its_truth_told(folder: Path) -> None:
    """The camera shows the folder's bay with its slots and products, and the truth speaks of the same store."""
    captured = open_source(_url(folder), {}, opening(ManualClock(START))).read(1)
    assert captured is not None
    assert decoded(captured.picture if isinstance(captured.picture, bytes) else b"").shape == (720, 1280, 3)
    assert {slot.slot for slot in StoreTruth.of_url(_url(folder)).slots_at(START)} == {"a1", "a2"}
    seen = frame_truth(_url(folder), START)
    assert {*seen.slots, *seen.gap_slots} == {"a1", "a2"}
    assert set(seen.gtins) <= {"04006381333931", "04012345678901"}


@pytest.mark.parametrize(
    ("edits", "told"),
    [
        ({"cameras_yaml": CAMERAS}, "off what the simulator shows of bay 'dairy-1'; write these points"),
        ({"cameras_yaml": "- {id: dairy-left, url: /x}\n"}, "says no bay"),
        ({"cameras_yaml": "- {id: other, url: /x}\n"}, "has no simulated camera 'dairy-left'; there is other"),
        ({"slots_csv": SLOTS.splitlines()[0] + "\n"}, "bay 'dairy-1' has no slots"),
        ({"bays_yaml": BAYS.replace("2000", "high")}, "bays.yaml:4"),
        ({"store_yaml": "name: Other\ntime_zone: UTC\nid: other\nhours: {}\n"}, "no simulated store 'main-street'"),
    ],
)
def test_what_the_simulator_lacks_in_a_catalogue_is_told(folder: Path, edits: dict[str, str], told: str) -> None:
    """Whoever names a folder learns what is missing in it, at the camera that names it."""
    cameras = (folder / "cameras.yaml").read_text()
    assert told in _refusal(write_sample(folder, **{"cameras_yaml": cameras, **edits}))


def test_a_folder_that_is_not_there_and_a_path_from_somewhere_are_refused(folder: Path) -> None:
    """Ingest runs anywhere, so the path must be whole; that there is no such folder is said as it is."""
    shutil.rmtree(folder)
    assert "is no folder" in _refusal(folder)
    assert "whole path" in _refusal(Path("my-store"))
