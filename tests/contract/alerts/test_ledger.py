"""The ledger keeps what the rules say, once, and lets nobody overtake it; the inbox reads it back."""

from collections.abc import Sequence

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, func, select, update

from alerts.contract import AlertStatus
from alerts.handler import AlertsHandler, AlertsItem
from alerts.inbox import (
    ChannelBacklog,
    alert_by_id,
    alerts_of_slot,
    channel_backlogs,
    held_alerts,
    open_alerts,
    open_count,
    recent_alerts,
)
from alerts.ledger import Ledger, LedgerState
from alerts.model import AlertsState, NotificationKind, SlotWrite, WaitsFor
from alerts.tables import alert_messages, alert_slots, alert_steps, alerts
from analytics.contract import SlotState
from shelfstream.answers import AnswerKind
from shelfstream.bus.api import Partition
from shelfstream.bus.stage import Outcome, Received
from shelfstream.bus.topics import ANSWERS, EVENTS, partition_of, topic_table
from shelfstream.errors import StageStopped
from shelfstream.migrations.upgrade import downgrade, upgrade
from shelfstream.sql import metadata, reading, writing
from tests.unit.alerts.alert_samples import LATER_S, STORE, answer, at, event, everybody, policy, record

OUT, STOCKED = SlotState.OUT, SlotState.STOCKED
SPEC = topic_table()[EVENTS]


def _ledger(engine: Engine, *, tell_cleared: bool = False) -> Ledger:
    return Ledger(engine, everybody("chat", "mail"), tell_cleared=tell_cleared)


def _handled(state: AlertsState, *items: AlertsItem, seconds: float = 1000.0) -> Outcome[AlertsState, SlotWrite]:
    handler = AlertsHandler(policy(), lambda store, slot, now: False)
    batch = [Received(record(item.message(), appended_at=at(seconds)), item) for item in items]
    return handler.handle(state, batch, at(seconds))


def _count(engine: Engine, table: str) -> int:
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(metadata.tables[table])).scalar_one()


def _no_beat() -> None:
    """Nobody watches."""


def test_migration_makes_the_tables_that_the_code_declares(engine: Engine) -> None:
    """Autogenerate would find no difference in the ledger's tables."""
    ours = {table.name for table in (alert_slots, alerts, alert_steps, alert_messages)}

    def only_ours(_object: object, name: str | None, kind: str, reflected: bool, _other: object) -> bool:
        return kind != "table" or name in ours

    with reading(engine) as connection:
        options = {"compare_type": True, "include_object": only_ours}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []


def test_what_waits_for_a_channel_is_counted_until_it_is_done(engine: Engine) -> None:
    """By channel, with when the oldest was written and what the channel said last; done with, it is not counted."""
    ledger = _ledger(engine)
    ledger.apply(_handled(AlertsState(), event(1, OUT), event(1, OUT, slot="b2")).effects)
    with writing(engine) as connection:
        chat = alert_messages.c.channel == "chat"
        connection.execute(update(alert_messages).where(chat).values(detail="connection refused"))
    assert channel_backlogs(engine) == [
        ChannelBacklog("chat", 2, at(1000.0), "connection refused"),
        ChannelBacklog("mail", 2, at(1000.0), ""),
    ]
    with writing(engine) as connection:
        connection.execute(update(alert_messages).where(chat).values(done_at=at(1001.0), outcome="sent"))
    assert [each.channel for each in channel_backlogs(engine)] == ["mail"]


def test_a_slots_alerts_are_told_with_their_steps(engine: Engine) -> None:
    """The newest first, each with who did what; another slot's and another store's are not among them."""
    ledger = _ledger(engine)
    first = _handled(AlertsState(), event(1, OUT), event(1, OUT, slot="b2"), event(1, OUT, store="elsewhere"))
    ledger.apply(first.effects)
    taken = _handled(first.state, answer(AnswerKind.ACKNOWLEDGED, number=1))
    ledger.apply(taken.effects)
    filled = _handled(taken.state, event(2, STOCKED, 2000.0), event(3, OUT, 3000.0))
    ledger.apply(filled.effects)
    assert (open_count(engine), open_count(engine, [STORE]), open_count(engine, [])) == (3, 2, 0)
    newer, older = alerts_of_slot(engine, STORE, "a1")
    assert newer.alert.is_open
    assert [(step.status, step.by, step.why) for step in older.steps] == [
        (AlertStatus.RAISED, "", ""),
        (AlertStatus.ACKNOWLEDGED, "staff", "acknowledged"),
        (AlertStatus.CLEARED, "", "STOCKED"),
    ]
    assert [each.alert.alert_id for each in alerts_of_slot(engine, STORE, "a1", most=1)] == [newer.alert.alert_id]


