"""From belief to state: pure steps that take a slot's level to its next one.

Each step returns the level itself when nothing changed. A change of state appends a ``Transition``. Slots come into the
plan, change their product and go; a slot that was not seen well enough for its limit becomes UNKNOWN.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics.belief import answered, chance_of, likeliest, prior, relaxed, seen, spoken_for
from analytics.contract import Onset, SeenFrame, Sighting, SlotLevel, SlotState, Transition, UnknownReason, Versions
from analytics.observe import Look
from analytics.settings import AnalyticsSettings
from analytics.slot_views import Watching
from shelfstream.answers import Answer
from shelfstream.catalogue.model import Slot


def unknown(
    level: SlotLevel, reason: UnknownReason, as_of: datetime, at: datetime, settings: AnalyticsSettings
) -> SlotLevel:
    """The level with its state UNKNOWN since ``as_of``, as found out at ``at``.

    What was suspected before is forgotten: nobody saw whether it came true.
    """
    onset = Onset(earliest=as_of, latest=as_of, level=1.0)
    left = changed(
        level,
        SlotState.UNKNOWN,
        onset=onset,
        decided_at=at,
        confidence=1.0,
        versions=Versions(settings=settings.version),
        transitions_kept=settings.transitions_kept,
        reason=reason,
    )
    return left.model_copy(update={"suspects": {}})


def changed(
    level: SlotLevel,
    state: SlotState,
    *,
    onset: Onset,
    decided_at: datetime,
    confidence: float,
    versions: Versions,
    transitions_kept: int,
    reason: UnknownReason | None = None,
    frames: tuple[str, ...] = (),
) -> SlotLevel:
    """The level after a change of state."""
    transition = Transition(
        sequence=level.transition_sequence + 1,
        gtin=level.gtin,
        before=level.state,
        state=state,
        reason=reason,
        onset=onset,
        decided_at=decided_at,
        confidence=confidence,
        level=level.level,
        frames=frames,
        versions=versions,
    )
    return level.model_copy(
        update={
            "state": state,
            "reason": reason,
            "since": onset.latest,
            "transition_sequence": transition.sequence,
            "transitions": (*level.transitions, transition)[-transitions_kept:],
        }
    )


def planted(slot: Slot, at: datetime, settings: AnalyticsSettings) -> SlotLevel:
    """The level of a slot that is met for the first time: UNKNOWN, never seen.

    Its sequence starts at the second of ``at``, so that a slot which is removed and planned again goes on with
    higher numbers although nothing of its former life is kept.
    """
    return SlotLevel(
        store=slot.store,
        slot=slot.id,
        bay=slot.bay,
        gtin=slot.gtin,
        revision=1,
        transition_sequence=max(0, int(at.timestamp())),
        state=SlotState.UNKNOWN,
        reason=UnknownReason.NEVER_SEEN,
        since=at,
        belief=prior(settings.belief.prior),
        updated_at=at,
    )


def replanted(level: SlotLevel, slot: Slot, at: datetime, settings: AnalyticsSettings) -> SlotLevel:
    """The level after the plan put another product into the slot: nothing is known of that one yet."""
    fresh = planted(slot, at, settings).model_copy(
        update={
            "revision": level.revision + 1,
            "seen": level.seen,
            "answers_applied": level.answers_applied,
            "transition_sequence": level.transition_sequence,
            "transitions": level.transitions,
            "state": level.state,
        }
    )
    return unknown(fresh, UnknownReason.NEVER_SEEN, at, at, settings)


def retired(level: SlotLevel, at: datetime, settings: AnalyticsSettings) -> SlotLevel:
    """The last level of a slot that is no longer planned."""
    changed = level.model_copy(update={"revision": level.revision + 1, "updated_at": at})
    return unknown(changed, UnknownReason.RETIRED, at, at, settings)


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


_LEVEL_NEW = 0.5
"""Weight of the newest frame in the shown share of facings."""

_LEVEL_DIGITS = 4


@dataclass(frozen=True, slots=True)
class SlotLook:
    """One look at one slot. ``look`` is ``None`` when the slot could not be seen; ``covered`` is the share covered.

    ``Look.DARK`` gives no evidence either, but says why.
    """

    camera: str
    epoch: int
    sequence: int
    received_at: datetime
    frame: str
    look: Look | None
    covered: float
    planned: int
    versions: Versions


def looked_at(level: SlotLevel, look: SlotLook, settings: AnalyticsSettings) -> SlotLevel:
    """Take in one frame; one that is not newer than the last of its camera changes nothing."""
    before = level.seen.get(look.camera)
    if before is not None and (look.epoch, look.sequence) <= (before.epoch, before.sequence):
        return level
    dark = look.look is Look.DARK
    taken = SeenFrame(epoch=look.epoch, sequence=look.sequence, received_at=look.received_at, dark=dark)
    changes: dict[str, object] = {
        "revision": level.revision + 1,
        "seen": {**level.seen, look.camera: taken},
        "updated_at": look.received_at,
    }
    if look.look is None or dark:
        return level.model_copy(update=changes)
    elapsed_s = _seconds_since(level.last_seen_at, look.received_at, settings)
    belief = relaxed(level.belief, elapsed_s, settings.belief)
    belief = seen(belief, look.look, elapsed_s, settings.sensor, settings.belief)
    share = look.covered if level.level is None else level.level + _LEVEL_NEW * (look.covered - level.level)
    changes |= {
        "belief": belief,
        "last_seen_at": _last_seen(level.last_seen_at, look.received_at, before),
        "level": round(share, _LEVEL_DIGITS),
        "units_missing": round((1 - share) * look.planned),
    }
    here = Sighting(at=look.received_at, frame=look.frame)
    noted = _noted(level.model_copy(update=changes), spoken_for(look.look, settings.sensor), here, settings)
    return _decided(noted, here, look.versions, settings)


def told(level: SlotLevel, answer: Answer, at: datetime, versions: Versions, settings: AnalyticsSettings) -> SlotLevel:
    """Take in what a person answered; the same answer again, or one about another product, changes nothing.

    While the slot is UNKNOWN it moves the belief and decides nothing: nobody could see whether it stays so.
    """
    if answer.answer_id in level.answers_applied or answer.gtin != level.gtin:
        return level
    belief = answered(level.belief, answer.kind, settings.belief)
    if belief is None:
        return level
    kept = (*level.answers_applied, answer.answer_id)[-settings.answers_kept :]
    moved = level.model_copy(
        update={"belief": belief, "answers_applied": kept, "revision": level.revision + 1, "updated_at": at}
    )
    return moved if level.state is SlotState.UNKNOWN else _decided(moved, Sighting(at=at, frame=""), versions, settings)


def _last_seen(last: datetime | None, now: datetime, before: SeenFrame | None) -> datetime:
    """The later of both: another camera's frame may come late. But a camera whose clock was set back says what is."""
    set_back = before is not None and now < before.received_at
    return now if last is None or set_back else max(last, now)


