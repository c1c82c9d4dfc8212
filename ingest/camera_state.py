"""What one camera's pictures and silences lead to, and whether it is online. Pure: state and news in, state out.

``Health`` is a state machine with hold-off in both directions:

    unknown ──picture──► ONLINE ──no picture for offline_after_s──► OFFLINE
       └──no picture for offline_after_s──► OFFLINE ──pictures flow for online_after_s──► ONLINE

Durations go by the monotonic clock, so that a step of the wall clock changes no state.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from ingest.contract import CameraState, CameraStatus, FrameHeader, frame_message
from ingest.frame_jpeg import Jpeg
from shelfstream.bus.api import Message
from shelfstream.clock import Clock
from shelfstream.wire import UtcTime

NO_PICTURE = "no picture comes"


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment on both clocks."""

    at: datetime
    mono_s: float

    @classmethod
    def now(cls, clock: Clock) -> Self:
        """The clock's moment."""
        return cls(clock.now(), clock.monotonic_s())


@dataclass(frozen=True, slots=True)
class HoldOff:
    """How long a change must last before it is said."""

    offline_after_s: float
    online_after_s: float


@dataclass(frozen=True, slots=True)
class Health:
    """``state`` is ``None`` while nothing is known. ``last_picture`` is the start before the first one.

    ``flowing_since``: first picture of the present run without a break. ``trouble``: what went wrong last, if
    no picture came since.
    """

    state: CameraState | None
    since: datetime
    last_picture: Instant
    flowing_since: Instant | None = None
    trouble: str = ""

    @property
    def detail(self) -> str:
        """For the operator: why, as far as it is known."""
        return self.trouble or (NO_PICTURE if self.state is CameraState.OFFLINE else "")


def started(now: Instant) -> Health:
    """A camera that has just been taken up."""
    return Health(None, now.at, now)


def saw_picture(health: Health, now: Instant, hold_off: HoldOff) -> Health:
    """A good picture came."""
    flowing = health.flowing_since or now
    seen = replace(health, last_picture=now, flowing_since=flowing, trouble="")
    if health.state is None:
        return replace(seen, state=CameraState.ONLINE, since=now.at)
    return _returned(seen, now, hold_off)


def saw_bad_picture(health: Health, why: str) -> Health:
    """A picture came that cannot be used; the connection stands."""
    return replace(health, trouble=why)


def lost_source(health: Health, why: str) -> Health:
    """The source failed."""
    return replace(health, trouble=why, flowing_since=None)


def time_passed(health: Health, now: Instant, hold_off: HoldOff) -> Health:
    """Nothing happened; time alone may decide."""
    if now.mono_s - health.last_picture.mono_s < hold_off.offline_after_s:
        return _returned(health, now, hold_off)
    quiet = replace(health, flowing_since=None)
    if health.state is CameraState.OFFLINE:
        return quiet
    return replace(quiet, state=CameraState.OFFLINE, since=health.last_picture.at)


def _returned(health: Health, now: Instant, hold_off: HoldOff) -> Health:
    flowing = health.flowing_since
    if health.state is not CameraState.OFFLINE or flowing is None:
        return health
    if now.mono_s - flowing.mono_s < hold_off.online_after_s:
        return health
    return replace(health, state=CameraState.ONLINE, since=flowing.at)


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that decide."""

    hold_off: HoldOff
    heartbeat_s: float
    clock_tolerance_s: float


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of a camera's frames since its epoch began; ``refused``: why the bus did not take the last one."""

    published: int = 0
    dropped: int = 0
    refused: str = ""


@dataclass(frozen=True, slots=True)
class CameraProgress:
    """All that ingest knows of a camera it holds. ``said`` is the status said last and when."""

    store: str
    camera: str
    epoch: int
    health: Health
    next_sequence: int = 0
    clock_offset_s: float | None = None
    said: CameraStatus | None = None
    said_mono_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Picture:
    """A good picture with its times: the source's word, and ours."""

    jpeg: Jpeg
    captured_at: UtcTime
    received_at: UtcTime


def first_progress(store: str, camera: str, epoch: int, now: Instant) -> CameraProgress:
    """The progress of a camera whose claim was acknowledged at offset ``epoch``."""
    return CameraProgress(store, camera, epoch, started(now))


def take_picture(
    progress: CameraProgress, picture: Picture, now: Instant, rules: Rules
) -> tuple[CameraProgress, Message]:
    """A frame to be published, with the next sequence number."""
    header = FrameHeader(
        store=progress.store,
        camera=progress.camera,
        epoch=progress.epoch,
        sequence=progress.next_sequence,
        captured_at=picture.captured_at,
        received_at=picture.received_at,
        width_px=picture.jpeg.width_px,
        height_px=picture.jpeg.height_px,
    )
    offset_s = (picture.captured_at - picture.received_at).total_seconds()
    after = replace(
        progress,
        next_sequence=progress.next_sequence + 1,
        clock_offset_s=round(offset_s, 3) if abs(offset_s) > rules.clock_tolerance_s else None,
        health=saw_picture(progress.health, now, rules.hold_off),
    )
    return after, frame_message(header, picture.jpeg.data)


def note_bad_picture(progress: CameraProgress, why: str) -> CameraProgress:
    """A picture that cannot be used."""
    return replace(progress, health=saw_bad_picture(progress.health, why))


def note_loss(progress: CameraProgress, why: str) -> CameraProgress:
    """The source failed or cannot be opened."""
    return replace(progress, health=lost_source(progress.health, why))


def say_status(
    progress: CameraProgress, counts: Counts, now: Instant, rules: Rules
) -> tuple[CameraProgress, CameraStatus | None]:
    """The status, if there is news or a heartbeat is due. Call it often."""
    health = time_passed(progress.health, now, rules.hold_off)
    after = replace(progress, health=health)
    if health.state is None:
        return after, None
    same = progress.said is not None and progress.said.state is health.state
    if same and now.mono_s - progress.said_mono_s < rules.heartbeat_s:
        return after, None
    status = CameraStatus(
        store=progress.store,
        camera=progress.camera,
        epoch=progress.epoch,
        state=health.state,
        since=min(health.since, now.at),
        at=now.at,
        detail=counts.refused or health.detail,
        frames_published=counts.published,
        frames_dropped=counts.dropped,
        clock_offset_s=progress.clock_offset_s,
    )
    return replace(after, said=status, said_mono_s=now.mono_s), status
