"""From belief to state: pure steps that take a slot's level to its next one.

Each step returns the level itself when nothing changed. A change of state appends a ``Transition``.
"""

from dataclasses import dataclass
from datetime import datetime

from analytics.belief import answered, chance_of, likeliest, relaxed, seen, spoken_for
from analytics.contract import Onset, SeenFrame, Sighting, SlotLevel, SlotState, Versions
from analytics.looks import Look
from analytics.settings import AnalyticsSettings
from analytics.transitions import changed
from shelfstream.answers import Answer

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
