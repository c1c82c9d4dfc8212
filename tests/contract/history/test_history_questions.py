"""What HQ asks of history, with honest ranges and coverage."""

import pytest
from sqlalchemy import Engine

from analytics.contract import SlotState
from analytics.historian.writing import write_events
from analytics.history.oos import oos_intervals
from shelfstream.catalogue.versions_sql import write_versions
from shelfstream.sql import writing
from tests.contract.history.history_samples import GTIN, MONDAY, STORE, a_day, at, catalogue, event


@pytest.fixture
def known(engine: Engine) -> Engine:
    """A database with the catalogue and a day's events."""
    with writing(engine) as connection:
        write_versions(connection, [STORE], catalogue(), MONDAY, MONDAY)
    write_events(engine, a_day())
    return engine


def test_an_out_of_stock_has_a_shortest_and_a_longest_length(known: Engine) -> None:
    """One hour from seen to seen; 55 to 70 minutes by what is not known; an hour's sales are lost."""
    (found,) = oos_intervals(known, STORE, at(0), at(720))
    assert (found.slot, found.gtin, found.product) == ("s1", GTIN, "Whole milk")
    assert (found.began_earliest, found.began_at) == (at(50), at(60))
    assert (found.ended_earliest, found.ended_at) == (at(115), at(120))
    assert (found.minutes_out_min, found.minutes_out, found.minutes_out_max) == (55, 60, 70)
    assert found.lost_sales == pytest.approx(2.00 * 48 / 12)


def test_only_opening_hours_within_the_time_asked_about_count(known: Engine) -> None:
    """A night does not count, and neither does what lies outside the question."""
    write_events(known, [event(5, SlotState.OUT, 700), event(6, SlotState.STOCKED, 24 * 60 + 30)])
    found = oos_intervals(known, STORE, at(90), at(48 * 60))
    assert [each.minutes_out for each in found] == [30, 20 + 30]


def test_what_is_still_out_counts_until_now(known: Engine) -> None:
    """An open interval has no end and lasts until now, not until the end of the time asked about."""
    write_events(known, [event(5, SlotState.OUT, 300)])
    found = oos_intervals(known, STORE, at(240), at(720), now=at(310))
    assert [(each.ended_at, each.minutes_out) for each in found] == [(None, 10)]


def test_filters_leave_the_others_out(known: Engine) -> None:
    """A question about one slot or product gets that one's answer; another store's is empty."""
    assert len(oos_intervals(known, STORE, at(0), at(720), gtin=GTIN, slot="s1")) == 1
    assert not oos_intervals(known, STORE, at(0), at(720), slot="s9")
    assert not oos_intervals(known, "elsewhere", at(0), at(720))


def test_of_the_time_to_come_there_is_nothing_to_tell(known: Engine) -> None:
    """What is out now was not out for no minutes tomorrow; nothing is known of it, and nothing is listed."""
    write_events(known, [event(5, SlotState.OUT, 300)])
    assert oos_intervals(known, STORE, at(400), at(720), now=at(310)) == []
    assert oos_intervals(known, STORE, at(310), at(720), now=at(310)) == []


def test_a_store_that_sql_does_not_know_counts_as_always_open(engine: Engine) -> None:
    """Without a catalogue the stretches are there, by the clock, and nothing is said about money."""
    write_events(engine, a_day())
    (found,) = oos_intervals(engine, STORE, MONDAY, at(720))
    assert (found.minutes_out, found.lost_sales, found.product) == (60, None, "")