def test_what_is_held_back_is_found_until_it_is_raised(engine: Engine) -> None:
    """Put off: there to read with its reason and its time, by store; raised, it is among the open ones instead."""
    ledger = _ledger(engine)
    raised = _handled(AlertsState(), event(1, OUT), event(1, OUT, store="elsewhere"))
    ledger.apply(raised.effects)
    assert held_alerts(engine) == []
    later = _handled(raised.state, answer(AnswerKind.LATER), seconds=100.0)
    ledger.apply(later.effects)
    (held,) = held_alerts(engine, STORE)
    assert (held.slot, held.state, held.waits_for, held.due_at) == ("a1", OUT, WaitsFor.LATER, at(100.0 + LATER_S))
    assert held_alerts(engine, "elsewhere") == []
    told = _handled(later.state, seconds=100.0 + LATER_S)
    ledger.apply(told.effects)
    assert held_alerts(engine) == []
    assert len(open_alerts(engine, STORE)) == 1


def test_the_inbox_shows_an_alert_from_its_raising_to_its_end(engine: Engine) -> None:
    """Raised, acknowledged, cleared: each step is there to read, and the alert leaves the open ones."""
    ledger = _ledger(engine)
    raised = _handled(AlertsState(), event(1, STOCKED), event(2, OUT))
    ledger.apply(raised.effects)
    (alert,) = open_alerts(engine, STORE)
    assert (alert.status, alert.raised_at, alert.onset_latest) == (AlertStatus.RAISED, at(20), at(18))
    assert alert.is_open
    taken = _handled(raised.state, answer(AnswerKind.ACKNOWLEDGED, alert_id=alert.alert_id))
    ledger.apply(taken.effects)
    (alert,) = open_alerts(engine)
    assert (alert.acknowledged_at, alert.acknowledged_by) == (at(1000), "staff")
    ledger.apply(_handled(taken.state, event(3, STOCKED, 2000)).effects)
    assert open_alerts(engine) == []
    (closed,) = recent_alerts(engine, STORE)
    assert (closed.status, closed.cleared_at, closed.cleared_why) == (AlertStatus.CLEARED, at(2000), "STOCKED")
    assert alert_by_id(engine, closed.alert_id) == closed
    assert alert_by_id(engine, "unheard-of") is None
    assert open_alerts(engine, "another-store") == recent_alerts(engine, "another-store") == []


def test_newest_alerts_come_first_and_no_more_than_asked_for(engine: Engine) -> None:
    """The inbox's history is cut at its old end."""
    _ledger(engine).apply(
        _handled(AlertsState(), *(event(number, OUT, slot=f"a{number}") for number in range(1, 6))).effects
    )
    assert [alert.slot for alert in recent_alerts(engine, STORE, 2)] == ["a5", "a4"]
    assert [alert.slot for alert in open_alerts(engine, STORE)] == ["a1", "a2", "a3", "a4", "a5"]


def test_the_same_batch_twice_is_once(engine: Engine) -> None:
    """A crash between the ledger and the commit repeats the batch; nothing is written or told a second time."""
    ledger = _ledger(engine)
    once = _handled(AlertsState(), event(1, OUT), event(1, OUT, slot="a2"))
    ledger.apply(once.effects)
    later = _handled(AlertsState(), event(1, OUT), event(1, OUT, slot="a2"), seconds=1500)
    ledger.apply(later.effects)
    assert (_count(engine, "alerts"), _count(engine, "alert_steps"), _count(engine, "alert_messages")) == (2, 2, 4)


def test_a_process_that_was_overtaken_stops_and_leaves_nothing(engine: Engine) -> None:
    """A frozen owner that wakes up writes none of its batch, not even slots that nobody else touched."""
    ledger = _ledger(engine)
    first = _handled(AlertsState(), event(1, OUT))
    ledger.apply(first.effects)
    ledger.apply(_handled(first.state, event(2, STOCKED)).effects)
    stale = _handled(first.state, event(1, OUT, slot="a2"), event(3, SlotState.LOW))
    with pytest.raises(StageStopped, match="another process"):
        ledger.apply(stale.effects)
    with pytest.raises(StageStopped, match="another process"):
        ledger.apply(_handled(AlertsState(), event(1, STOCKED)).effects)
    assert _count(engine, "alert_slots") == 1


def test_the_database_itself_refuses_a_second_open_alert(engine: Engine) -> None:
    """The index over open alerts holds even where the folds were lost."""
    ledger = _ledger(engine)
    ledger.apply(_handled(AlertsState(), event(1, OUT)).effects)
    with writing(engine) as connection:
        connection.execute(delete(alert_slots))
    with pytest.raises(StageStopped):
        ledger.apply(_handled(AlertsState(), event(2, OUT)).effects)


