"""Models that are tried, accepted and taken back while detectors run."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.contract import FacingKind, Facings
from detector.gallery.gallery import Gallery
from detector.handler import DecodedFrame, DetectorHandler, Housekeeping, OnTrial
from detector.manifest import SHIPPED, read_manifest
from detector.pipeline import Detector
from detector.releases.chores import Chores
from detector.releases.folder import COMPARISONS, STATE, ReleaseFolder
from detector.releases.following import Following
from detector.releases.trial import CameraTrial, Trial, by_camera, comparisons_of
from detector.releases.verdict import FigurePair, objections
from ingest.contract import FrameHeader
from shelfstream.bus.api import Partition, Record
from shelfstream.bus.stage import Received
from shelfstream.errors import Faults
from tests.unit.detector.detector_rig import seeing_bright_things, shelf

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
RED, BLUE, DARK = (30, 30, 250), (250, 40, 30), (5, 5, 5)
_GOOD = {"AP50": FigurePair(0.7, 0.8, more_is_better=True)}


class NoGalleries:
    """Counts how often the catalogue is followed."""

    def __init__(self) -> None:
        self.refreshed = 0

    def refresh(self) -> None:
        self.refreshed += 1


def _frame() -> Received[DecodedFrame]:
    header = FrameHeader(
        store="mill-road", camera="c1", epoch=1, sequence=7, captured_at=NOW, received_at=NOW, width_px=640,
        height_px=352,
    )  # fmt: skip
    record = Record(Partition("frames", 0), 1, b"mill-road/c1", b"", (), NOW)
    return Received(record, DecodedFrame(header, shelf(RED, DARK, BLUE)))


def test_a_model_is_proposed_accepted_and_taken_back(tmp_path: Path) -> None:
    """Its files are copied and checked; accepting it ends the trial; what ran before is never lost."""
    folder = ReleaseFolder(tmp_path / "models")
    shipped = read_manifest(SHIPPED)
    assert folder.state().current == ""
    folder.propose(SHIPPED)
    assert folder.state().candidate == shipped.model
    copied = folder.manifest_of(shipped.model)
    assert copied is not None
    assert read_manifest(copied).model == shipped.model
    folder.accept(NOW, "better")
    assert (folder.state().current, folder.state().candidate) == (shipped.model, "")
    with pytest.raises(Faults, match="no candidate"):
        folder.accept(NOW, "again")
    assert folder.roll_back().current == ""
    with pytest.raises(Faults, match="nothing was accepted"):
        folder.roll_back()


def test_spoilt_weights_are_not_proposed_and_a_spoilt_state_is_told(tmp_path: Path) -> None:
    """A file that is not what its manifest says never reaches the folder."""
    manifest = tmp_path / "x.json"
    manifest.write_bytes(SHIPPED.read_bytes())
    for name in read_manifest(SHIPPED).files:
        (tmp_path / name).write_bytes(b"spoilt")
    folder = ReleaseFolder(tmp_path / "models")
    with pytest.raises(Faults, match="hash differs"):
        folder.propose(manifest)
    assert folder.state().candidate == ""
    (tmp_path / "models").mkdir(exist_ok=True)
    (tmp_path / "models" / STATE).write_text("{")
    with pytest.raises(Faults, match="models"):
        folder.state()


def test_a_running_detector_follows_without_a_restart(tmp_path: Path) -> None:
    """On the next tick after a model is accepted frames are looked at by it, and on the next after a rollback not."""
    opened: list[Path | None] = []
    detectors: dict[Path | None, Detector] = {}

    def open_it(manifest: Path | None) -> Detector:
        opened.append(manifest)
        return detectors.setdefault(manifest, seeing_bright_things()[0])

    folder = ReleaseFolder(tmp_path)
    handler = DetectorHandler(open_it(None), lambda _: Gallery(), trial_every=1)
    galleries = NoGalleries()
    chores = Chores(galleries, handler, Following(tmp_path, open_it))  # type: ignore[arg-type]
    tick = handler.handle(None, [], NOW).effects
    assert tick == (Housekeeping.FOLLOW_CATALOGUE, Housekeeping.FOLLOW_MODELS)
    chores.do(tick)
    assert galleries.refreshed == 1
    folder.propose(SHIPPED)
    chores.do(tick)
    (tried,) = handler.handle(None, [_frame()], NOW).effects
    assert isinstance(tried, OnTrial)
    chores.do([tried])
    assert len(comparisons_of(tmp_path)) == 1
    folder.accept(NOW, "")
    chores.do(tick)
    assert opened[-1] == folder.manifest_of(read_manifest(SHIPPED).model)
    assert handler.handle(None, [_frame()], NOW).effects == ()
    times = len(opened)
    chores.do(tick)
    assert len(opened) == times
    folder.roll_back()
    chores.do(tick)
    assert opened[-1] is None


def test_a_model_that_cannot_be_opened_leaves_the_one_before(tmp_path: Path) -> None:
    """Somebody deletes the accepted model's files: the detector goes on with what it has."""
    good = seeing_bright_things()[0]

    def open_it(manifest: Path | None) -> Detector:
        if manifest is not None:
            raise Faults("model", [])
        return good

    following = Following(tmp_path, open_it)
    first = following.changed()
    assert first is not None
    assert first.detector is good
    folder = ReleaseFolder(tmp_path)
    folder.propose(SHIPPED)
    folder.accept(NOW, "")
    after = following.changed()
    assert after is not None
    assert after.detector is good
    (tmp_path / STATE).write_text("{")
    assert following.changed() is None


