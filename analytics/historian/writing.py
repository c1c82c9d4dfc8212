"""Writes events and the intervals between them: in any order, as often as they come, each counted once.

What a slot's intervals are follows from its events alone. So a batch writes its events, and then, of every slot that it
told something new of, the intervals from the first new event on anew.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, bindparam, delete, insert, or_, select, union_all, update
from sqlalchemy.dialects import postgresql, sqlite

from analytics.contract import StockEvent
from analytics.historian.availability.rolling import mark_changed
from analytics.historian.availability.tables import lock_store
from analytics.historian.tables import state_intervals, stock_events
from shelfstream.sql import writing

_intervals, _events = state_intervals.c, stock_events.c
_SLOTS_AT_ONCE = 100

Slot = tuple[str, str]
"""Store and slot."""


def write_events(engine: Engine, events: Sequence[StockEvent]) -> int:
    """Write events in one transaction; returns how many were new. Raises ``Unavailable``."""
    if not events:
        return 0
    with writing(engine) as connection:
        for store in sorted({event.store for event in events}):
            lock_store(connection, store)
        new = _insert(connection, events)
        first: dict[Slot, int] = {}
        for event in new:
            slot = (event.store, event.slot)
            first[slot] = min(first.get(slot, event.transition.sequence), event.transition.sequence)
        for slots in _some(sorted(first)):
            _write_intervals(connection, {slot: first[slot] for slot in slots})
        return len(new)


def _insert(connection: Connection, events: Sequence[StockEvent]) -> list[StockEvent]:
    """Those that were not there; nobody else writes events of these stores meanwhile."""
    by_id = {event.event_id: event for event in events}
    known = set(connection.scalars(select(_events.event_id).where(_events.event_id.in_(by_id))))
    new = [event for event_id, event in by_id.items() if event_id not in known]
    if new:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(stock_events).on_conflict_do_nothing(), [_event_row(event) for event in new])
    return new


@dataclass(frozen=True, slots=True)
class _Interval:
    """A stretch that begins with an event; ``row`` has what the event says of it."""

    row: Row[Any]
    from_earliest: datetime
    from_at: datetime


def _write_intervals(connection: Connection, first: Mapping[Slot, int]) -> None:
    """Write the intervals of some slots anew, of each from an event's sequence number on."""
    before = _before(connection, first)
    gone, rows, ends, changed = [], [], [], []
    for slot, events in _from(connection, first).items():
        earlier = before.get(slot)
        found = _following(events, None if earlier is None else earlier.from_at)
        rows += [_row(each, later) for each, later in zip(found, [*found[1:], None], strict=True)]
        own = {"of_store": slot[0], "of_slot": slot[1]}
        gone.append({**own, "since": first[slot]})
        changed.append((slot, min(min(each.from_earliest, each.from_at) for each in found)))
        if earlier is not None:
            to_earliest = max(earlier.from_at, found[0].from_earliest)
            ends.append({**own, "of": earlier.sequence, "ends_earliest": to_earliest, "ends_at": found[0].from_at})
    this = and_(_intervals.store == bindparam("of_store"), _intervals.slot == bindparam("of_slot"))
    connection.execute(delete(state_intervals).where(this, _intervals.sequence >= bindparam("since")), gone)
    connection.execute(insert(state_intervals), rows)
    if ends:
        ending = update(state_intervals).where(this, _intervals.sequence == bindparam("of"))
        ending = ending.values(to_earliest=bindparam("ends_earliest"), to_at=bindparam("ends_at"))
        connection.execute(ending, ends)
    mark_changed(connection, changed)


def _following(events: Sequence[Row[Any]], begun: datetime | None) -> list[_Interval]:
    """The intervals of events in the order of their numbers, after one that began at ``begun``.

    None begins before the one before it does, though a late frame or a clock that was set back may say so.
    """
    found: list[_Interval] = []
    for event in events:
        begun = event.onset_latest if begun is None else max(event.onset_latest, begun)
        found.append(_Interval(event, min(event.onset_earliest, event.onset_latest), begun))
    return found


def _before(connection: Connection, first: Mapping[Slot, int]) -> dict[Slot, Row[Any]]:
    """Of each slot the interval before a sequence number, if there is one."""
    last = [
        select(_intervals.store, _intervals.slot, _intervals.sequence, _intervals.from_at)
        .where(_intervals.store == store, _intervals.slot == slot, _intervals.sequence < sequence)
        .order_by(_intervals.sequence.desc())
        .limit(1)
        .subquery()
        for (store, slot), sequence in first.items()
    ]
    found = connection.execute(union_all(*(select(each) for each in last)))
    return {(row.store, row.slot): row for row in found}


def _from(connection: Connection, first: Mapping[Slot, int]) -> dict[Slot, list[Row[Any]]]:
    """Of each slot the events from a sequence number on, in order."""
    wanted = [
        and_(_events.store == store, _events.slot == slot, _events.sequence >= sequence)
        for (store, slot), sequence in first.items()
    ]
    query = select(stock_events).where(or_(*wanted)).order_by(_events.store, _events.slot, _events.sequence)
    found: dict[Slot, list[Row[Any]]] = {}
    for row in connection.execute(query):
        found.setdefault((row.store, row.slot), []).append(row)
    return found


def _row(each: _Interval, later: _Interval | None) -> dict[str, object]:
    """It ends where the later one begins; open where there is none."""
    names = ("store", "slot", "sequence", "event_id", "bay", "gtin", "state", "reason", "confidence")
    return {
        **{name: getattr(each.row, name) for name in names},
        "from_earliest": each.from_earliest,
        "from_at": each.from_at,
        "to_earliest": None if later is None else max(each.from_at, later.from_earliest),
        "to_at": None if later is None else later.from_at,
    }


def _some(slots: Sequence[Slot]) -> Iterable[Sequence[Slot]]:
    return (slots[begin : begin + _SLOTS_AT_ONCE] for begin in range(0, len(slots), _SLOTS_AT_ONCE))


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
