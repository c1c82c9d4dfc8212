"""What raises, closes and reopens an alert, case by case."""

from datetime import timedelta

import pytest

from alerts import rules
from alerts.contract import GONE, OTHER_PRODUCT, AlertStatus
from alerts.model import AlertStep, SlotFold
from alerts.policy import Policy
from analytics.contract import SlotState
from shelfstream.answers import AnswerKind
from tests.unit.alerts.alert_samples import BUTTER, GRACE_S, answer, at, event, policy, retired, store_open

OUT, LOW, STOCKED, UNKNOWN = SlotState.OUT, SlotState.LOW, SlotState.STOCKED, SlotState.UNKNOWN
BOTH = frozenset({OUT, LOW})


def _after(*states: SlotState, using: Policy | None = None) -> tuple[SlotFold, list[AlertStep]]:
    fold: SlotFold | None = None
    steps: list[AlertStep] = []
    for sequence, state in enumerate(states, 1):
        folded = rules.on_event(fold, event(sequence, state), using or policy())
        fold = folded.fold
        steps += folded.steps
    assert fold is not None
    return fold, steps


def _statuses(steps: list[AlertStep]) -> list[AlertStatus]:
    return [step.record.status for step in steps]


@pytest.mark.parametrize("state", [STOCKED, LOW])
def test_an_empty_slot_raises_and_what_is_seen_in_it_clears(state: SlotState) -> None:
    """OUT opens one alert at the moment it was decided; any sight of the product closes it."""
    fold, steps = _after(STOCKED, OUT, state)
    assert _statuses(steps) == [AlertStatus.RAISED, AlertStatus.CLEARED]
    assert [step.record.at for step in steps] == [at(20), at(30)]
    assert steps[1].record.cleared_at == at(30)
    assert fold.open is None


def test_another_product_in_its_place_brings_none_back() -> None:
    """Goods that were drawn over a gap, or put there by mistake, close nothing: the product is still missing."""
    fold, steps = _after(OUT, SlotState.MISPLACED, OUT, SlotState.MISPLACED)
    assert _statuses(steps) == [AlertStatus.RAISED]
    assert fold.open is not None
    both = policy(raise_on=frozenset({LOW, SlotState.MISPLACED}))
    assert _statuses(_after(LOW, SlotState.MISPLACED, using=both)[1]) == [
        AlertStatus.RAISED,
        AlertStatus.CLEARED,
        AlertStatus.RAISED,
    ]


def test_unknown_neither_raises_nor_clears() -> None:
    """An alert outlives a blocked view, and the same gap seen again is no second alert."""
    fold, steps = _after(UNKNOWN, OUT, UNKNOWN, OUT)
    assert _statuses(steps) == [AlertStatus.RAISED]
    assert fold.open is not None
    assert fold.open.slot_sequence == 2


def test_misplaced_and_low_raise_nothing_by_default() -> None:
    """Only an empty shelf is worth a message unless the settings say more."""
    assert _after(LOW, SlotState.MISPLACED)[1] == []


def test_low_becomes_out_and_is_told_again_but_out_becoming_low_is_not() -> None:
    """With alerts on LOW a worse state replaces the alert; a better one that still needs hands keeps it."""
    assert _statuses(_after(LOW, OUT, using=policy(raise_on=BOTH))[1]) == [
        AlertStatus.RAISED,
        AlertStatus.CLEARED,
        AlertStatus.RAISED,
    ]
    assert _statuses(_after(OUT, LOW, using=policy(raise_on=BOTH))[1]) == [AlertStatus.RAISED]


def test_another_product_in_the_plan_is_another_alert() -> None:
    """The old product's alert is closed and the new one's raised."""
    fold, _ = _after(OUT)
    folded = rules.on_event(fold, event(2, OUT, gtin=BUTTER), policy())
    assert [(step.record.status, step.record.gtin) for step in folded.steps] == [
        (AlertStatus.CLEARED, event(1, OUT).transition.gtin),
        (AlertStatus.RAISED, BUTTER),
    ]


def test_the_old_products_alert_does_not_wait_until_the_new_one_is_seen() -> None:
    """A change of the plan comes as UNKNOWN for the new product; what was to be brought is not planned any more."""
    fold, _ = _after(OUT)
    folded = rules.on_event(fold, event(2, UNKNOWN, gtin=BUTTER), policy())
    (closed,) = folded.steps
    assert (closed.record.why, closed.record.cleared_at) == (OTHER_PRODUCT, at(20))
    assert folded.fold.open is None


def test_a_gap_must_last_before_it_is_raised() -> None:
    """With a delay a short gap raises nothing, and a long one is raised when the delay is over."""
    patient = policy(raise_after_s=60)
    fold, steps = _after(OUT, using=patient)
    assert steps == []
    assert rules.on_event(fold, event(2, STOCKED, 60), patient).fold.open is None
    raised = rules.on_time(fold, at(100), patient)
    assert raised.steps[0].record.raised_at == at(70)


def test_a_gap_of_the_night_is_raised_when_the_store_opens() -> None:
    """Outside opening hours nothing is raised; at opening the slots that are still out are."""
    closed = policy(store=store_open("18:00", "20:00"))
    fold, steps = _after(OUT, using=closed)
    assert steps == []
    assert rules.on_time(fold, at(3600), closed).steps == ()
    raised = rules.on_time(fold, at(6 * 3600 + 5), closed)
    assert raised.steps[0].record.raised_at == at(6 * 3600)
    assert rules.on_event(fold, event(2, STOCKED), closed).steps == ()


