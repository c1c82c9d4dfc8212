"""From an event on the bus to a message at a person's service, through ledger and outbox."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from alerts.__main__ import build
from alerts.contract import GONE, AlertStatus
from alerts.inbox import open_alerts, recent_alerts
from alerts.settings import AlertsSettings, DeliverySettings
from alerts.tables import alert_messages
from analytics.contract import SlotState, evidence_id
from shelfstream.answers import AnswerKind
from shelfstream.bus.api import Message
from shelfstream.bus.topics import ANSWERS, EVENTS
from shelfstream.errors import Faults
from shelfstream.service import StageContext
from shelfstream.sql import reading
from tests.unit.alerts.alert_rig import (
    Inbox,
    alert_records,
    close_parts,
    inbox,
    open_parts,
    running,
    send,
    settings_for,
    until,
)
from tests.unit.alerts.alert_samples import MILK, STORE, answer, at, event, retired

OUT, STOCKED = SlotState.OUT, SlotState.STOCKED
JPEG = b"\xff\xd8 a picture \xff\xd9"


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[StageContext]:
    opened = open_parts(tmp_path)
    yield opened
    close_parts(opened)


@pytest.fixture
def people() -> Iterator[Inbox]:
    with inbox() as held:
        yield held


def _open(parts: StageContext) -> int:
    return len(open_alerts(parts.engine, STORE))


def _statuses(parts: StageContext) -> list[AlertStatus]:
    return [record.status for record in alert_records(parts.bus)]


def test_a_gap_is_told_once_and_closed_by_the_camera(parts: StageContext, people: Inbox) -> None:
    """One message with the link; the restock closes the alert; a restart says nothing again."""
    with running(settings_for(people.url), parts):
        send(parts, event(1, STOCKED).message(), event(2, OUT).message())
        until(lambda: bool(people.taken))
        assert people.taken[0]["title"] == f"Empty: GTIN {MILK}"
        assert f"/alerts/{alert_records(parts.bus)[0].alert_id}" in people.taken[0]["message"]
    with running(settings_for(people.url), parts):
        send(parts, event(2, OUT).message(), event(3, STOCKED).message())
        until(lambda: _open(parts) == 0)
    assert len(people.taken) == 1
    assert _statuses(parts) == [AlertStatus.RAISED, AlertStatus.CLEARED]
    assert parts.metrics.value("shelfstream_alerts_steps_total", status="raised") == 1


def test_after_an_outage_only_gaps_that_are_still_there_are_news(parts: StageContext, people: Inbox) -> None:
    """What was out and is full again is on record, whole, but nobody is sent to it."""
    old = [event(number, OUT if number % 2 else STOCKED).message() for number in range(1, 301)]
    send(parts, *old, event(1, OUT, slot="a2").message())
    with running(settings_for(people.url), parts):
        until(lambda: bool(people.taken))
        until(lambda: len(recent_alerts(parts.engine, STORE, 1000)) == 151)
    assert len(people.taken) == 1
    assert "slot a2" in people.taken[0]["message"]
    assert len(alert_records(parts.bus)) == 301


def test_a_service_that_is_away_gets_the_message_when_it_is_back(parts: StageContext, people: Inbox) -> None:
    """A failed message waits and is tried again; another channel is not held up by it."""
    people.status = 503
    with inbox() as other, running(settings_for(people.url, other.url), parts):
        send(parts, event(1, OUT).message())
        until(lambda: people.refused >= 2 and len(other.taken) == 1)
        people.status = 200
        until(lambda: len(people.taken) == 1)
        until(lambda: open_alerts(parts.engine)[0].sent_at is not None)
    assert len(other.taken) == 1


def test_a_service_that_hangs_holds_up_nobody_else(parts: StageContext, people: Inbox) -> None:
    """While one channel has not answered its first message yet, another one has taken all of them."""
    people.answers.clear()
    gaps = [event(1, OUT, slot=f"a{number}").message() for number in range(8)]
    with inbox() as other, running(settings_for(f"{people.url}?rto=60", other.url), parts):
        send(parts, *gaps)
        until(lambda: people.tried == 1 and len(other.taken) == len(gaps))
        assert people.taken == []
        people.answers.set()
        until(lambda: len(people.taken) == len(gaps))
    assert len(other.taken) == len(gaps)


def test_messages_for_a_channel_that_was_taken_out_of_the_settings_end(parts: StageContext, people: Inbox) -> None:
    """At the next start they are dropped, with the reason, and the channels that are left get theirs."""
    people.status = 503
    with running(settings_for(people.url), parts):
        send(parts, event(1, OUT).message())
        until(lambda: people.refused > 0)
    with inbox() as other, running(settings_for(other.url), parts):
        send(parts, event(1, OUT, slot="a2").message())
        until(lambda: bool(other.taken))
    with reading(parts.engine) as connection:
        ended = connection.execute(select(alert_messages.c.outcome, alert_messages.c.detail)).all()
    assert sorted(map(tuple, ended)) == [("dropped", "the channel is not in the settings any more"), ("sent", "")]


def test_a_slot_that_leaves_the_plan_while_alerts_is_away_is_closed(parts: StageContext, people: Inbox) -> None:
    """What analytics put into the log is enough: no catalogue has to be seen, and nobody is sent to the place."""
    with running(settings_for(), parts):
        send(parts, event(1, OUT).message())
        until(lambda: _open(parts) == 1)
    send(parts, retired(2).message())
    with running(settings_for(people.url), parts):
        until(lambda: _open(parts) == 0)
    (_, closed) = alert_records(parts.bus)
    assert (closed.status, closed.why, closed.cleared_at) == (AlertStatus.CLEARED, GONE, at(20))
    assert people.taken == []


def test_the_evidence_goes_with_the_message(parts: StageContext, people: Inbox) -> None:
    """A message waits for the picture of what the camera saw and takes it along."""
    gap = event(1, OUT)
    with running(settings_for(people.url, picture_wait_s=15.0), parts):
        send(parts, gap.message())
        until(lambda: _open(parts) == 1)
        parts.pictures.put(evidence_id(STORE, gap.event_id, "after"), JPEG)
        until(lambda: bool(people.taken))
    (attachment,) = people.taken[0]["attachments"]
    assert base64.b64decode(attachment["base64"]) == JPEG


def test_the_end_is_told_with_the_gap_and_what_was_seen_instead(parts: StageContext, people: Inbox) -> None:
    """Two pictures, once both are there: the empty place, and the filled one that closed the alert."""
    gap, filled = event(1, OUT), event(2, STOCKED)
    with running(settings_for(people.url, tell_cleared=True, picture_wait_s=15.0), parts):
        parts.pictures.put(evidence_id(STORE, gap.event_id, "after"), JPEG)
        send(parts, gap.message())
        until(lambda: len(people.taken) == 1)
        send(parts, filled.message())
        until(lambda: _open(parts) == 0)
        parts.pictures.put(evidence_id(STORE, filled.event_id, "after"), b"\xff\xd8 filled \xff\xd9")
        until(lambda: len(people.taken) == 2)
    told = [base64.b64decode(each["base64"]) for each in people.taken[1]["attachments"]]
    assert told == [JPEG, b"\xff\xd8 filled \xff\xd9"]


def test_who_was_told_hears_of_the_end_if_the_settings_say_so(parts: StageContext, people: Inbox) -> None:
    """Raised and cleared, in this order, on the same channel."""
    with running(settings_for(people.url, tell_cleared=True), parts):
        send(parts, event(1, OUT).message())
        until(lambda: len(people.taken) == 1)
        send(parts, event(2, STOCKED).message())
        until(lambda: len(people.taken) == 2)
    assert [title.partition(":")[0] for title in people.titles()] == ["Empty", "Back on the shelf"]


def test_refilled_closes_the_alert_for_everybody(parts: StageContext) -> None:
    """The console's answer travels over the bus; the inbox is empty after it."""
    with running(settings_for(), parts):
        send(parts, event(1, OUT).message())
        until(lambda: _open(parts) == 1)
        alert_id = alert_records(parts.bus)[0].alert_id
        send(parts, answer(AnswerKind.ACKNOWLEDGED, number=1, alert_id=alert_id).message())
        send(parts, answer(AnswerKind.REFILLED, number=2, alert_id=alert_id).message())
        until(lambda: _open(parts) == 0)
    assert _statuses(parts) == [AlertStatus.RAISED, AlertStatus.ACKNOWLEDGED, AlertStatus.ANSWERED]


