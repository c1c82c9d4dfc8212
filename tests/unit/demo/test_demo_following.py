"""The demo's follower: which of the alerts on the bus are this run's, which an earlier one's."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from alerts.contract import AlertRecord, AlertStatus
from alerts.model import InboxAlert
from analytics.contract import SlotState
from deploy.demo.following import Follower
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.clock import ManualClock

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
GTIN = "04006381333931"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@pytest.fixture
def bus() -> Iterator[EmbeddedBus]:
    """A bus in memory with nothing on it."""
    with closing(EmbeddedBus(None, ManualClock(START))) as made:
        yield made


def left_open(alert_id: str) -> InboxAlert:
    return InboxAlert(
        alert_id=alert_id,
        store="demo",
        slot="s1",
        bay="b1",
        gtin=GTIN,
        state=SlotState.OUT,
        status=AlertStatus.RAISED,
        step=1,
        event_id="e0",
        raised_at=at(-600),
        onset_earliest=at(-602),
        onset_latest=at(-601),
        level=0.0,
        acknowledged_at=None,
        escalated_at=None,
        acknowledged_by=None,
        answer=None,
        answered_at=None,
        cleared_at=None,
        cleared_why=None,
        sent_at=None,
    )


def step(alert_id: str, raised_s: float, emitted_s: float, cleared_s: float | None = None) -> AlertRecord:
    """An alert as it is raised or, with ``cleared_s``, cleared."""
    cleared_at = None if cleared_s is None else at(cleared_s)
    return AlertRecord(
        alert_id=alert_id,
        store="demo",
        slot="s1",
        bay="b1",
        gtin=GTIN,
        state=SlotState.OUT,
        status=AlertStatus.RAISED if cleared_at is None else AlertStatus.CLEARED,
        step=1 if cleared_at is None else 2,
        event_id="e1",
        slot_sequence=1,
        raised_at=at(raised_s),
        at=cleared_at or at(raised_s),
        cleared_at=cleared_at,
        emitted_at=at(emitted_s),
    )


def followed(bus: EmbeddedBus, follower: Follower, *steps: AlertRecord) -> list[AlertRecord]:
    with closing(bus.producer()) as producer:
        for each in steps:
            producer.send(each.message()).result(5)
    return follower.catch_up()


def test_an_alert_of_this_run_is_noted_as_it_was_told(bus: EmbeddedBus) -> None:
    """It counts from its emission, not from the frame behind it, and its clearing is shown once."""
    with closing(Follower(bus, START)) as follower:
        shown = followed(bus, follower, step("a", 10, 12), step("a", 10, 31, 30), step("a", 10, 31, 30))
        noted = follower.observed.alerts["a"]
    assert [each.status for each in shown] == [AlertStatus.RAISED, AlertStatus.CLEARED]
    assert (noted.evidence_at, noted.raised_at, noted.cleared_at) == (at(10), at(12), at(31))
    assert follower.observed.first_alert_s == 12


def test_an_alert_left_open_is_shown_when_it_clears(bus: EmbeddedBus) -> None:
    """Its clearing is a step to show, and yet it is never among the alerts of this run."""
    with closing(Follower(bus, START, [left_open("old")])) as follower:
        shown = followed(bus, follower, step("old", -600, 7, 5))
    assert [each.alert_id for each in shown] == ["old"]
    assert follower.observed.earlier["old"].cleared_at == at(7)
    assert (follower.observed.alerts, follower.observed.first_alert_s) == ({}, None)


def test_what_an_earlier_run_saw_and_this_one_tells_is_not_its_own(bus: EmbeddedBus) -> None:
    """An alert raised only now from a frame of before the start is shown, and counts as an earlier run's."""
    with closing(Follower(bus, START)) as follower:
        shown = followed(bus, follower, step("late", -20, 2))
    assert [each.alert_id for each in shown] == ["late"]
    assert list(follower.observed.earlier) == ["late"]
    assert follower.observed.alerts == {}


def test_what_was_on_the_bus_before_is_not_read_again(bus: EmbeddedBus) -> None:
    """The log of earlier runs is none of this run's business."""
    with closing(Follower(bus, START)) as before:
        followed(bus, before, step("a", 10, 12))
    with closing(Follower(bus, at(60))) as follower:
        assert follower.catch_up() == []
