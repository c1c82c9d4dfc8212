"""Slots come into the plan, change their product, and go."""

from datetime import datetime

from analytics.belief import prior
from analytics.contract import SlotLevel, SlotState, UnknownReason
from analytics.settings import AnalyticsSettings
from analytics.transitions import unknown
from shelfstream.catalogue.model import Slot


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
