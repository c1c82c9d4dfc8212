"""From a camera's news to frames and statuses."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ingest.camera_state import (
    CameraProgress,
    Counts,
    HoldOff,
    Instant,
    Picture,
    Rules,
    first_progress,
    note_loss,
    say_status,
    take_picture,
)
from ingest.contract import CameraState, CameraStatus, read_frame
from ingest.frame_jpeg import Jpeg
from shelfstream.bus.api import Message, Partition, Record
from tests.unit.ingest.ingest_samples import START, jpeg

_RULES = Rules(HoldOff(10, 3), heartbeat_s=5, clock_tolerance_s=2)


def _at(seconds: float) -> Instant:
    return Instant(START + timedelta(seconds=seconds), seconds)


def _picture(seconds: float, ahead_s: float = 0) -> Picture:
    received_at = _at(seconds).at
    return Picture(Jpeg(jpeg(), 64, 48), received_at + timedelta(seconds=ahead_s), received_at)


def _read(message: Message) -> Record:
    return Record(Partition(message.topic, 0), 0, message.key.encode(), message.value, message.headers, START)


def test_a_frame_reads_back() -> None:
    """What the handler sends is what the contract reads: header, order, picture."""
    progress = first_progress("main", "left", 17, _at(0))
    progress, _ = take_picture(progress, _picture(1), _at(1), _RULES)
    _, message = take_picture(progress, _picture(2, ahead_s=-0.5), _at(2), _RULES)
    header, picture = read_frame(_read(message))
    assert header.frame_id == "main/left/17-1"
    assert (header.width_px, header.height_px, picture) == (64, 48, jpeg())
    assert header.captured_at == header.received_at - timedelta(seconds=0.5)
    assert header.visibility is None


@given(st.lists(st.floats(0.1, 30), min_size=1, max_size=40))
def test_sequences_count_up_from_zero(waits: list[float]) -> None:
    """Frames of one epoch are numbered 0, 1, 2 …, whatever the time does."""
    progress, now_s = first_progress("main", "left", 3, _at(0)), 0.0
    for expected, wait_s in enumerate(waits):
        now_s += wait_s
        progress, message = take_picture(progress, _picture(now_s), _at(now_s), _RULES)
        assert read_frame(_read(message))[0].order == (3, expected)


@given(st.lists(st.tuples(st.booleans(), st.floats(0.1, 2)), min_size=1, max_size=80))
def test_a_heartbeat_is_never_late_and_never_chatter(rounds: list[tuple[bool, float]]) -> None:
    """Status is said on every change of state and otherwise once per heartbeat, no sooner."""
    progress, now_s = first_progress("main", "left", 0, _at(0)), 0.0
    said: list[tuple[float, CameraStatus]] = []
    for has_picture, wait_s in rounds:
        now_s += wait_s
        if has_picture:
            progress, _ = take_picture(progress, _picture(now_s), _at(now_s), _RULES)
        progress, status = say_status(progress, Counts(1, 2), _at(now_s), _RULES)
        if status is not None:
            said.append((now_s, status))
        elif said:
            assert now_s - said[-1][0] < _RULES.heartbeat_s
    for (before_s, before), (after_s, after) in pairwise(said):
        assert before.state is not after.state or after_s - before_s >= _RULES.heartbeat_s


def test_a_clock_that_is_off_is_told_and_not_trusted() -> None:
    """A camera a day ahead stays online; its status tells by how much, and no more once it is right again."""
    progress = first_progress("main", "left", 0, _at(0))
    progress, _ = take_picture(progress, _picture(1, ahead_s=86_400), _at(1), _RULES)
    progress, told = say_status(progress, Counts(), _at(1), _RULES)
    assert told is not None
    assert (told.state, told.clock_offset_s) == (CameraState.ONLINE, 86_400)
    progress, _ = take_picture(progress, _picture(7), _at(7), _RULES)
    _, right = say_status(progress, Counts(), _at(7), _RULES)
    assert right is not None
    assert (right.state, right.clock_offset_s) == (CameraState.ONLINE, None)


def test_offline_carries_the_reason_and_the_counts() -> None:
    """An operator reads in the status why a camera is offline and what was lost."""
    progress: CameraProgress = note_loss(first_progress("main", "left", 0, _at(0)), "refused")
    _, status = say_status(progress, Counts(published=4, dropped=2), _at(20), _RULES)
    assert status is not None
    assert (status.state, status.detail) == (CameraState.OFFLINE, "refused")
    assert (status.frames_published, status.frames_dropped, status.since) == (4, 2, START)
