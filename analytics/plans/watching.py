"""Which cameras watch a slot, and why it is UNKNOWN when none of them shows it. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics.contract import SlotLevel, UnknownReason
from shelfstream.catalogue.catalogue import CatalogueSnapshot
from shelfstream.catalogue.model import Reset


@dataclass(frozen=True)
class Watching:
    """Which cameras see a slot, after how long without evidence it counts as not seen, and when its bay is rebuilt."""

    cameras: tuple[str, ...]
    stale_after_s: float
    reset: Reset | None = None


UNWATCHED = Watching((), 60.0)
"""No camera: long enough that a camera which is entered anew, or calibrated again, makes no news of its slots."""


def watching(snapshot: CatalogueSnapshot) -> dict[tuple[str, str], Watching]:
    """For each slot that any camera sees, by (store, slot): the cameras, and the longest of their limits."""
    found: dict[tuple[str, str], Watching] = {}
    for camera in snapshot.catalogue.cameras.values():
        for calibration in camera.calibrations:
            planogram = snapshot.planograms.get((camera.store, calibration.bay))
            for slot in planogram.slots if planogram is not None else ():
                before = found.get((slot.store, slot.id), Watching((), 0.0))
                limit_s = max(before.stale_after_s, camera.stale_after_s)
                reset = None if planogram is None else planogram.bay.reset
                found[slot.store, slot.id] = Watching((*before.cameras, camera.id), limit_s, reset)
    return found


def why_unknown(
    level: SlotLevel, at: datetime, watching: Watching, offline: frozenset[str]
) -> tuple[UnknownReason, datetime] | None:
    """Why a slot that was seen once is to be UNKNOWN, and since when; ``None`` while it is known well enough.

    ``offline`` holds the cameras of the store that are called offline.
    """
    if level.last_seen_at is None:
        return None
    if watching.reset is not None and watching.reset.holds(at):
        return UnknownReason.RESET, min(at, max(watching.reset.begins, level.since))
    limit = timedelta(seconds=watching.stale_after_s)
    as_of = level.last_seen_at + limit
    return None if at <= as_of else (_why_unseen(level, at - limit, watching, offline), as_of)


def _why_unseen(level: SlotLevel, since: datetime, watching: Watching, offline: frozenset[str]) -> UnknownReason:
    if not watching.cameras:
        return UnknownReason.NO_CAMERA
    held = [level.seen[camera] for camera in watching.cameras if camera in level.seen]
    reporting = [frame for frame in held if frame.received_at > since]
    if reporting:
        if all(frame.moved for frame in reporting):
            return UnknownReason.MOVED
        # Once dark, it stays so until the slot is seen: a bay that is hardly lit would change its reason all the time.
        dark = level.reason is UnknownReason.DARK or all(frame.dark for frame in reporting)
        return UnknownReason.DARK if dark else UnknownReason.BLOCKED
    if all(camera in offline for camera in watching.cameras):
        return UnknownReason.OFFLINE
    return UnknownReason.STALE
