"""From what was seen of a slot to its rows: its stretches are one line of time, whatever happened."""

import itertools
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select

from analytics.contract import SlotLevel, SlotState, StockEvent, Transition, Versions, event_id_of
from analytics.historian.tables import state_intervals, stock_events
from analytics.historian.writing import write_events
from analytics.looking.observe import Appearance
from analytics.plans.watching import Watching
from shelfstream.answers import Answer, AnswerKind
from shelfstream.sql import reading, writing
from tests.unit.analytics.analytics_shelf import CAMERA, RULES, START, STORE, SlotLook, looked_at, slot

WATCHING = Watching((CAMERA, "c2"), 30.0)
What = Appearance | AnswerKind | None
CLEAR = (Appearance.FULL, Appearance.GAP)
DECIDES = st.sampled_from(CLEAR).flatmap(lambda look: st.just([(look, 2.0, 0.0, False)] * 4))
ODD = st.tuples(
    st.sampled_from([*Appearance, None, AnswerKind.REFILLED, AnswerKind.NOT_EMPTY]),
    st.sampled_from([0.5, 2.0, 45.0, 7200.0]),
    st.sampled_from([0.0, 0.0, 5.0, 100.0]),
    st.booleans(),
)
LIVES = st.lists(st.one_of(DECIDES, st.lists(ODD, max_size=3)), max_size=12).map(
    lambda parts: list(itertools.chain.from_iterable(parts))
)


def _step(level: SlotLevel, number: int, what: What, at: datetime, other: bool) -> SlotLevel:
    if isinstance(what, AnswerKind):
        answer = Answer(
            answer_id=f"answer-{number}", store=STORE, slot=level.slot, gtin=level.gtin, kind=what, answered_at=at
        )
        return RULES.apply_answer(level, slot(0), answer, at, Versions())
    camera = "c2" if other else CAMERA
    return looked_at(level, SlotLook(number, what, at, camera))


def lived(inputs: list[tuple[What, float, float, bool]]) -> list[Transition]:
    """Every transition of a slot that was given these inputs, some of them late, each behind a tick."""
    level, now = RULES.new_level(slot(0), START), START
    found: dict[int, Transition] = {}
    for number, (what, later_s, late_s, other) in enumerate(inputs):
        now += timedelta(seconds=later_s)
        level = RULES.pass_time(level, now, WATCHING, frozenset())
        level = _step(level, number, what, now - timedelta(seconds=late_s), other)
        found |= {step.sequence: step for step in level.transitions}
    return [found[sequence] for sequence in sorted(found)]


def events_of(steps: list[Transition]) -> list[StockEvent]:
    name = slot(0).id
    return [
        StockEvent(
            event_id=event_id_of(STORE, name, step.sequence),
            store=STORE,
            slot=name,
            bay=slot(0).bay,
            transition=step,
            emitted_at=step.decided_at,
        )
        for step in steps
    ]


def written(engine: Engine, events: list[StockEvent]) -> list[Any]:
    """The intervals, by sequence, that these events alone leave in SQL."""
    with writing(engine) as connection:
        connection.execute(delete(state_intervals))
        connection.execute(delete(stock_events))
    for event in events:
        write_events(engine, [event])
    with reading(engine) as connection:
        return list(connection.execute(select(state_intervals).order_by(state_intervals.c.sequence)).all())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(inputs=LIVES, chance=st.randoms(use_true_random=False))
def test_a_slots_stretches_are_one_line_of_time(
    engine: Engine, inputs: list[tuple[What, float, float, bool]], chance: Any
) -> None:
    """Looks, ticks and answers in any mixture: stretches touch, none has a negative length, in any order of writing."""
    events = events_of(lived(inputs))
    rows = written(engine, events)
    assert [row.sequence for row in rows] == [event.transition.sequence for event in events]
    assert all(row.from_earliest <= row.from_at for row in rows)
    for earlier, later in itertools.pairwise(rows):
        assert earlier.from_at <= earlier.to_earliest <= earlier.to_at == later.from_at
    if rows:
        lengths = [row.to_at - row.from_at for row in rows[:-1]]
        assert sum(lengths, timedelta()) == rows[-1].from_at - rows[0].from_at
        assert rows[-1].to_at is None
    assert written(engine, chance.sample(events, len(events))) == rows


def test_a_time_unseen_is_neither_out_nor_stocked(engine: Engine) -> None:
    """A gap seen once before two blocked hours does not make them hours out of stock."""
    looks = [*[Appearance.FULL] * 6, Appearance.GAP, *[Appearance.GAP] * 5]
    apart_s = [*[2.0] * 6, 1.0, 7200.0, *[2.0] * 4]
    steps = lived([(look, later_s, 0.0, False) for look, later_s in zip(looks, apart_s, strict=True)])
    stocked, unknown, out = written(engine, events_of(steps))
    assert [row.state for row in (stocked, unknown, out)] == [
        SlotState.STOCKED.value,
        SlotState.UNKNOWN.value,
        SlotState.OUT.value,
    ]
    assert unknown.from_at == START + timedelta(seconds=13 + 30)
    assert unknown.to_at == out.from_at == START + timedelta(seconds=13 + 7200)
    assert out.from_earliest == START + timedelta(seconds=13)
