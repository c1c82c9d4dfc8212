"""The rules of alerts: at most one open alert per slot, whatever is repeated, late or restarted.

``Policy`` says when a state of a slot becomes an alert: by the settings and by the store's opening hours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.contract import GONE, OTHER_PRODUCT, AlertRecord, AlertStatus, alert_id_of
from alerts.model import AlertStep, Folded, OpenAlert, SlotFold
from alerts.settings import AlertsSettings
from analytics.contract import SlotState, StockEvent, UnknownReason
from shelfstream.answers import Answer, AnswerKind
from shelfstream.catalogue.hours import open_intervals
from shelfstream.catalogue.model import Store

StoreOf = Callable[[str], Store | None]
_LOOKED_AHEAD = timedelta(days=15)
_SEVERITY = {SlotState.LOW: 1, SlotState.OUT: 2}

_ANSWERS_KEPT = 50


@dataclass(frozen=True)
class Policy:
    """``store_of`` gives a store of the catalogue; one that is not there counts as always open."""

    raise_on: frozenset[SlotState]
    raise_after: timedelta
    refilled_grace: timedelta
    only_when_open: bool
    store_of: StoreOf

    @classmethod
    def of(cls, settings: AlertsSettings, store_of: StoreOf) -> "Policy":
        """The policy that these settings say."""
        return cls(
            raise_on=settings.raise_on,
            raise_after=timedelta(seconds=settings.raise_after_s),
            refilled_grace=timedelta(seconds=settings.refilled_grace_s),
            only_when_open=settings.only_when_open,
            store_of=store_of,
        )

    def open_from(self, store_id: str, at: datetime) -> datetime:
        """The first moment at or after ``at`` at which an alert may be raised.

        A store that does not open for a fortnight is looked at again after that.
        """
        store = self.store_of(store_id) if self.only_when_open else None
        if store is None:
            return at
        first = next(open_intervals(store, at, at + _LOOKED_AHEAD), None)
        return at + _LOOKED_AHEAD if first is None else first.starts_at


def is_worse(state: SlotState, than: SlotState) -> bool:
    """Whether people who know of ``than`` must be told of ``state`` as well."""
    return _SEVERITY.get(state, 0) > _SEVERITY.get(than, 0)


def on_event(before: SlotFold | None, event: StockEvent, policy: Policy) -> Folded:
    """Take in one change of a slot's state."""
    transition = event.transition
    if before is None:
        return _settled(_moved(None, event), policy)
    if transition.sequence <= before.sequence:
        return Folded(before)
    due = on_time(before, transition.decided_at, policy)
    moved = _moved(due.fold, event)
    if transition.reason is UnknownReason.RETIRED:
        gone = on_gone(moved, moved.decided_at)
        return Folded(gone.fold, due.steps + gone.steps)
    closed = _closed_by_event(moved, policy)
    settled = _settled(closed.fold, policy)
    return Folded(settled.fold, due.steps + closed.steps + settled.steps)


def on_time(fold: SlotFold, now: datetime, policy: Policy) -> Folded:
    """Raise what is due by ``now``, if the store is open then."""
    due_at = fold.due_at
    if due_at is None or due_at > now:
        return Folded(fold)
    opens_at = policy.open_from(fold.store, due_at)
    if opens_at > now:
        return Folded(fold.model_copy(update={"due_at": opens_at}))
    return _raise(fold, opens_at)


def on_answer(fold: SlotFold, answer: Answer, at: datetime, policy: Policy) -> Folded:
    """Take in what somebody answered; ``at`` is when the bus took it, since a device's clock may be wrong.

    "Refilled" closes the alert; if the camera still sees the slot empty after the grace, a new one is raised.
    Other answers are noted and leave it open. An answer to an alert that is not open any more is absorbed.
    """
    alert = fold.open
    if alert is None or answer.answer_id in alert.answers or not _meant(answer, alert):
        return Folded(fold)
    if answer.kind is AnswerKind.REFILLED:
        closed = _close(fold, alert, at, answer.kind, answer)
        return Folded(_quiet(closed.fold, at, policy), closed.steps)
    status = AlertStatus.ANSWERED
    if answer.kind is AnswerKind.ACKNOWLEDGED:
        if alert.status is not AlertStatus.RAISED:
            return Folded(fold)
        status = AlertStatus.ACKNOWLEDGED
    answers = (*alert.answers, answer.answer_id)[-_ANSWERS_KEPT:]
    moved = alert.model_copy(update={"status": status, "step": alert.step + 1, "answers": answers})
    record = _record(fold, moved, max(at, alert.raised_at), why=answer.kind, by=answer.by)
    return Folded(
        fold.model_copy(update={"open": moved}), (AlertStep(record, fold.onset, fold.level, answer.answer_id),)
    )


