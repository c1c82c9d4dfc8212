"""What ``watch`` takes and what it says."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from analytics.contract import Onset, SlotState, StockEvent, Transition
from analytics.plan_learning.learn import Learner
from deploy.watch.source_url import SECRET_NAME, source_url
from deploy.watch.watcher import camera_told, event_told, seen_told, source_told
from detector.contract import Facings, FrameFacings
from ingest.contract import CameraState, CameraStatus, FrameHeader
from shelfstream.errors import Faults

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
GTIN = "04006381333931"


def frame(sequence: int, width: int = 640, count: int = 3) -> FrameFacings:
    """A frame with some facings side by side and a gap."""
    header = FrameHeader(
        store="watch", camera="camera", epoch=1, sequence=sequence, captured_at=NOW, received_at=NOW,
        width_px=width, height_px=480,
    )  # fmt: skip
    boxes = np.array([(10 + 60 * at, 20, 60 + 60 * at, 120) for at in range(count + 1)], np.float32)
    kinds = np.array([0] * count + [1], np.int32)
    return FrameFacings.of(header, Facings.of_boxes(boxes, np.full(count + 1, 0.9, np.float32), kinds), model="test")


def event(before: SlotState, state: SlotState) -> StockEvent:
    """A change of a slot's state."""
    step = Transition(
        sequence=1, gtin=GTIN, before=before, state=state, onset=Onset(earliest=NOW, latest=NOW, level=0.9),
        decided_at=NOW, confidence=0.99,
    )  # fmt: skip
    return StockEvent(event_id="e", store="watch", slot="s2-03", bay="view", transition=step, emitted_at=NOW)


@pytest.mark.parametrize(
    ("before", "state", "told"),
    [
        (SlotState.STOCKED, SlotState.OUT, "Item 3 on shelf 2 is gone"),
        (SlotState.UNKNOWN, SlotState.OUT, "Item 3 on shelf 2 is gone"),
        (SlotState.OUT, SlotState.STOCKED, "Item 3 on shelf 2 is back"),
        (SlotState.UNKNOWN, SlotState.STOCKED, None),
        (SlotState.STOCKED, SlotState.UNKNOWN, None),
        (SlotState.OUT, SlotState.UNKNOWN, None),
    ],
)
def test_news_are_what_went_and_what_came_back(before: SlotState, state: SlotState, told: str | None) -> None:
    """Only a place that goes empty or is filled is told; what is not seen is no news."""
    assert event_told(event(before, state), {GTIN: "Item 3 on shelf 2"}) == told


def test_learning_waits_for_enough_frames_of_one_size() -> None:
    """A picture of another size is another view: learning begins again."""
    learner = Learner(frames=3, share=0.8)
    assert [learner.take(frame(at)) for at in range(2)] == [None, None]
    assert learner.take(frame(2, width=800)) is None
    assert learner.take(frame(3, width=800)) is None
    lesson = learner.take(frame(4, width=800))
    assert lesson is not None
    assert (len(lesson.places), lesson.size_wh) == (3, (800, 480))


def test_nothing_to_learn_from_goes_on_looking() -> None:
    """Pictures without anything that stays teach nothing, however many come."""
    learner = Learner(frames=3, share=0.8)
    assert [learner.take(frame(at, count=0)) for at in range(10)] == [None] * 10


def test_frames_and_cameras_are_told_in_words() -> None:
    """A person reads sentences."""
    assert seen_told(frame(1)) == "3 items and 1 gap in 640×480"
    status = CameraStatus(
        store="watch", camera="camera", epoch=1, state=CameraState.OFFLINE, since=NOW, at=NOW, detail="refused"
    )
    assert camera_told(status) == "No pictures: refused."


def test_paths_become_urls(tmp_path: Path) -> None:
    """Folder and picture as they are; a video begins again at its end; spaces and umlauts survive."""
    folder = tmp_path / "my shelf ä"
    folder.mkdir()
    (folder / "a.JPG").write_bytes(b"")
    (folder / "b.mp4").write_bytes(b"")
    assert source_url(str(folder), {}) == folder.as_uri()
    assert source_url(str(folder / "a.JPG"), {}) == (folder / "a.JPG").as_uri()
    assert source_url(str(folder / "b.mp4"), {}) == (folder / "b.mp4").as_uri() + "?loop=true"
    with pytest.raises(Faults, match="is no file or folder"):
        source_url(str(folder / "none"), {})


def test_pictures_of_all_folders_below_are_shown(tmp_path: Path) -> None:
    """A folder is watched as a whole, also where its pictures lie in several folders below, or are yet to come."""
    assert source_url(str(tmp_path), {}) == tmp_path.as_uri()
    for name in ("packshots", "scene/left"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "a.jpg").write_bytes(b"")
        assert source_url(str(tmp_path), {}) == tmp_path.as_uri()
    (tmp_path / "0.mp4").write_bytes(b"")
    assert source_url(str(tmp_path), {}) == tmp_path.as_uri()


def test_a_folder_of_videos_plays_the_first(tmp_path: Path) -> None:
    """Where there are no pictures but videos, the first by name is played, and it is said which. Nothing hidden is."""
    for name in ("b.mp4", "a 1.MOV", ".hidden.mp4", "notes.md"):
        (tmp_path / name).write_bytes(b"")
    url = source_url(str(tmp_path), {})
    assert url == (tmp_path / "a 1.MOV").as_uri() + "?loop=true"
    assert source_told(str(tmp_path), url) == "Shows a 1.MOV."
    assert source_told(str(tmp_path / "a 1.MOV"), url) is None
    assert source_told("rtsp://camera/1", "${WATCH_SOURCE}") is None


def test_a_password_goes_into_the_environment() -> None:
    """A URL with a password never stands in the catalogue."""
    environment: dict[str, str] = {}
    given = "rtsp://me:secret@camera/1"
    assert source_url(given, environment) == f"${{{SECRET_NAME}}}"
    assert environment[SECRET_NAME] == given
    assert source_url("rtsp://camera/1", environment) == "rtsp://camera/1"
