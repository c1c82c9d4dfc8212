"""Whether a camera is online: a state machine with hold-off both ways. Pure.

    unknown ──picture──► ONLINE ──no picture for offline_after_s──► OFFLINE
       └──no picture for offline_after_s──► OFFLINE ──pictures flow for online_after_s──► ONLINE

Durations go by the monotonic clock, so that a step of the wall clock changes no state.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from ingest.contract import CameraState
from shelfstream.clock import Clock

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