def on_gone(fold: SlotFold, at: datetime) -> Folded:
    """The slot is no longer planned: its alert is closed and nothing is raised.

    Analytics says so with an event, which counts as of its own time; the catalogue serves where none comes.
    """
    quiet = fold.model_copy(update={"due_at": None, "quiet_until": None})
    return Folded(quiet) if fold.open is None else _close(quiet, fold.open, at, GONE)


def _meant(answer: Answer, alert: OpenAlert) -> bool:
    if answer.alert_id is not None:
        return answer.alert_id == alert.alert_id
    return answer.gtin == alert.gtin


def _moved(before: SlotFold | None, event: StockEvent) -> SlotFold:
    """The slot in its new state, with the alert that was open; times of one slot never go back."""
    transition = event.transition
    decided_at = transition.decided_at if before is None else max(before.decided_at, transition.decided_at)
    same = before is not None and before.gtin == transition.gtin
    return SlotFold(
        store=event.store,
        slot=event.slot,
        bay=event.bay,
        gtin=transition.gtin,
        sequence=transition.sequence,
        state=transition.state,
        event_id=event.event_id,
        decided_at=decided_at,
        onset=transition.onset,
        level=transition.level,
        quiet_until=before.quiet_until if before is not None and same else None,
        open=None if before is None else before.open,
        revision=0 if before is None else before.revision,
    )


def _closed_by_event(fold: SlotFold, policy: Policy) -> Folded:
    alert = fold.open
    if alert is None:
        return Folded(fold)
    if fold.gtin != alert.gtin:
        return _close(fold, alert, fold.decided_at, OTHER_PRODUCT)
    if fold.state is SlotState.UNKNOWN:
        return Folded(fold)
    if fold.state not in policy.raise_on or is_worse(fold.state, alert.state):
        return _close(fold, alert, fold.decided_at, fold.state)
    return Folded(fold)


def _settled(fold: SlotFold, policy: Policy) -> Folded:
    """Say when the new state is due to be raised, and raise it if that is at once."""
    if fold.state is SlotState.UNKNOWN:
        return Folded(fold)
    if fold.state not in policy.raise_on:
        return Folded(fold.model_copy(update={"quiet_until": None}))
    if fold.open is not None:
        return Folded(fold)
    due_at = max(fold.decided_at + policy.raise_after, fold.quiet_until or fold.decided_at)
    pending = fold.model_copy(update={"due_at": policy.open_from(fold.store, due_at)})
    return on_time(pending, fold.decided_at, policy)


def _quiet(fold: SlotFold, at: datetime, policy: Policy) -> SlotFold:
    until = at + policy.refilled_grace
    due_at = until if fold.state in policy.raise_on else None
    return fold.model_copy(update={"quiet_until": until, "due_at": due_at})


def _raise(fold: SlotFold, at: datetime) -> Folded:
    raises = fold.raises + 1
    alert = OpenAlert(
        alert_id=alert_id_of(fold.store, fold.slot, fold.sequence, raises),
        bay=fold.bay,
        gtin=fold.gtin,
        state=fold.state,
        status=AlertStatus.RAISED,
        step=1,
        event_id=fold.event_id,
        slot_sequence=fold.sequence,
        raised_at=at,
    )
    raised = fold.model_copy(update={"open": alert, "raises": raises, "due_at": None, "quiet_until": None})
    return Folded(raised, (AlertStep(_record(fold, alert, at), fold.onset, fold.level),))


def _close(fold: SlotFold, alert: OpenAlert, at: datetime, why: str, answer: Answer | None = None) -> Folded:
    status = AlertStatus.CLEARED if answer is None else AlertStatus.ANSWERED
    closed = alert.model_copy(update={"status": status, "step": alert.step + 1})
    at = max(at, alert.raised_at)
    record = _record(fold, closed, at, why=why, by=answer.by if answer else "").model_copy(update={"cleared_at": at})
    step = AlertStep(record, fold.onset, fold.level, answer.answer_id if answer else None)
    return Folded(fold.model_copy(update={"open": None}), (step,))


def _record(fold: SlotFold, alert: OpenAlert, at: datetime, why: str = "", by: str = "") -> AlertRecord:
    return AlertRecord(
        alert_id=alert.alert_id,
        store=fold.store,
        slot=fold.slot,
        bay=alert.bay,
        gtin=alert.gtin,
        state=alert.state,
        status=alert.status,
        step=alert.step,
        event_id=alert.event_id,
        slot_sequence=alert.slot_sequence,
        raised_at=alert.raised_at,
        at=at,
        by=by,
        why=str(why),
    )