def _seconds_since(last: datetime | None, now: datetime, settings: AnalyticsSettings) -> float:
    return settings.belief.memory_s if last is None else (now - last).total_seconds()


def _noted(level: SlotLevel, speaks_for: SlotState, here: Sighting, settings: AnalyticsSettings) -> SlotLevel:
    """Remember where the known state was last sure, and where others were first suspected since then."""
    known = level.known
    changes: dict[str, object] = {}
    if known is not None and speaks_for is known and chance_of(level.belief, known) >= settings.belief.sure_at:
        changes = {"sure": here, "suspects": {}}
        if known is SlotState.STOCKED:
            changes["last_stocked_at"] = here.at
    elif speaks_for not in level.suspects and speaks_for is not known:
        changes = {"suspects": {**level.suspects, speaks_for: here}}
    return level.model_copy(update=changes) if changes else level


def _decided(level: SlotLevel, here: Sighting, versions: Versions, settings: AnalyticsSettings) -> SlotLevel:
    state, chance = likeliest(level.belief)
    if chance < settings.belief.decide_at or state is level.state:
        return level
    first = level.suspects.get(state, here)
    before = level.sure if level.known not in (None, state) else None
    onset = _onset(level, first, before, here, chance)
    frames = (before.frame if before is not None else "", first.frame, here.frame)
    decided = changed(
        level,
        state,
        onset=onset,
        decided_at=max(here.at, onset.latest),
        confidence=chance,
        versions=versions,
        transitions_kept=settings.transitions_kept,
        frames=_unique(frames),
    )
    stocked = here.at if state is SlotState.STOCKED else level.last_stocked_at
    return decided.model_copy(
        update={
            "known": state,
            "sure": here,
            "suspects": {},
            "last_stocked_at": stocked,
        }
    )


def _onset(level: SlotLevel, first: Sighting, before: Sighting | None, here: Sighting, chance: float) -> Onset:
    """From where the state before was last sure to where the new one was first seen, and that within what came before.

    A late frame may have been taken before its slot became UNKNOWN, and a clock may have been set back since ``first``.
    """
    latest = min(first.at, here.at)
    if level.state is SlotState.UNKNOWN:
        latest = max(latest, level.since)
    earliest = latest if before is None else min(before.at, latest)
    return Onset(earliest=earliest, latest=latest, level=chance)


def _unique(frames: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(frame for frame in frames if frame))
