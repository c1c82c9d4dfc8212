"""What nobody takes, or refills, in time is told to others, once, and never when nobody is to be told."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts import rules
from alerts.contract import NOT_REFILLED, NOT_TAKEN, REBUILT, AlertStatus
from alerts.model import AlertStep, SlotFold
from analytics.contract import SlotState, UnknownReason
from shelfstream.answers import AnswerKind
from tests.unit.alerts.alert_samples import ESCALATE_S, TAKEN_S, answer, at, event, policy, store_open

OUT, STOCKED = SlotState.OUT, SlotState.STOCKED
MARKET = store_open("08:00", "20:00").model_copy(update={"quiet": store_open("12:20", "12:45").hours})


def raised() -> SlotFold:
    """A slot whose alert was raised at noon."""
    return rules.on_event(None, event(1, OUT, 0), policy()).fold


def test_what_nobody_takes_is_told_to_others_once() -> None:
    """Not a moment before its time, with the reason, and not again and again."""
    assert rules.on_time(raised(), at(ESCALATE_S - 1), policy()).steps == ()
    told = rules.on_time(raised(), at(ESCALATE_S + 100), policy())
    assert [(step.record.status, step.record.why, step.record.at) for step in told.steps] == [
        (AlertStatus.RAISED, NOT_TAKEN, at(ESCALATE_S))
    ]
    assert rules.on_time(told.fold, at(10 * ESCALATE_S), policy()).steps == ()


def test_who_took_it_has_a_while_and_then_it_is_open_to_others_again() -> None:
    """An acknowledgement ends by itself; the alert can be taken anew, and that one ends as well."""
    taken = rules.on_answer(raised(), answer(AnswerKind.ACKNOWLEDGED, number=1), at(60), policy())
    assert rules.on_time(taken.fold, at(60 + TAKEN_S - 1), policy()).steps == ()
    ended = rules.on_time(taken.fold, at(60 + TAKEN_S), policy())
    assert [(step.record.status, step.record.why) for step in ended.steps] == [(AlertStatus.RAISED, NOT_REFILLED)]
    again = rules.on_answer(ended.fold, answer(AnswerKind.ACKNOWLEDGED, number=2), at(60 + TAKEN_S + 5), policy())
    assert [step.record.status for step in again.steps] == [AlertStatus.ACKNOWLEDGED]
    twice = rules.on_time(again.fold, at(65 + 2 * TAKEN_S), policy())
    assert [step.record.why for step in twice.steps] == [NOT_REFILLED]


def test_a_refill_ends_all_waiting() -> None:
    """What the camera saw filled, or staff answered for, is told to nobody."""
    filled = rules.on_event(raised(), event(2, STOCKED, 100), policy()).fold
    assert rules.on_time(filled, at(10 * ESCALATE_S), policy()).steps == ()
    answered = rules.on_answer(raised(), answer(AnswerKind.NO_STOCK_IN_BACK), at(60), policy()).fold
    assert answered.open is not None
    assert rules.on_time(answered, at(10 * ESCALATE_S), policy()).steps == ()


def test_an_answer_that_comes_late_finds_the_alert_escalated() -> None:
    """However late the process is, the log alone says what happened first."""
    late = rules.on_answer(raised(), answer(AnswerKind.ACKNOWLEDGED), at(ESCALATE_S + 30), policy())
    assert [step.record.status for step in late.steps] == [AlertStatus.RAISED, AlertStatus.ACKNOWLEDGED]
    assert [step.record.step for step in late.steps] == [2, 3]


def test_quiet_hours_hold_an_escalation_back() -> None:
    """What would be told at half past twelve, in quiet hours, is told at their end."""
    market = policy(store=MARKET)
    fold = rules.on_event(None, event(1, OUT, 0), market).fold
    waiting = rules.on_time(fold, at(ESCALATE_S), market)
    assert waiting.steps == ()
    assert [step.record.at for step in rules.on_time(waiting.fold, at(2800), market).steps] == [at(45 * 60)]


def test_who_comes_late_raises_and_escalates_at_once() -> None:
    """A process that was away for both times writes the same two steps as one that was not."""
    store = policy(store=store_open("14:00", "20:00"))
    held = rules.on_event(None, event(1, OUT, 0), store).fold
    late = rules.on_time(held, at(5 * 3600), store)
    assert [step.record.at for step in late.steps] == [at(2 * 3600), at(2 * 3600 + ESCALATE_S)]


def test_without_a_time_nothing_escalates() -> None:
    """``escalate_after_s: 0`` leaves alerts and acknowledgements as they are."""
    never = policy(escalate_after_s=0)
    fold = rules.on_event(None, event(1, OUT, 0), never).fold
    taken = rules.on_answer(fold, answer(AnswerKind.ACKNOWLEDGED), at(60), never).fold
    for each in (fold, taken):
        assert rules.on_time(each, at(1e6), never).steps == ()


@given(ticks=st.lists(st.floats(0.0, 4 * ESCALATE_S), max_size=8))
def test_however_often_one_looks_it_is_told_once_and_at_the_same_time(ticks: list[float]) -> None:
    """Ticks say when it is noticed, never when it happened."""
    fold = raised()
    steps: list[AlertStep] = []
    for tick_s in [*sorted(ticks), 4 * ESCALATE_S]:
        told = rules.on_time(fold, at(tick_s), policy())
        fold = SlotFold.model_validate_json(told.fold.model_dump_json())
        steps += told.steps
    assert [step.record.at for step in steps] == [at(0) + timedelta(seconds=ESCALATE_S)]


def test_a_bay_that_is_rebuilt_alerts_nobody() -> None:
    """What is open about it ends; what is still so when it is watched again is a new alert."""
    rebuilt = rules.on_event(raised(), event(2, SlotState.UNKNOWN, 60, reason=UnknownReason.RESET), policy())
    assert [(step.record.why, step.closes) for step in rebuilt.steps] == [(REBUILT, True)]
    assert rules.on_time(rebuilt.fold, at(10 * ESCALATE_S), policy()).steps == ()
    again = rules.on_event(rebuilt.fold, event(3, OUT, 7200), policy())
    assert [step.record.step for step in again.steps] == [1]


def test_what_is_handed_over_is_open_to_others_and_told_to_them() -> None:
    """By who took it, once; it waits for somebody from then on."""
    assert rules.on_answer(raised(), answer(AnswerKind.HANDED_OVER), at(30), policy()).steps == ()
    taken = rules.on_answer(raised(), answer(AnswerKind.ACKNOWLEDGED, number=1), at(60), policy()).fold
    left = rules.on_answer(taken, answer(AnswerKind.HANDED_OVER, number=2), at(120), policy())
    assert [(step.record.status, step.record.why, step.silent) for step in left.steps] == [
        (AlertStatus.RAISED, "handed_over", False)
    ]
    late = rules.on_time(left.fold, at(120 + ESCALATE_S), policy())
    assert [step.record.why for step in late.steps] == [NOT_TAKEN]


def test_what_is_handed_over_in_quiet_hours_is_told_at_their_end() -> None:
    """Nobody's phone rings at half past twelve."""
    market = policy(store=MARKET)
    fold = rules.on_event(None, event(1, OUT, 0), market).fold
    taken = rules.on_answer(fold, answer(AnswerKind.ACKNOWLEDGED, number=1), at(60), market).fold
    left = rules.on_answer(taken, answer(AnswerKind.HANDED_OVER, number=2), at(1500), market)
    assert [step.silent for step in left.steps] == [True]
    assert [step.record.at for step in rules.on_time(left.fold, at(2701), market).steps] == [at(45 * 60)]