def test_hours_that_changed_meanwhile_are_looked_at_again() -> None:
    """What was due when the store should have opened waits for its new opening."""
    fold, _ = _after(OUT, using=policy(store=store_open("13:00", "20:00")))
    later = policy(store=store_open("15:00", "20:00"))
    moved = rules.on_time(fold, at(3600 + 1), later)
    assert moved.steps == ()
    assert moved.fold.due_at == at(3 * 3600)


def test_refilled_closes_and_a_shelf_that_stays_empty_is_raised_again() -> None:
    """After the answer the camera has its grace; then the same gap is a new alert with an id of its own."""
    fold, first = _after(OUT)
    closed = rules.on_answer(fold, answer(AnswerKind.REFILLED), at(60), policy())
    assert closed.steps[0].record.status is AlertStatus.ANSWERED
    assert closed.steps[0].record.cleared_at == at(60)
    assert rules.on_time(closed.fold, at(60 + GRACE_S - 1), policy()).steps == ()
    again = rules.on_time(closed.fold, at(60 + GRACE_S + 1), policy())
    assert again.steps[0].record.raised_at == at(60 + GRACE_S)
    assert again.steps[0].record.alert_id != first[0].record.alert_id


def test_within_the_grace_a_slot_that_flickers_stays_quiet() -> None:
    """Refilled, hidden, seen empty: no alert before the grace is over; seen stocked, the next gap is news at once."""
    fold, _ = _after(OUT)
    quiet = rules.on_answer(fold, answer(AnswerKind.REFILLED), at(15), policy()).fold
    hidden = rules.on_event(quiet, event(2, UNKNOWN), policy()).fold
    assert hidden.due_at is None
    empty = rules.on_event(hidden, event(3, OUT), policy())
    assert empty.steps == ()
    assert empty.fold.due_at == at(15 + GRACE_S)
    seen = rules.on_event(empty.fold, event(4, STOCKED), policy()).fold
    assert len(rules.on_event(seen, event(5, OUT), policy()).steps) == 1


def test_acknowledged_and_other_answers_leave_the_alert_open() -> None:
    """They are noted as steps, each answer once, and an acknowledgement after a better answer says nothing new."""
    fold, _ = _after(OUT)
    taken = rules.on_answer(fold, answer(AnswerKind.ACKNOWLEDGED, number=1), at(20), policy())
    repeated = rules.on_answer(taken.fold, answer(AnswerKind.ACKNOWLEDGED, number=1), at(21), policy())
    told = rules.on_answer(taken.fold, answer(AnswerKind.NO_STOCK_IN_BACK, number=2), at(30), policy())
    late = rules.on_answer(told.fold, answer(AnswerKind.ACKNOWLEDGED, number=3), at(40), policy())
    assert _statuses([*taken.steps, *told.steps]) == [AlertStatus.ACKNOWLEDGED, AlertStatus.ANSWERED]
    assert (repeated.steps, late.steps) == ((), ())
    assert told.steps[0].record.why == "no_stock_in_back"
    assert late.fold.open is not None


def test_an_answer_to_an_alert_that_is_closed_changes_nothing() -> None:
    """Somebody answers late, about an alert that the camera closed: the next alert is not touched."""
    fold, steps = _after(OUT, STOCKED, OUT)
    old = answer(AnswerKind.REFILLED, alert_id=steps[0].record.alert_id)
    assert rules.on_answer(fold, old, at(50), policy()).fold == fold


def test_a_slot_that_is_planned_no_more_is_closed() -> None:
    """Nobody is sent to a place that is no longer there."""
    fold, _ = _after(OUT)
    gone = rules.on_gone(fold, at(99))
    assert gone.steps[0].record.why == GONE
    assert rules.on_time(gone.fold, at(99) + timedelta(days=1), policy()).steps == ()


def test_a_retired_slots_alert_is_closed_by_its_event() -> None:
    """The log alone says when: the alert ends at the transition, and no later moment or sight of nothing reopens it."""
    fold, _ = _after(OUT)
    gone = rules.on_event(fold, retired(2), policy())
    (closed,) = gone.steps
    assert (closed.record.status, closed.record.why, closed.record.cleared_at) == (AlertStatus.CLEARED, GONE, at(20))
    assert rules.on_event(gone.fold, retired(2), policy()).steps == ()
    assert rules.on_time(gone.fold, at(99) + timedelta(days=1), policy()).steps == ()


def test_a_retired_slot_waits_for_nothing() -> None:
    """Neither the grace after an answer nor the delay before raising outlives the slot; planned again it is as new."""
    fold, _ = _after(OUT)
    quiet = rules.on_answer(fold, answer(AnswerKind.REFILLED), at(15), policy()).fold
    gone = rules.on_event(quiet, retired(2), policy()).fold
    assert (gone.due_at, gone.waits_for, gone.hold) == (None, None, None)
    assert len(rules.on_event(gone, event(3, OUT), policy()).steps) == 1


def test_what_was_due_before_a_slot_was_retired_is_on_record() -> None:
    """A gap whose delay had passed is raised and closed, however late the log is read."""
    patient = policy(raise_after_s=5)
    fold, _ = _after(OUT, using=patient)
    gone = rules.on_event(fold, retired(2), patient)
    assert [step.record.at for step in gone.steps] == [at(15), at(20)]
    assert gone.steps[-1].record.why == GONE
