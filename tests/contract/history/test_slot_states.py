"""What the slot's page asks of history: its stretches within a time, with how sure each was."""

from datetime import timedelta

from sqlalchemy import Engine

from analytics.contract import SlotState, UnknownReason
from analytics.historian.availability.rolling import roll_up
from analytics.historian.writing import write_events
from analytics.history.availability import coverage_by_slot
from analytics.history.slot_states import slot_stretches
from shelfstream.catalogue.versions_sql import write_versions
from shelfstream.sql import writing
from tests.contract.history.history_samples import GTIN, MONDAY, STORE, a_day, at, catalogue, event


def _written(engine: Engine) -> None:
    write_events(engine, [*a_day(), event(1, SlotState.OUT, 0, slot="s2")])


def test_a_day_is_told_stretch_by_stretch(engine: Engine) -> None:
    """Four changes are four stretches that touch; the last one goes on, and its reason is told."""
    _written(engine)
    told = slot_stretches(engine, STORE, "s1", at(-60), at(600))
    assert [each.state for each in told] == [SlotState.STOCKED, SlotState.OUT, SlotState.STOCKED, SlotState.UNKNOWN]
    assert [(each.from_at, each.to_at) for each in told] == [
        (at(0), at(60)),
        (at(60), at(120)),
        (at(120), at(240)),
        (at(240), None),
    ]
    out, last = told[1], told[-1]
    assert (out.gtin, out.confidence, out.from_earliest) == (GTIN, 0.98, at(50))
    assert last.reason is UnknownReason.STALE


def test_only_what_touches_the_time_is_told(engine: Engine) -> None:
    """A stretch that ends when the time begins, or begins when it ends, is none of it."""
    _written(engine)
    told = slot_stretches(engine, STORE, "s1", at(60), at(120))
    assert [each.state for each in told] == [SlotState.OUT]
    assert slot_stretches(engine, STORE, "s1", at(-60), at(0)) == []
    assert slot_stretches(engine, "elsewhere", "s1", at(-60), at(600)) == []
    later = slot_stretches(engine, STORE, "s1", at(600), at(600) + timedelta(days=30))
    assert [each.state for each in later] == [SlotState.UNKNOWN]


def test_how_much_of_a_slot_was_known_is_told_over_several_days(engine: Engine) -> None:
    """Known for four of twelve hours on the first day, and for none on the second."""
    with writing(engine) as connection:
        write_versions(connection, [STORE], catalogue(), MONDAY, MONDAY)
    write_events(engine, a_day())
    roll_up(engine, STORE, MONDAY + timedelta(days=2))
    first = MONDAY.date()
    assert coverage_by_slot(engine, STORE, first, first) == {"s1": 240 / 720}
    assert coverage_by_slot(engine, STORE, first, first + timedelta(days=1)) == {"s1": 240 / 1440}
    assert coverage_by_slot(engine, "elsewhere", first, first) == {}
