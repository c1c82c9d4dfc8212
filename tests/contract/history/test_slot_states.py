"""What the slot's page asks of history: its stretches within a time, with how sure each was."""

from datetime import timedelta

from sqlalchemy import Engine

from analytics.contract import SlotState, UnknownReason
from analytics.historian.writing import write_events
from analytics.history.slot_states import slot_stretches
from tests.contract.history.history_samples import GTIN, STORE, a_day, at, event


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
