"""A change of state, written into the level that is its outbox."""

from datetime import datetime

from analytics.contract import Onset, SlotLevel, SlotState, Transition, UnknownReason, Versions
from analytics.settings import AnalyticsSettings


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