@pytest.mark.parametrize("tell_cleared", [False, True])
def test_every_channel_is_told_once_of_each_raising(engine: Engine, *, tell_cleared: bool) -> None:
    """One message per channel on raising, and on clearing only when the settings want it."""
    _ledger(engine, tell_cleared=tell_cleared).apply(_handled(AlertsState(), event(1, OUT), event(2, STOCKED)).effects)
    with reading(engine) as connection:
        found = connection.execute(select(alert_messages.c.telling, alert_messages.c.channel)).all()
    wanted = [(NotificationKind.RAISED, "chat"), (NotificationKind.RAISED, "mail")]
    if tell_cleared:
        wanted += [(NotificationKind.CLEARED, "chat"), (NotificationKind.CLEARED, "mail")]
    assert sorted(map(tuple, found)) == sorted(wanted)


def test_state_comes_back_for_the_stores_of_ones_own_partitions(engine: Engine) -> None:
    """What the ledger holds is what the process had; other partitions' stores are left to their owners."""
    handled = _handled(AlertsState(), event(1, OUT), event(2, SlotState.UNKNOWN), event(1, OUT, slot="a2"))
    _ledger(engine).apply(handled.effects)
    store = LedgerState(_ledger(engine), SPEC, 12)
    own = partition_of(STORE, SPEC, 12)
    others = [Partition(EVENTS, index) for index in range(12) if index != own]
    assert store.gained(AlertsState(), others, _no_beat) == AlertsState()
    assert store.gained(AlertsState(), [Partition(ANSWERS, own)], _no_beat) == AlertsState()
    restored = store.gained(AlertsState(), [Partition(EVENTS, own), Partition(ANSWERS, own)], _no_beat)
    assert restored == handled.state
    assert store.dropped(restored, others) == restored
    assert store.dropped(restored, [Partition(EVENTS, own)]) == AlertsState()


@given(
    states=st.lists(st.sampled_from(list(SlotState)), min_size=1, max_size=10),
    answered=st.dictionaries(st.integers(0, 9), st.sampled_from(list(AnswerKind))),
    restarted=st.sets(st.integers(0, 9)),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_restarts_from_the_ledger_change_nothing(
    engine: Engine, states: Sequence[SlotState], answered: dict[int, AnswerKind], restarted: set[int]
) -> None:
    """A process that is restored between any two batches ends with the alerts of one that ran through."""
    with writing(engine) as connection:
        for table in (alert_slots, alerts, alert_steps, alert_messages):
            connection.execute(delete(table))
    ledger = _ledger(engine)
    through = state = AlertsState()
    for number, each in enumerate(states):
        items: list[AlertsItem] = [event(number + 1, each)]
        if number in answered:
            items.append(answer(answered[number], number=number))
        done = _handled(state, *items)
        ledger.apply(done.effects)
        ledger.apply(done.effects)
        state = AlertsState().with_folds(ledger.folds([STORE])) if number in restarted else done.state
        through = _handled(through, *items).state
    assert state == through
    open_now = {fold.open.alert_id for fold in through.folds() if fold.open is not None}
    assert {alert.alert_id for alert in open_alerts(engine)} == open_now


def test_messages_of_an_older_release_go_on_waiting(engine: Engine) -> None:
    """Back and forth between releases, what was sent stays sent and what waits is of the right step."""
    _ledger(engine, tell_cleared=True).apply(_handled(AlertsState(), event(1, OUT), event(2, STOCKED)).effects)
    with writing(engine) as connection:
        connection.execute(update(alert_messages).where(alert_messages.c.channel == "chat").values(outcome="sent"))
    before = _messages(engine)
    downgrade(engine, "0006_held_alerts")
    upgrade(engine)
    assert _messages(engine) == before
    assert {step for _, step, _, _ in before} == {1, 2}


def _messages(engine: Engine) -> list[tuple[object, ...]]:
    columns = alert_messages.c
    query = select(columns.channel, columns.step, columns.telling, columns.outcome)
    with reading(engine) as connection:
        return sorted(map(tuple, connection.execute(query)), key=str)


def test_what_is_handed_over_is_told_again(engine: Engine) -> None:
    """As a raising, once more on every channel; nobody has it any more, and it did not escalate."""
    ledger = _ledger(engine)
    raised = _handled(AlertsState(), event(1, OUT))
    taken = _handled(raised.state, answer(AnswerKind.ACKNOWLEDGED, number=1))
    left = _handled(taken.state, answer(AnswerKind.HANDED_OVER, number=2), seconds=1100)
    for each in (raised, taken, left):
        ledger.apply(each.effects)
    (alert,) = open_alerts(engine)
    assert (alert.status, alert.step, alert.acknowledged_at, alert.escalated_at) == (AlertStatus.RAISED, 3, None, None)
    told = [(step, telling) for _, step, telling, _ in _messages(engine)]
    assert told == [(1, "raised"), (3, "raised")] * 2