def test_what_both_models_see_is_counted_by_camera(tmp_path: Path) -> None:
    """Two facings and a gap, seen alike by both; a line that a crash cut is left out."""
    detector = seeing_bright_things()[0]
    image = shelf(RED, DARK, BLUE)
    trial = Trial(detector, tmp_path)
    for _ in range(2):
        trial.compare(("mill-road", "c1", NOW), image, detector.see(image))
    trial.compare(("mill-road", "c2", NOW), image, Facings.empty())
    with (tmp_path / COMPARISONS).open("a") as file:
        file.write('{"store": "mill')
    found = by_camera(comparisons_of(tmp_path))
    assert found["mill-road", "c1"] == CameraTrial(2, 4, 4, 4, 2, 2, 2)
    assert found["mill-road", "c2"] == CameraTrial(1, 0, 2, 0, 0, 1, 0)
    assert json.loads((tmp_path / COMPARISONS).read_text().splitlines()[0])["candidate"] == detector.model
    assert int((detector.see(image).kinds == FacingKind.GAP).sum()) == 1
    assert np.isfinite(detector.see(image).scores).all()


@given(before=st.floats(0, 1), after=st.floats(0, 1), seen=st.integers(0, 500), both=st.integers(0, 500))
def test_nothing_that_loses_is_taken(before: float, after: float, seen: int, both: int) -> None:
    """A figure that falls by more than .03, or three in ten facings that are gone on live frames, is an objection."""
    figures = {**_GOOD, "gaps found": FigurePair(before, after, more_is_better=True)}
    live = {("s", "c"): CameraTrial(5, seen, seen, min(both, seen), 0, 0, 0)}
    worse = before - after > 0.03 or (seen > 0 and min(both, seen) < 0.7 * seen)
    assert bool(objections(figures, live)) == worse


def test_what_was_not_judged_or_is_no_better_is_not_taken() -> None:
    """Without figures nothing speaks for a model; equal figures do not either; a flood of gaps speaks against it."""
    assert objections({}, {})
    assert objections({"AP50": FigurePair(0.8, 0.8, more_is_better=True)}, {})
    assert objections(_GOOD, {}) == []
    assert objections(_GOOD, {("s", "c"): CameraTrial(5, 10, 10, 10, 3, 20, 3)}) == []
    assert "21 gaps" in objections(_GOOD, {("s", "c"): CameraTrial(5, 10, 10, 10, 3, 21, 3)})[0]
