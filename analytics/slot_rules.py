"""The rules of a slot: pure steps that take its level to its next one.

Each step returns the level itself when nothing changed. A change of state appends a ``Transition`` to the level. Slots
come into the plan, change their product and leave it; frames are taken in a bay at a time.
"""

from collections.abc import Sequence
from datetime import datetime

from analytics.believing.arrivals import missing_since, seen_between
from analytics.believing.belief import PLACE_OF, BeliefFilter, Minds, TakenLook, Watched, chances_of, verdict_of
from analytics.believing.sensor import SeenAs
from analytics.contract import (
    AVAILABLE,
    Arrivals,
    Onset,
    Sighting,
    SlotLevel,
    SlotState,
    Transition,
    UnknownReason,
    Versions,
)
from analytics.looking.bay_frame import BayFrame
from analytics.looking.observe import DARK, NOT_VISIBLE, Observations
from analytics.plans.slot_views import facings_needed
from analytics.plans.watching import Watching, why_unknown
from analytics.settings import AnalyticsSettings
from shelfstream.answers import Answer
from shelfstream.catalogue.model import Slot

_LONG_AGO_S = 3600.0
"""A slot never seen is believed as if so much time had passed."""


class SlotRules:
    """All steps, by one set of settings."""

    def __init__(self, settings: AnalyticsSettings) -> None:
        self._settings = settings
        self._filter = BeliefFilter(settings.belief, settings.sensor)
        self._version = settings.version

    def new_level(self, slot: Slot, at: datetime) -> SlotLevel:
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
            belief=self._filter.prior(_watched(slot)),
            updated_at=at,
        )

    def replace_product(self, level: SlotLevel, slot: Slot, at: datetime) -> SlotLevel:
        """The level after the plan put another product into the slot: nothing is known of that one yet."""
        fresh = self.new_level(slot, at).model_copy(
            update={
                "revision": level.revision + 1,
                "seen": level.seen,
                "answers_applied": level.answers_applied,
                "transition_sequence": level.transition_sequence,
                "transitions": level.transitions,
                "state": level.state,
            }
        )
        return self.unknown(fresh, UnknownReason.NEVER_SEEN, at, at)

    def retire(self, level: SlotLevel, at: datetime) -> SlotLevel:
        """The last level of a slot that is no longer planned."""
        if level.reason is UnknownReason.RETIRED:
            return level
        changed = level.model_copy(update={"revision": level.revision + 1, "updated_at": at})
        return self.unknown(changed, UnknownReason.RETIRED, at, at)

    def step_bay(self, levels: Sequence[SlotLevel], frame: BayFrame, seen: Observations) -> list[SlotLevel]:
        """Take in one frame: the slots of a bay, in one order everywhere.

        A frame that is not newer than the last of its camera changes nothing. A slot that cannot be seen, or is dark,
        gives no evidence; that its camera reports is remembered.
        """
        appearances = seen.appearances.tolist()
        stepped = list(levels)
        evident = []
        for index, level in enumerate(levels):
            before = level.seen.get(frame.camera)
            if not frame.is_newer_than(before):
                continue
            if appearances[index] in (NOT_VISIBLE, DARK):
                missed = frame.missed(before, dark=appearances[index] == DARK)
                stepped[index] = level.model_copy(update=frame.reported(level, missed))
            else:
                evident.append(index)
        if evident:
            self._take_evidence(stepped, evident, frame, seen)
        return stepped

    def _take_evidence(self, levels: list[SlotLevel], evident: list[int], frame: BayFrame, seen: Observations) -> None:
        """Move the belief of the slots at ``evident``, all at once, and decide what that makes of each."""
        held = [levels[index] for index in evident]
        slots = [Watched(frame.planned[index], frame.need[index]) for index in evident]
        looks = [SeenAs(look) for look in seen.looks[evident].tolist()]
        elapsed_s = [self._elapsed_s(level, frame) for level in held]
        moved = self._filter.seen([level.minds for level in held], slots, frame.camera, looks, elapsed_s)
        here, taken = Sighting(at=frame.received_at, frame=frame.frame_id), frame.taken()
        for place, (index, level, slot, look) in enumerate(zip(evident, held, slots, looks, strict=True)):
            minds, belief = moved[place]
            known = {"minds": minds, "belief": belief, "last_seen_at": frame.last_seen(level)}
            changes = frame.reported(level, taken) | known
            missing, elapsed = belief.out + belief.misplaced, elapsed_s[place][0]
            looked = TakenLook(frame.camera, frame.received_at, elapsed, look, missing)
            changes |= self._fill(minds, slot) | {"arrivals": self._arrivals(level, minds, slot, looked)}
            if look is SeenAs.WRONG and index in seen.others:
                changes |= {"other": seen.others[index].gtin, "faced_over": seen.others[index].faced_over}
            self._note(changes, level, self._filter.speaks_for(look, slot), chances_of(belief), here)
            after = level.model_copy(update=changes)
            levels[index] = self._decided(after, slot, here, frame.versions)

    def _arrivals(self, level: SlotLevel, minds: Minds, slot: Watched, looked: TakenLook) -> Arrivals:
        """Since when the product may be missing; of a slot in which it was not known to be nobody asks."""
        if level.known not in AVAILABLE:
            return Arrivals()
        return self._filter.arrivals(level.arrivals, (level.minds, minds), slot, looked)

    def _fill(self, minds: Minds, slot: Watched) -> dict[str, object]:
        """How full the slot is believed to be, and what is missing."""
        fill = self._filter.fill(minds, slot)
        if fill is None:
            return {}
        return {
            "level": round(fill.share, 4),
            "level_between": (fill.low, fill.high),
            "units_missing": round((1 - fill.share) * slot.planned),
        }

    def _elapsed_s(self, level: SlotLevel, frame: BayFrame) -> tuple[float, float]:
        """Since the slot was last seen by any camera, and by this one."""
        own = level.seen.get(frame.camera)
        own_look = None if own is None else own.looked_at
        since_own = (frame.received_at - own_look).total_seconds() if own_look is not None else _LONG_AGO_S
        if level.last_seen_at is None:
            return _LONG_AGO_S, since_own
        return (frame.received_at - level.last_seen_at).total_seconds(), since_own

    def apply_answer(self, level: SlotLevel, slot: Slot, answer: Answer, at: datetime, versions: Versions) -> SlotLevel:
        """Take in what a person answered; the same answer again, or one about another product, changes nothing.

        While the slot is UNKNOWN it moves the belief and decides nothing: nobody could see whether it stays so.
        """
        if answer.answer_id in level.answers_applied or answer.gtin != level.gtin:
            return level
        moved_mind = self._filter.answered(level.minds, _watched(slot), answer.kind)
        if moved_mind is None:
            return level
        minds, belief = moved_mind
        kept = (*level.answers_applied, answer.answer_id)[-self._settings.answers_kept :]
        moved = level.model_copy(
            update={
                "minds": minds,
                "belief": belief,
                "answers_applied": kept,
                "revision": level.revision + 1,
                "updated_at": at,
            }
        )
        if level.state is SlotState.UNKNOWN:
            return moved
        return self._decided(moved, _watched(slot), Sighting(at=at, frame=""), versions)

    def pass_time(self, level: SlotLevel, at: datetime, watching: Watching, offline: frozenset[str]) -> SlotLevel:
        """A slot without evidence for longer than its limit is UNKNOWN as of last seen + limit, with the reason.

        ``offline`` holds the cameras of the store that are called offline. A slot that no camera sees by the
        catalogue, since its camera or its calibration is gone, does not stay as it was either. One whose bay is being
        rebuilt is UNKNOWN from when that began.
        """
        due = why_unknown(level, at, watching, offline)
        if due is None or level.reason is due[0]:
            return level
        reason, as_of = due
        if level.state is SlotState.UNKNOWN:
            as_of = at
        changed = level.model_copy(update={"revision": level.revision + 1, "updated_at": at})
        return self.unknown(changed, reason, as_of, at)

    def unknown(self, level: SlotLevel, reason: UnknownReason, as_of: datetime, at: datetime) -> SlotLevel:
        """The level with its state UNKNOWN since ``as_of``, as found out at ``at``.

        What was suspected before is forgotten: nobody saw whether it came true.
        """
        onset = Onset(earliest=as_of, latest=as_of, level=1.0)
        step = _transition(level, SlotState.UNKNOWN, onset, at, Versions(settings=self._version), reason=reason)
        return self._with(level, step, {"suspects": {}})

    def _note(
        self,
        changes: dict[str, object],
        level: SlotLevel,
        speaks_for: SlotState,
        believed: Sequence[float],
        here: Sighting,
    ) -> None:
        """Remember where the known state was last sure, and where others were first suspected since then."""
        known = level.known
        if known is not None and speaks_for is known and believed[PLACE_OF[known]] >= self._settings.belief.sure_at:
            changes |= {"sure": here, "suspects": {}}
            if known is SlotState.STOCKED:
                changes["last_stocked_at"] = here.at
        elif speaks_for not in level.suspects and speaks_for is not known:
            changes["suspects"] = {**level.suspects, speaks_for: here}

    def _decided(self, level: SlotLevel, slot: Watched, here: Sighting, versions: Versions) -> SlotLevel:
        state, chance = verdict_of(level.belief, level.state)
        if chance < self._settings.belief.decide_at or state is level.state:
            return level
        first = level.suspects.get(state, here)
        before = level.sure if level.known not in (None, state) else None
        onset = seen_between(level, first, before, here, chance)
        if state not in AVAILABLE and level.known in AVAILABLE:
            between = self._filter.went_missing(level.arrivals, level.minds, slot)
            if between is not None:
                onset = missing_since(level, between, here, self._settings.belief.interval_level)
        frames = _unique((before.frame if before is not None else "", first.frame, here.frame))
        decided_at = max(here.at, onset.latest)
        step = _transition(level, state, onset, decided_at, versions, frames=frames, confidence=chance)
        changes = {"known": state, "sure": here, "suspects": {}}
        if state is SlotState.MISPLACED:
            step = step.model_copy(update={"other": level.other, "faced_over": level.faced_over})
        else:
            changes |= {"other": None, "faced_over": False}
        if state is SlotState.STOCKED:
            changes["last_stocked_at"] = here.at
        return self._with(level, step, changes)

    def _with(self, level: SlotLevel, transition: Transition, changes: dict[str, object]) -> SlotLevel:
        """The level after a change of state, which stands in it until it is known to be sent."""
        kept = (*level.transitions, transition)[-self._settings.transitions_kept :]
        return level.model_copy(
            update={
                "state": transition.state,
                "reason": transition.reason,
                "since": transition.onset.latest,
                "transition_sequence": transition.sequence,
                "transitions": kept,
                **changes,
            }
        )


def _watched(slot: Slot) -> Watched:
    return Watched(slot.facings_planned, facings_needed(slot))


def _transition(
    level: SlotLevel,
    state: SlotState,
    onset: Onset,
    decided_at: datetime,
    versions: Versions,
    *,
    reason: UnknownReason | None = None,
    frames: tuple[str, ...] = (),
    confidence: float = 1.0,
) -> Transition:
    return Transition(
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


def _unique(frames: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(frame for frame in frames if frame))
