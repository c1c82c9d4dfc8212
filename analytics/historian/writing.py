"""Writes events and the intervals between them: in any order, as often as they come, each counts once."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from analytics.contract import StockEvent
from analytics.tables import state_intervals, stock_events
from shelfstream.sql import writing

_columns = state_intervals.c


def write_events(engine: Engine, events: Sequence[StockEvent]) -> int:
    """Write events in one transaction; returns how many were new. Raises ``Unavailable``."""
    with writing(engine) as connection:
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
    """Put an interval between its neighbours by sequence: it ends where the later one begins, and ends the earlier."""
    step = event.transition
    row: dict[str, object] = {
        "store": event.store,
        "slot": event.slot,
        "sequence": step.sequence,
        "event_id": event.event_id,
        "bay": event.bay,
        "gtin": step.gtin,
        "state": step.state.value,
        "reason": step.reason.value if step.reason else None,
        "from_earliest": min(step.onset.earliest, step.onset.latest),
        "from_at": step.onset.latest,
        "confidence": step.confidence,
    }
    later = _neighbour(connection, event, later=True)
    if later is not None:
        row |= _end(step.onset.latest, later.from_earliest, later.from_at)
    connection.execute(insert(state_intervals).values(row))
    earlier = _neighbour(connection, event, later=False)
    if earlier is not None:
        this = and_(_columns.store == event.store, _columns.slot == event.slot, _columns.sequence == earlier.sequence)
        end = _end(earlier.from_at, step.onset.earliest, step.onset.latest)
        connection.execute(update(state_intervals).where(this).values(end))


def _neighbour(connection: Connection, event: StockEvent, *, later: bool) -> Row[Any] | None:
    own = event.transition.sequence
    order = _columns.sequence.asc() if later else _columns.sequence.desc()
    beyond = _columns.sequence > own if later else _columns.sequence < own
    query = select(state_intervals).where(_columns.store == event.store, _columns.slot == event.slot, beyond)
    return connection.execute(query.order_by(order).limit(1)).first()


def _end(began: datetime, earliest: datetime, latest: datetime) -> dict[str, datetime]:
    """An interval's end; never before its beginning, though an ingest's clock may have been set back."""
    return {"to_earliest": max(began, min(earliest, latest)), "to_at": max(began, latest)}


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
    }