def test_junk_goes_to_the_dead_letters_and_the_rest_is_told(parts: StageContext, people: Inbox) -> None:
    """Bytes that are no event, a wrong key, and names that no database takes stop nobody."""
    wrong = event(1, OUT)
    nul = wrong.model_copy(update={"event_id": "a\x00b"})
    junk = (
        Message(EVENTS, f"{STORE}/a1", b"{"),
        Message(EVENTS, f"{STORE}/a9", wrong.encode()),
        nul.message(),
        answer(AnswerKind.REFILLED).model_copy(update={"by": "a\x00b"}).message(),
        Message(ANSWERS, f"{STORE}/a9", answer(AnswerKind.REFILLED).encode()),
        Message(EVENTS, "@tick/0", b"junk", partition=0),
    )
    with running(settings_for(people.url), parts):
        send(parts, *junk, event(1, OUT, slot="a2").message())
        until(lambda: bool(people.taken))
    assert parts.metrics.value("shelfstream_loop_dead_letters_total", stage="alerts") == 5


def test_a_channel_that_apprise_does_not_know_is_a_fault_at_start(parts: StageContext) -> None:
    """Told by its place in the settings, never by its URL, which holds secrets."""
    secret = SecretStr("carrier-pigeon://token@loft")
    with pytest.raises(Faults) as caught:
        build(AlertsSettings(delivery=DeliverySettings(channels=(secret,))), parts)
    assert "channels[0]" in str(caught.value)
    assert "token" not in str(caught.value)
