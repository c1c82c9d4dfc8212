"""The historian's rows: each event once, intervals right whatever the order."""

from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select

from analytics.contract import SlotState
from analytics.historian.tables import state_intervals, stock_events
from analytics.historian.writing import write_events
from shelfstream.sql import reading, writing
from tests.contract.history.history_samples import STORE, a_day, at, event


def rows(engine: Engine) -> list[tuple[Any, ...]]:
    with reading(engine) as connection:
        query = select(state_intervals).order_by(state_intervals.c.slot, state_intervals.c.sequence)
        return [tuple(row) for row in connection.execute(query)]


def spans(engine: Engine) -> list[tuple[datetime, datetime | None]]:
    with reading(engine) as connection:
        found = connection.execute(select(state_intervals).order_by(state_intervals.c.sequence)).all()
    return [(row.from_at, row.to_at) for row in found]


def clear(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(delete(state_intervals))
        connection.execute(delete(stock_events))


def test_events_become_intervals_that_touch(engine: Engine) -> None:
    """Each interval ends where the next one begins, the newest is open, and uncertain ends keep both bounds."""
    assert write_events(engine, a_day()) == 4
    with reading(engine) as connection:
        found = connection.execute(select(state_intervals).order_by(state_intervals.c.sequence)).all()
    assert [(row.state, row.from_at, row.to_at) for row in found] == [
        ("STOCKED", at(0), at(60)),
        ("OUT", at(60), at(120)),
        ("STOCKED", at(120), at(240)),
        ("UNKNOWN", at(240), None),
    ]
    assert (found[1].from_earliest, found[1].to_earliest) == (at(50), at(115))


def test_an_event_written_again_changes_nothing(engine: Engine) -> None:
    """A repeated batch after a crash leaves the rows as they were and counts nothing as new."""
    write_events(engine, a_day())
    before = rows(engine)
    assert write_events(engine, a_day()) == 0
    assert rows(engine) == before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
@given(order=st.permutations(range(4)), repeats=st.lists(st.integers(0, 3), max_size=4))
def test_order_and_repeats_do_not_matter(engine: Engine, order: list[int], repeats: list[int]) -> None:
    """Events in any order, with any repeats, one by one or together, give the rows of the plain order."""
    day = list(a_day())
    clear(engine)
    write_events(engine, day)
    plain = rows(engine)
    clear(engine)
    for index in [*order, *repeats]:
        write_events(engine, [day[index]])
    assert rows(engine) == plain


def test_slots_do_not_touch_each_other(engine: Engine) -> None:
    """Another slot's events of the same sequence numbers have intervals of their own."""
    write_events(engine, [*a_day(), event(2, SlotState.OUT, 30, slot="s2")])
    assert [(row[1], row[2]) for row in rows(engine)] == [("s1", 1), ("s1", 2), ("s1", 3), ("s1", 4), ("s2", 2)]


def test_a_clock_that_was_set_back_makes_no_negative_interval(engine: Engine) -> None:
    """A later change with an earlier time begins where the one before it does, whichever of them is written first."""
    events = [event(1, SlotState.OUT, 60), event(2, SlotState.STOCKED, 30), event(3, SlotState.OUT, 90)]
    write_events(engine, events)
    assert rows(engine)[0][0] == STORE
    assert spans(engine) == [(at(60), at(60)), (at(60), at(90)), (at(90), None)]
    clear(engine)
    write_events(engine, list(reversed(events)))
    assert spans(engine) == [(at(60), at(60)), (at(60), at(90)), (at(90), None)]


def test_what_stood_there_instead_is_kept(engine: Engine) -> None:
    """Of a slot that holds its neighbour's goods the row names them; of others nothing is said, not even no."""
    drawn = event(1, SlotState.MISPLACED, 0)
    step = drawn.transition.model_copy(update={"other": drawn.transition.gtin, "faced_over": True})
    write_events(engine, [drawn.model_copy(update={"transition": step}), event(2, SlotState.OUT, 30)])
    with reading(engine) as connection:
        query = select(stock_events.c.other_gtin, stock_events.c.faced_over).order_by(stock_events.c.sequence)
        assert [tuple(row) for row in connection.execute(query)] == [(step.other, True), (None, None)]
