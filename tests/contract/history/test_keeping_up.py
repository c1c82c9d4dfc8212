"""Availability is rolled up again and again, of every store, whatever else happens."""

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from structlog.testing import capture_logs

from analytics.contract import SlotState
from analytics.historian.availability.forgetting import hours_to_forget
from analytics.historian.availability.keeping_up import KeepingUp
from analytics.historian.settings import HistorianSettings
from analytics.historian.writing import write_events
from analytics.history.availability import Grain, availability_by_day, availability_by_hour, rolled_up_to
from shelfstream.catalogue.versions_sql import write_versions
from shelfstream.clock import ManualClock
from shelfstream.errors import Faults
from shelfstream.metrics import Metrics
from shelfstream.sql import engine_of, writing
from tests.contract.history.history_samples import MONDAY, STORE, a_day, at, catalogue, event


def test_every_store_is_rolled_up_when_that_is_due(engine: Engine) -> None:
    """At the start and every few minutes from then on; how many slots that were is counted."""
    with writing(engine) as connection:
        write_versions(connection, [STORE], catalogue(), MONDAY, MONDAY)
    write_events(engine, a_day())
    clock, metrics, stop = ManualClock(at(60)), Metrics(), threading.Event()
    keeping_up = KeepingUp(engine, HistorianSettings(rolls_up_every_s=300), clock, metrics)
    keeping_up.roll_up_if_due(stop)
    clock.advance(299)
    keeping_up.roll_up_if_due(stop)
    assert rolled_up_to(engine, STORE) == at(60)
    clock.advance(1)
    keeping_up.roll_up_if_due(stop)
    assert rolled_up_to(engine, STORE) == at(65)
    assert metrics.value("shelfstream_historian_slots_rolled_up_total") == 2


def test_a_database_that_is_away_is_asked_again_later() -> None:
    """Nothing ends: the round is told as not done, and the next one is tried when it is due."""
    away = engine_of("postgresql://nobody:none@127.0.0.1:9/none")
    clock, stop = ManualClock(MONDAY), threading.Event()
    keeping_up = KeepingUp(away, HistorianSettings(), clock, Metrics())
    with capture_logs() as logs:
        working = threading.Thread(target=keeping_up.run, args=(stop,))
        working.start()
        until_s = time.monotonic() + 20
        while not logs and time.monotonic() < until_s:
            time.sleep(0.01)
        assert working.is_alive()
        stop.set()
        working.join(20)
    assert [line["event"] for line in logs] == ["availability_not_rolled_up"]
    away.dispose()


def test_hours_are_forgotten_after_some_weeks_and_not_taken_for_stocked(engine: Engine) -> None:
    """Days and sums stay; of hours that are gone nothing is told, whatever comes late."""
    with writing(engine) as connection:
        write_versions(connection, [STORE], catalogue(), MONDAY, MONDAY)
    write_events(engine, a_day())
    monday, tuesday = MONDAY.date(), MONDAY.date() + timedelta(days=1)
    clock, stop = ManualClock(MONDAY + timedelta(days=1)), threading.Event()
    keeping_up = KeepingUp(engine, HistorianSettings(hours_kept_days=2), clock, Metrics())
    keeping_up.roll_up_if_due(stop)
    assert hours_to_forget(engine, STORE, tuesday) == 10
    assert len(availability_by_hour(engine, STORE, monday, monday, Grain.STORE)) == 12
    clock.advance(2 * 86_400)
    keeping_up.roll_up_if_due(stop)
    assert hours_to_forget(engine, STORE, tuesday) == 0
    with pytest.raises(Faults, match="are kept since 2026-03-03"):
        availability_by_hour(engine, STORE, monday, tuesday, Grain.STORE)
    assert availability_by_hour(engine, STORE, tuesday, tuesday, Grain.STORE)
    write_events(engine, [event(5, SlotState.OUT, 300)])
    clock.advance(301)
    keeping_up.roll_up_if_due(stop)
    assert hours_to_forget(engine, STORE, tuesday) == 0
    (day,) = availability_by_day(engine, STORE, monday, monday, Grain.STORE)
    assert day.spent.minutes(SlotState.OUT) == 60 + 420
