"""Nobody is believed for ever: a slot that was not seen well enough for its limit becomes UNKNOWN."""

from datetime import datetime, timedelta

from analytics.contract import SlotLevel, SlotState, UnknownReason
from analytics.geometry import Watching
from analytics.settings import AnalyticsSettings
from analytics.transitions import unknown


def unseen(
    level: SlotLevel, at: datetime, watching: Watching, offline: frozenset[str], settings: AnalyticsSettings
) -> SlotLevel:
    """A slot without evidence for longer than its limit is UNKNOWN as of last seen + limit, with the reason.

    ``offline`` holds the cameras of the store that are called offline. A slot that no camera sees by the catalogue,
    since its camera or its calibration is gone, is not believed for ever either.
    """
    if level.last_seen_at is None:
        return level
    limit = timedelta(seconds=watching.stale_after_s)
    as_of = level.last_seen_at + limit
    if at <= as_of:
        return level
    reason = _why(level, at - limit, watching, offline)
    if level.reason is reason:
        return level
    if level.state is SlotState.UNKNOWN:
        as_of = at
    changed = level.model_copy(update={"revision": level.revision + 1, "updated_at": at})
    return unknown(changed, reason, as_of, at, settings)


def _why(level: SlotLevel, since: datetime, watching: Watching, offline: frozenset[str]) -> UnknownReason:
    if not watching.cameras:
        return UnknownReason.NO_CAMERA
    held = [level.seen[camera] for camera in watching.cameras if camera in level.seen]
    reporting = [frame for frame in held if frame.received_at > since]
    if reporting:
        # Once dark, it stays so until the slot is seen: a bay that is hardly lit would change its reason all the time.
        dark = level.reason is UnknownReason.DARK or all(frame.dark for frame in reporting)
        return UnknownReason.DARK if dark else UnknownReason.BLOCKED
    if all(camera in offline for camera in watching.cameras):
        return UnknownReason.OFFLINE
    return UnknownReason.STALE
