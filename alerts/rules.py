"""The rules of alerts: at most one open alert per slot, whatever is repeated, late or restarted."""

from datetime import datetime

from alerts.budget import with_raised, with_verdict
from alerts.contract import GONE, NOT_REFILLED, NOT_TAKEN, OTHER_PRODUCT, REBUILT, AlertRecord, AlertStatus, alert_id_of
from alerts.model import AlertStep, Folded, OpenAlert, Said, SlotFold, WaitsFor
from alerts.policy import Policy, is_worse, outlives
from analytics.contract import SlotState, StockEvent, UnknownReason
from shelfstream.answers import Answer, AnswerKind

_ANSWERS_KEPT = 50
_SAYS_WRONG = {AnswerKind.NOT_EMPTY: True, AnswerKind.REFILLED: False, AnswerKind.NO_STOCK_IN_BACK: False}
"""Answers that say whether an alert was wrong; those about the plan do not."""


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
    closed = _closed_by_event(moved, transition.reason, policy)
    settled = _settled(closed.fold, policy)
    return Folded(settled.fold, due.steps + closed.steps + settled.steps)


def on_time(fold: SlotFold, now: datetime, policy: Policy) -> Folded:
    """Raise and escalate what is due by ``now``, if the store is told of alerts then."""
    raised = _raised(fold, now, policy)
    if raised.fold.open is None:
        return raised
    escalated = _escalated(raised.fold, raised.fold.open, now, policy)
    return Folded(escalated.fold, raised.steps + escalated.steps)


def _raised(fold: SlotFold, now: datetime, policy: Policy) -> Folded:
    due_at = fold.due_at
    if due_at is None or due_at > now:
        return Folded(fold)
    found = policy.told_from(fold.store, due_at)
    if found.at > now:
        return Folded(fold.model_copy(update={"due_at": found.at, "waits_for": found.waits_for}))
    book = policy.book(fold, found.at)
    waits_until = None if book is None else book.waits(fold, found.at)
    if waits_until is not None:
        return Folded(fold.model_copy(update={"due_at": waits_until, "waits_for": WaitsFor.BUDGET}))
    return _raise(fold, found.at, policy)


def on_answer(fold: SlotFold, answer: Answer, at: datetime, policy: Policy) -> Folded:
    """Take in what somebody answered; ``at`` is when the bus took it, since a device's clock may be wrong.

    What says that nothing is to be brought now closes the alert and holds the next one for a while (``Policy.holds``):
    refilled, later, not empty, plan is wrong, discontinued. Other answers are noted and leave it open; one that was
    acknowledged waits for its refill and is open to others again after that (``Policy.acknowledged_holds``). An answer
    to an alert that is not open any more is absorbed.
    """
    due = on_time(fold, at, policy) if fold.open is not None else Folded(fold)
    answered = _answered(due.fold, answer, at, policy)
    return Folded(_judged(answered.fold, due.fold, answer, at), due.steps + answered.steps)


def _judged(fold: SlotFold, before: SlotFold, answer: Answer, at: datetime) -> SlotFold:
    """The slot with what an answer to its open alert says of how often its alerts are right."""
    alert = before.open
    if alert is None or answer.kind not in _SAYS_WRONG or not _meant(answer, alert):
        return fold
    return with_verdict(fold, alert.alert_id, at, wrong=_SAYS_WRONG[answer.kind])


def _answered(fold: SlotFold, answer: Answer, at: datetime, policy: Policy) -> Folded:
    alert = fold.open
    if alert is None or answer.answer_id in alert.answers or not _meant(answer, alert):
        return Folded(fold)
    hold = policy.hold_after(answer.kind, alert.state, at)
    if hold is not None:
        closed = _close(fold, alert, at, answer.kind, answer)
        held = closed.fold.model_copy(update={"hold": hold})
        return Folded(_waiting(held, held.decided_at, policy) if fold.state in policy.raise_on else held, closed.steps)
    if answer.kind is AnswerKind.HANDED_OVER:
        return _handed_over(fold, alert, answer, at, policy)
    status = AlertStatus.ANSWERED
    if answer.kind is AnswerKind.ACKNOWLEDGED:
        if alert.status is not AlertStatus.RAISED:
            return Folded(fold)
        status = AlertStatus.ACKNOWLEDGED
    answers = (*alert.answers, answer.answer_id)[-_ANSWERS_KEPT:]
    escalates_at = policy.escalates_at(status, at)
    told = {"status": status, "step": alert.step + 1, "answers": answers, "escalates_at": escalates_at}
    moved = alert.model_copy(update=told)
    record = _record(fold, moved, max(at, alert.raised_at), why=answer.kind, by=answer.by)
    return Folded(
        fold.model_copy(update={"open": moved}), (AlertStep(record, fold.onset, fold.level, answer.answer_id),)
    )


