"""Writes events and the intervals between them: in any order, as often as they come, each counted once."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, case, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from analytics.contract import StockEvent
from analytics.historian.availability.rolling import lock_store, mark_changed
from analytics.historian.tables import state_intervals, stock_events
from shelfstream.sql import UtcDateTime, writing

_columns = state_intervals.c


def write_events(engine: Engine, events: Sequence[StockEvent]) -> int:
    """Write events in one transaction; returns how many were new. Raises ``Unavailable``."""
    with writing(engine) as connection:
        for store in sorted({event.store for event in events}):
            lock_store(connection, store)
        return sum(_write(connection, event) for event in events)


def _write(connection: Connection, event: StockEvent) -> bool:
    """Insert an event's id; only whoever inserts it touches the intervals, within the same transaction."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(stock_events).values(_event_row(event)).on_conflict_do_nothing()
    if connection.execute(statement.returning(stock_events.c.event_id)).first() is None:
        return False
    _write_interval(connection, event)
    return True


def _write_interval(connection: Connection, event: StockEvent) -> None:
    """Put an interval between its neighbours by sequence: it ends where the later one begins, and ends the earlier.

    None begins before the earlier one does, though a late frame or a clock that was set back may say so.
    """
    step = event.transition
    earlier, later = _neighbour(connection, event, later=False), _neighbour(connection, event, later=True)
    began = step.onset.latest if earlier is None else max(step.onset.latest, earlier.from_at)
    began_earliest = min(step.onset.earliest, step.onset.latest)
    changed_from = min(began, began_earliest)
    if later is not None:
        changed_from = min(changed_from, later.from_earliest)
    mark_changed(connection, event.store, event.slot, changed_from)
    if later is not None:
        _push(connection, event, began)
    row = _interval_row(event, began_earliest, began) | _end_at(began, later)
    connection.execute(insert(state_intervals).values(row))
    if earlier is not None:
        end = {"to_earliest": max(earlier.from_at, began_earliest), "to_at": began}
        connection.execute(
            update(state_intervals).where(_same_slot(event), _columns.sequence == earlier.sequence).values(end)
        )


def _push(connection: Connection, event: StockEvent, began: datetime) -> None:
    """What comes after an event by its number begins no sooner than it; of what that changes, ends follow."""
    behind = and_(_same_slot(event), _columns.sequence > event.transition.sequence, _columns.from_at < began)
    then = literal(began, UtcDateTime)
    pushed = {
        "from_at": then,
        "to_earliest": case((_columns.to_earliest < then, then), else_=_columns.to_earliest),
        "to_at": case((_columns.to_at < then, then), else_=_columns.to_at),
    }
    connection.execute(update(state_intervals).where(behind).values(pushed))


def _end_at(began: datetime, later: Row[Any] | None) -> dict[str, object]:
    """An interval's end at the later one; open where there is none."""
    if later is None:
        return {}
    return {"to_earliest": max(began, later.from_earliest), "to_at": max(began, later.from_at)}


def _interval_row(event: StockEvent, from_earliest: datetime, from_at: datetime) -> dict[str, object]:
    step = event.transition
    return {
        "store": event.store,
        "slot": event.slot,
        "sequence": step.sequence,
        "event_id": event.event_id,
        "bay": event.bay,
        "gtin": step.gtin,
        "state": step.state.value,
        "reason": step.reason.value if step.reason else None,
        "from_earliest": from_earliest,
        "from_at": from_at,
        "confidence": step.confidence,
    }


def _neighbour(connection: Connection, event: StockEvent, *, later: bool) -> Row[Any] | None:
    own = event.transition.sequence
    order = _columns.sequence.asc() if later else _columns.sequence.desc()
    beyond = _columns.sequence > own if later else _columns.sequence < own
    query = select(state_intervals).where(_same_slot(event), beyond)
    return connection.execute(query.order_by(order).limit(1)).first()


def _same_slot(event: StockEvent) -> ColumnElement[bool]:
    return and_(_columns.store == event.store, _columns.slot == event.slot)


def _event_row(event: StockEvent) -> dict[str, object]:
    step = event.transition
    return {
        "event_id": event.event_id,
        "store": event.store,
        "slot": event.slot,
        "sequence": step.sequence,
        "bay": event.bay,
        "gtin": step.gtin,
        "before": step.before.value,
        "state": step.state.value,
        "reason": step.reason.value if step.reason else None,
        "onset_earliest": step.onset.earliest,
        "onset_latest": step.onset.latest,
        "onset_level": step.onset.level,
        "decided_at": step.decided_at,
        "emitted_at": event.emitted_at,
        "confidence": step.confidence,
        "level": step.level,
        "frames": json.dumps(step.frames),
        "versions": step.versions.model_dump_json(exclude={"v"}),
        "other_gtin": step.other,
        "faced_over": step.faced_over if step.other is not None else None,
    }
