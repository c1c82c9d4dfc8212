"""What a camera's clock that jumps does further down: frames keep their order, and belief goes on."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from analytics.contract import SlotLevel, SlotState, StockEvent
from detector.contract import FrameFacings
from ingest import camera_state
from ingest.camera_session import rules_of
from ingest.camera_state import Counts, Instant, Picture
from ingest.contract import CameraStatus, FrameHeader, read_frame
from ingest.frame_jpeg import FrameLimits, to_jpeg
from ingest.settings import IngestSettings
from shelfstream.bus.api import Partition, Record
from shelfstream.clock import ManualClock
from tests.unit.analytics.analytics_rig import Rig, distinct, events, levels, make_bus, publish
from tests.unit.analytics.analytics_shelf import CAMERA, SIZE_WH, SLOTS, START, STORE, facings
from tests.unit.ingest.ingest_samples import jpeg

DAY = timedelta(days=1)
EVERY_S = 2.0
FRAMES = 16
EMPTY_FROM = 8
JUMPS = {
    "a day ahead and back": lambda number: DAY if 5 <= number < 11 else timedelta(),
    "back while it is emptied": lambda number: -DAY if 7 <= number < 9 else timedelta(),
    "a day ahead for good": lambda number: DAY if number >= 5 else timedelta(),
}


def _headers(offsets: Iterable[timedelta]) -> Iterator[tuple[FrameHeader, CameraStatus | None]]:
    """What ingest makes of pictures whose own time is off, one every two seconds of its clock, and what it says."""
    settings = IngestSettings()
    rules = rules_of(settings, EVERY_S)
    picture = to_jpeg(jpeg(size_wh=SIZE_WH), FrameLimits(85, 3840, 3_500_000))
    clock = ManualClock(START)
    progress = camera_state.first_progress(STORE, CAMERA, 0, Instant.now(clock))
    for offset in offsets:
        now = clock.now()
        progress, message = camera_state.take_picture(
            progress, Picture(picture, now + offset, now), Instant.now(clock), rules
        )
        key = (message.key or "").encode()
        record = Record(Partition(message.topic, 0), 0, key, message.value, tuple(message.headers), now)
        progress, status = camera_state.say_status(progress, Counts(), Instant.now(clock), rules)
        yield read_frame(record)[0], status
        clock.advance(EVERY_S)


@contextmanager
def _analytics() -> Iterator[Rig]:
    clock = ManualClock(START)
    bus = make_bus(clock)
    publish(bus)
    with Rig(bus, clock) as rig:
        yield rig


def _decided(offsets: list[timedelta]) -> tuple[list[StockEvent], dict[str, SlotLevel], list[datetime]]:
    """Events and levels at the end, and the times at which frames said that they were taken."""
    headers = [header for header, _ in _headers(offsets)]
    with _analytics() as rig:
        for number, header in enumerate(headers):
            shown = {4: "gap"} if number >= EMPTY_FROM else {}
            rig.see(FrameFacings.of(header, facings(shown), model="test-model"))
        rig.tick()
        return distinct(events(rig.bus)), levels(rig.bus), [header.captured_at for header in headers]


@pytest.mark.parametrize("name", JUMPS)
def test_a_clock_that_jumps_changes_no_decision(name: str) -> None:
    """Events, levels and when each slot was last seen are those of a camera whose clock is right."""
    jumping = [JUMPS[name](number) for number in range(FRAMES)]
    right_events, right_levels, right_times = _decided([timedelta()] * FRAMES)
    found_events, found_levels, times = _decided(jumping)
    assert times != right_times
    assert [event.transition.state for event in found_events if event.slot == SLOTS[4]][-1] is SlotState.OUT
    assert found_events == right_events
    assert found_levels == right_levels
    last = START + timedelta(seconds=EVERY_S * (FRAMES - 1))
    assert {level.last_seen_at for level in found_levels.values()} == {last}


def test_the_jump_is_told_in_the_cameras_status() -> None:
    """Whoever looks after cameras learns by how much the clock is off, and that it is right again."""
    offsets = [timedelta()] * 4 + [DAY] * 8 + [timedelta()] * 8
    said = [status for _, status in _headers(offsets) if status is not None]
    assert DAY.total_seconds() in [status.clock_offset_s for status in said]
    assert not said[-1].clock_offset_s
