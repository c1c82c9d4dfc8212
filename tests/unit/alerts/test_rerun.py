"""Alerts run again: what staff said closes what it closed at the time."""

from datetime import timedelta

from alerts.rerun import AlertsRerun
from alerts.settings import AlertsSettings
from analytics.contract import SlotState
from shelfstream.answers import AnswerKind
from tests.unit.alerts.alert_samples import answer, at, event

OUT, STOCKED = SlotState.OUT, SlotState.STOCKED


def rerun() -> AlertsRerun:
    """Under the settings of a store, in one that is always open."""
    return AlertsRerun(AlertsSettings(), lambda _: None)


def test_an_answer_counts_before_the_event_that_follows_from_it() -> None:
    """Refilled moves the belief to STOCKED within the same step: it is the answer that closed the alert."""
    run = rerun()
    run.step([event(1, OUT, 0)], [], at(5))
    run.step([event(2, STOCKED, 60)], [(answer(AnswerKind.REFILLED), at(60))], at(65))
    (alert,) = run.alerts(at(0), at(100))
    assert (alert.raised_at, alert.ended_at, alert.why) == (at(0), at(60), "refilled")


def test_an_answer_to_an_alert_of_another_run_counts_for_this_ones() -> None:
    """The alert that it names had another id; it is about this slot and this product all the same."""
    run = rerun()
    run.step([event(1, OUT, 0)], [], at(5))
    said = answer(AnswerKind.NOT_EMPTY, alert_id="an alert of the running stage")
    run.step([], [(said, at(300))], at(305))
    (alert,) = run.alerts(at(0), at(1000))
    assert (alert.ended_at, alert.why) == (at(300), "not_empty")
    assert alert.answers_in([(said, at(300))]) == (AnswerKind.NOT_EMPTY,)
    assert alert.answers_in([(said, at(300) + timedelta(minutes=16))]) == ()


def test_what_is_due_is_raised_by_time_alone_and_only_of_the_time_asked_about() -> None:
    """A delay passes between events; what was raised before or after is not listed."""
    run = AlertsRerun(AlertsSettings(raise_after_s=60), lambda _: None)
    run.step([event(1, OUT, 0)], [], at(5))
    assert run.alerts(at(0), at(1000)) == []
    run.step([], [], at(65))
    assert [alert.raised_at for alert in run.alerts(at(0), at(1000))] == [at(60)]
    assert run.alerts(at(61), at(1000)) == run.alerts(at(0), at(60)) == []