def _handed_over(fold: SlotFold, alert: OpenAlert, answer: Answer, at: datetime, policy: Policy) -> Folded:
    """Open to everybody again, and told to who is on shift now; in quiet hours to others at their end."""
    if alert.status is not AlertStatus.ACKNOWLEDGED:
        return Folded(fold)
    told_at = policy.told_from(fold.store, at).at
    escalates_at = policy.escalates_at(AlertStatus.RAISED, at) if told_at <= at else told_at
    answers = (*alert.answers, answer.answer_id)[-_ANSWERS_KEPT:]
    left = {"status": AlertStatus.RAISED, "step": alert.step + 1, "answers": answers, "escalates_at": escalates_at}
    moved = alert.model_copy(update=left)
    record = _record(fold, moved, max(at, alert.raised_at), why=answer.kind, by=answer.by)
    step = AlertStep(record, fold.onset, fold.level, answer.answer_id, silent=told_at > at)
    return Folded(fold.model_copy(update={"open": moved}), (step,))


def on_gone(fold: SlotFold, at: datetime) -> Folded:
    """The slot is no longer planned: its alert is closed and nothing is raised.

    Analytics says so with an event, which counts as of its own time; the catalogue serves where none comes.
    """
    quiet = fold.model_copy(update={"due_at": None, "waits_for": None, "hold": None})
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
        chance=transition.confidence,
        said=Said() if before is None else before.said,
        lately=() if before is None else before.lately,
        hold=before.hold if before is not None and same and outlives(before.hold, transition.state) else None,
        open=None if before is None else before.open,
        revision=0 if before is None else before.revision,
    )


def _closed_by_event(fold: SlotFold, reason: UnknownReason | None, policy: Policy) -> Folded:
    alert = fold.open
    if alert is None:
        return Folded(fold)
    if reason is UnknownReason.RESET:
        return _close(fold, alert, fold.decided_at, REBUILT)
    if fold.gtin != alert.gtin:
        return _close(fold, alert, fold.decided_at, OTHER_PRODUCT)
    worse = fold.state in policy.raise_on and is_worse(fold.state, alert.state)
    if worse or fold.state is SlotState.STOCKED:
        return _close(fold, alert, fold.decided_at, fold.state)
    if fold.state in (SlotState.UNKNOWN, SlotState.MISPLACED) or fold.state in policy.raise_on:
        # Nobody saw the product come back: it is not seen, or another one stands in its place, or too little is there.
        return Folded(fold)
    closed = _close(fold, alert, fold.decided_at, fold.state)
    hold = policy.hold(WaitsFor.COOLDOWN, alert.state, fold.decided_at)
    return Folded(closed.fold.model_copy(update={"hold": hold}), closed.steps)


def _settled(fold: SlotFold, policy: Policy) -> Folded:
    """Say when the new state is due to be raised, and raise it if that is at once."""
    if fold.state not in policy.raise_on or fold.open is not None:
        return Folded(fold)
    return on_time(_waiting(fold, fold.decided_at, policy), fold.decided_at, policy)


def _waiting(fold: SlotFold, since: datetime, policy: Policy) -> SlotFold:
    due = policy.due(fold.store, since, fold.hold)
    return fold.model_copy(update={"due_at": due.at, "waits_for": due.waits_for})


def _escalated(fold: SlotFold, alert: OpenAlert, now: datetime, policy: Policy) -> Folded:
    """An alert that nobody took, or refilled, in time is open to everybody again, and others are told, once."""
    if alert.escalates_at is None or alert.escalates_at > now:
        return Folded(fold)
    at = policy.told_from(fold.store, alert.escalates_at).at
    if at > now:
        return Folded(fold.model_copy(update={"open": alert.model_copy(update={"escalates_at": at})}))
    why = NOT_REFILLED if alert.status is AlertStatus.ACKNOWLEDGED else NOT_TAKEN
    told = {"status": AlertStatus.RAISED, "step": alert.step + 1, "escalates_at": None}
    moved = alert.model_copy(update=told)
    step = AlertStep(_record(fold, moved, at, why=why), fold.onset, fold.level)
    return Folded(fold.model_copy(update={"open": moved}), (step,))


def _raise(fold: SlotFold, at: datetime, policy: Policy) -> Folded:
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
        escalates_at=policy.escalates_at(AlertStatus.RAISED, at),
    )
    told = {"open": alert, "raises": raises, "due_at": None, "waits_for": None, "hold": None}
    raised = fold.model_copy(update=told)
    book = policy.book(fold, at)
    if book is not None:
        raised = with_raised(raised, alert.alert_id, at, book)
    return Folded(raised, (AlertStep(_record(fold, alert, at), fold.onset, fold.level),))


def _close(fold: SlotFold, alert: OpenAlert, at: datetime, why: str, answer: Answer | None = None) -> Folded:
    status = AlertStatus.CLEARED if answer is None else AlertStatus.ANSWERED
    closed = alert.model_copy(update={"status": status, "step": alert.step + 1})
    at = max(at, alert.raised_at)
    record = _record(fold, closed, at, why=why, by=answer.by if answer else "").model_copy(update={"cleared_at": at})
    seen_in = fold.event_id if isinstance(why, SlotState) else None
    step = AlertStep(record, fold.onset, fold.level, answer.answer_id if answer else None, seen_in=seen_in)
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
