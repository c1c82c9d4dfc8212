"""What HQ asks of history, with honest ranges and coverage."""

import pytest
from sqlalchemy import Engine

from analytics.contract import SlotState, UnknownReason
from analytics.historian.writing import write_events
from analytics.history.oos import oos_intervals, oos_summary
from shelfstream.catalogue.catalogue import Catalogue
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


def test_availability_comes_with_its_coverage(known: Engine) -> None:
    """Four of twelve hours were known and one of these was out: 75 % of a third; UNKNOWN counts as neither."""
    (found,) = oos_summary(known, STORE, at(0), at(720))
    assert (found.episodes, found.minutes_out, found.minutes_known, found.minutes_open) == (1, 60, 240, 720)
    assert found.coverage == pytest.approx(1 / 3)
    assert found.availability == pytest.approx(0.75)
    assert found.lost_sales == pytest.approx(8.0)


def test_a_planned_slot_without_any_event_is_uncovered(engine: Engine) -> None:
    """Nothing known is no availability at all, rather than full availability."""
    with writing(engine) as connection:
        write_versions(connection, [STORE], catalogue(), MONDAY, MONDAY)
    (found,) = oos_summary(engine, STORE, at(0), at(720))
    assert (found.coverage, found.availability, found.minutes_open) == (0, None, 720)


def test_a_retired_slot_is_not_planned_time(known: Engine) -> None:
    """After a slot was taken from the plan its time counts neither as known nor against the coverage."""
    write_events(known, [event(5, SlotState.UNKNOWN, 300, slot="old", reason=UnknownReason.RETIRED)])
    (found,) = oos_summary(known, STORE, at(0), at(720))
    assert (found.slots, found.minutes_open) == (1, 720)


def test_only_the_time_for_which_a_slot_was_planned_counts(known: Engine) -> None:
    """A second slot, planned from 12:00 to 16:00 and seen all that time: four hours more, all of them known."""
    plan = catalogue()
    second = plan.slots[STORE, "s1"].model_copy(update={"id": "s2", "x_min_mm": 300, "x_max_mm": 600})
    with writing(known) as connection:
        write_versions(connection, [STORE], Catalogue.of([*plan.entities(), second]), at(240), at(240))
        write_versions(connection, [STORE], plan, at(480), at(480))
    write_events(
        known,
        [
            event(1, SlotState.STOCKED, 240, slot="s2"),
            event(2, SlotState.UNKNOWN, 480, slot="s2", reason=UnknownReason.RETIRED),
        ],
    )
    (found,) = oos_summary(known, STORE, at(0), at(720))
    assert (found.slots, found.minutes_open, found.minutes_known) == (2, 720 + 240, 240 + 240)


def test_a_product_that_was_planned_and_never_seen_is_told(known: Engine) -> None:
    """Its slot held another product later; that nobody saw it while it was planned is not left out."""
    plan = catalogue()
    other = plan.slots[STORE, "s1"].model_copy(update={"gtin": "04012345678901"})
    rest = [entity for entity in plan.entities() if entity is not plan.slots[STORE, "s1"]]
    with writing(known) as connection:
        write_versions(connection, [STORE], Catalogue.of([*rest, other]), at(240), at(240))
        write_versions(connection, [STORE], plan, at(480), at(480))
    found = {each.gtin: each for each in oos_summary(known, STORE, at(0), at(720))}
    assert found[GTIN].minutes_open == 720 - 240
    assert (found[other.gtin].minutes_open, found[other.gtin].availability) == (240, None)


def test_of_the_time_to_come_there_is_nothing_to_tell(known: Engine) -> None:
    """What is out now was not out for no minutes tomorrow; nothing is known of it, and nothing is listed."""
    write_events(known, [event(5, SlotState.OUT, 300)])
    assert oos_intervals(known, STORE, at(400), at(720), now=at(310)) == []
    assert oos_intervals(known, STORE, at(310), at(720), now=at(310)) == []
    assert oos_summary(known, STORE, at(400), at(720), now=at(310)) == []


def test_a_store_that_sql_does_not_know_counts_as_always_open(engine: Engine) -> None:
    """Without a catalogue the stretches are there, by the clock, and nothing is said about money."""
    write_events(engine, a_day())
    (found,) = oos_intervals(engine, STORE, MONDAY, at(720))
    assert (found.minutes_out, found.lost_sales, found.product) == (60, None, "")
    (product,) = oos_summary(engine, STORE, at(0), at(720))
    assert (product.slots, product.minutes_known, product.minutes_open) == (1, 240, 720)
