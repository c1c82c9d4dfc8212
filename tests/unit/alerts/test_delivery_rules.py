"""When a message is sent, waits, is tried again or is dropped."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.contract import AlertStatus
from alerts.delivery.policy import dropped_because, falls_back, next_try_at, waits_for_picture
from alerts.model import NotificationKind
from alerts.settings import DeliverySettings
from tests.unit.alerts.alert_samples import at, waiting
from tests.unit.alerts.test_wording import ALERT

SETTINGS = DeliverySettings(give_up_after_s=3600, picture_wait_s=5, retry_first_s=2, retry_most_s=60)
RAISED = waiting(ALERT)
CLOSED = replace(ALERT, cleared_at=at(5))


def test_an_alert_that_was_closed_before_anybody_was_told_is_no_news() -> None:
    """After an outage nobody is sent to a shelf that is full again."""
    assert dropped_because(RAISED, at(1), SETTINGS) == ""
    assert "closed" in dropped_because(replace(RAISED, alert=CLOSED), at(1), SETTINGS)


def test_only_who_was_told_of_a_gap_is_told_of_its_end() -> None:
    """The message of the end follows one that was sent on the same channel."""
    cleared = replace(RAISED, telling=NotificationKind.CLEARED, alert=CLOSED)
    assert dropped_because(replace(cleared, told_before=False), at(9), SETTINGS) != ""
    assert dropped_because(replace(cleared, told_before=True), at(9), SETTINGS) == ""


def test_what_somebody_took_is_no_news_to_others() -> None:
    """Whoever looks into the inbox takes it before the message goes out: nobody else is sent to the same shelf."""
    taken = replace(ALERT, status=AlertStatus.ACKNOWLEDGED, acknowledged_at=at(3))
    for telling in (NotificationKind.RAISED, NotificationKind.ESCALATED):
        assert "took" in dropped_because(waiting(taken, telling), at(4), SETTINGS)
    answered = replace(ALERT, status=AlertStatus.ANSWERED, answer="no_stock_in_back")
    assert "took" in dropped_because(waiting(answered, NotificationKind.ESCALATED), at(4), SETTINGS)


def test_an_alert_that_is_told_for_the_first_time_is_told_once() -> None:
    """After an outage an alert is raised and escalated at once: a channel that gets both gets one message."""
    second = replace(waiting(ALERT, NotificationKind.ESCALATED), is_first=False)
    assert "first time" in dropped_because(second, at(4), SETTINGS)
    assert dropped_because(replace(second, is_first=True), at(4), SETTINGS) == ""


def test_others_are_told_when_a_channel_has_not_taken_its_message_for_a_while() -> None:
    """From ``fall_back_after_s`` on."""
    assert not falls_back(RAISED, at(119), SETTINGS)
    assert falls_back(RAISED, at(120), SETTINGS)


def test_an_old_message_is_dropped() -> None:
    """The outbox does not fill up with what nobody will take."""
    assert "old" in dropped_because(RAISED, at(3601), SETTINGS)


def test_a_message_waits_for_its_picture_but_not_for_long() -> None:
    """Only a first try waits, and only of a raising."""
    assert waits_for_picture(RAISED, at(4), SETTINGS)
    assert not waits_for_picture(RAISED, at(6), SETTINGS)
    assert not waits_for_picture(replace(RAISED, attempts=1), at(4), SETTINGS)
    assert not waits_for_picture(replace(RAISED, telling=NotificationKind.CLEARED), at(4), SETTINGS)


@given(attempts=st.integers(1, 10_000))
def test_waits_between_tries_grow_to_the_longest_and_stay_there(attempts: int) -> None:
    """However often a channel failed, the next try comes, and not later than the settings say."""
    wait = next_try_at(attempts, at(0), SETTINGS) - at(0)
    assert timedelta(seconds=2) <= wait <= next_try_at(attempts + 1, at(0), SETTINGS) - at(0) <= timedelta(seconds=60)


@pytest.mark.parametrize("chosen", [{"claim_s": 15.0}, {"send_within_s": 60.0}, {"claim_s": 1.0, "send_within_s": 2.0}])
def test_a_claim_outlasts_the_sending(chosen: dict[str, float]) -> None:
    """Otherwise another process could send what is still being sent; told by the setting's name, defaults included."""
    with pytest.raises(ValidationError, match="longer than send_within_s") as told:
        DeliverySettings.model_validate(chosen)
    assert [error["loc"] for error in told.value.errors()] == [("claim_s",)]


def test_all_faults_of_the_delivery_are_told_at_once() -> None:
    """A claim that is too short does not wait behind another fault, nor hide it."""
    with pytest.raises(ValidationError) as told:
        DeliverySettings.model_validate({"claim_s": 1.0, "look_every_s": -1, "retry_first_s": 0})
    assert {error["loc"] for error in told.value.errors()} == {("claim_s",), ("look_every_s",), ("retry_first_s",)}
