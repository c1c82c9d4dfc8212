"""What is wrong with cameras, when somebody is told of it, and when it is over: pure rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from analytics.contract import SlotLevel
from ingest.contract import CameraState, CameraStatus


class CameraTrouble(StrEnum):
    """What keeps a camera from showing its shelves."""

    OFFLINE = "offline"
    SILENT = "silent"
    """Nothing is heard of it: whoever reads it is gone."""
    MOVED = "moved"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Patience:
    """``hold_off``: how long trouble lasts before anybody is told, and how long it is over before that is;
    ``silent_after``: without any word, a camera's reader counts as gone.
    """

    hold_off: timedelta
    silent_after: timedelta


@dataclass(frozen=True, slots=True)
class TroubledCamera:
    """One stretch of trouble of a camera. ``well_since``: since when nothing was wrong, while that may be a blip.

    ``told``, ``told_back``: channels that know of the trouble, and of its end.
    """

    store: str
    camera: str
    since: datetime
    trouble: CameraTrouble
    well_since: datetime | None = None
    ended_at: datetime | None = None
    told: frozenset[str] = frozenset()
    told_back: frozenset[str] = frozenset()


Found = Mapping[str, tuple[CameraTrouble, datetime]]
"""What is wrong with cameras now, and since when."""


def troubles_now(
    statuses: Mapping[str, CameraStatus],
    levels: Iterable[SlotLevel],
    cameras: Iterable[str],
    now: datetime,
    patience: Patience,
    *,
    lit: bool,
) -> dict[str, tuple[CameraTrouble, datetime]]:
    """What is wrong with these cameras, the gravest thing each. Darkness counts while the store is open (``lit``).

    A camera that nobody has heard of yet is being set up, and in no trouble.
    """
    found: dict[str, tuple[CameraTrouble, datetime]] = {}
    for camera in set(cameras) & statuses.keys():
        status = statuses[camera]
        if now - status.at > patience.silent_after:
            found[camera] = CameraTrouble.SILENT, status.at
        elif status.state is CameraState.OFFLINE:
            found[camera] = CameraTrouble.OFFLINE, status.since
    for level in levels:
        for camera, seen in level.seen.items():
            if camera in found or camera not in statuses:
                continue
            if seen.moved:
                found[camera] = CameraTrouble.MOVED, seen.received_at
            elif seen.dark and lit:
                found[camera] = CameraTrouble.DARK, seen.received_at
    return found


def taken_up(before: TroubledCamera, found: Found, now: datetime, patience: Patience) -> TroubledCamera:
    """A stretch of trouble after a look: it goes on, may be over, or is over once it was so for the hold-off."""
    wrong = found.get(before.camera)
    if wrong is not None:
        return replace(before, trouble=wrong[0], well_since=None)
    well_since = before.well_since or now
    ended_at = well_since if now - well_since >= patience.hold_off else None
    return replace(before, well_since=well_since, ended_at=ended_at)


def is_to_tell(trouble: TroubledCamera, now: datetime, patience: Patience) -> bool:
    """Whether operators are to know of it: it has lasted, and does not seem to be over."""
    lasted = now - trouble.since >= patience.hold_off
    return lasted and trouble.well_since is None and trouble.ended_at is None


def is_to_tell_back(trouble: TroubledCamera) -> bool:
    """Whether those who know of it are to know that it is over."""
    return trouble.ended_at is not None and trouble.told_back != trouble.told
