"""Keeps availability rolled up: what events and plans say of each slot, by the hour and by the day.

A roll-up is always what working it all out anew would give: an event marks from when on its slot has changed, in the
transaction that writes it, and the next roll-up does that slot anew from that day on. The plan needs no mark: a slot
whose planned time up to where its roll-up goes is not what it was is done anew as a whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, bindparam, case, delete, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from analytics.contract import SlotState
from analytics.historian.availability.facts import write_facts
from analytics.historian.availability.forgetting import hours_kept_from
from analytics.historian.availability.minutes import SlotHour, Spent, TimeInState, spent_by_hour
from analytics.historian.availability.planned import StorePlans, store_plans
from analytics.historian.availability.sums import SumChanges
from analytics.historian.availability.tables import SPENT, lock_store, slot_days, slot_hours, slot_rollups
from analytics.historian.tables import state_intervals
from shelfstream.sql import writing

_rollups = slot_rollups.c
_intervals = state_intervals.c
_days = slot_days.c
_SLOTS_AT_ONCE = 200
_EVER = datetime(2000, 1, 1, tzinfo=UTC)
"""Before anything that is told of."""


def mark_changed(connection: Connection, slots: Sequence[tuple[tuple[str, str], datetime]]) -> None:
    """What is rolled up of a slot (store, slot) is no longer so from a moment on. Who marks holds the stores' locks."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    fresh = dialect.insert(slot_rollups)
    then = fresh.excluded.changed_from
    earliest = case((_rollups.changed_from < then, _rollups.changed_from), else_=then)
    rows = [{"store": store, "slot": slot, "changed_from": moment} for (store, slot), moment in slots]
    marked = fresh.on_conflict_do_update(index_elements=["store", "slot"], set_={"changed_from": earliest})
    connection.execute(marked, rows)


@dataclass(frozen=True)
class _Job:
    """A slot to be done anew from the beginning of a day of its store on, up to ``stop``."""

    slot: str
    start: datetime
    stop: datetime


def roll_up(engine: Engine, store: str, until: datetime) -> int:
    """Bring a store's roll-up to ``until``; returns how many slots were done. Raises ``Unavailable``.

    A store that SQL was told of no hours of has no planned time. Slots are taken some at a time, so that who writes
    events waits only for a moment.
    """
    done, last = 0, ""
    while True:
        with writing(engine) as connection:
            lock_store(connection, store)
            plans = store_plans(connection, store)
            if plans is None:
                return done
            if not last:
                write_facts(connection, store, until)
            marks = {row.slot: row for row in connection.execute(select(slot_rollups).where(_rollups.store == store))}
            slots = sorted(slot for slot in {*plans.slots, *marks} if slot > last)[:_SLOTS_AT_ONCE]
            found = [_job(plans, slot, marks.get(slot), until) for slot in slots]
            jobs = [job for job in found if job is not None]
            if jobs:
                _write(connection, store, plans, jobs)
        done += len(jobs)
        if len(slots) < _SLOTS_AT_ONCE:
            return done
        last = slots[-1]


def _job(plans: StorePlans, slot: str, mark: Row[Any] | None, until: datetime) -> _Job | None:
    if mark is None or mark.through is None or mark.plan != plans.fingerprint(slot, mark.through):
        return _Job(slot, _EVER, until if mark is None or mark.through is None else max(until, mark.through))
    start = mark.through if mark.changed_from is None else min(mark.through, mark.changed_from)
    stop = max(until, mark.through)
    return _Job(slot, plans.day_start(start), stop) if start < stop else None


def _write(connection: Connection, store: str, plans: StorePlans, jobs: Sequence[_Job]) -> None:
    """Replace what stands of these slots from their starts on."""
    states = _states(connection, store, [job.slot for job in jobs], min(job.start for job in jobs))
    sums, kept_from = SumChanges(store), hours_kept_from(connection, store)
    _count_what_goes(connection, store, plans, jobs, sums)
    hours: list[dict[str, object]] = []
    days: list[dict[str, object]] = []
    for job in jobs:
        planned = plans.planned(job.slot, job.start, job.stop)
        spent = spent_by_hour(planned, states.get(job.slot, ()), plans.zone)
        own = {"store": store, "slot": job.slot}
        hours += [
            {**own, **asdict(hour), "day": plans.day(hour.starts_at), **asdict(each)}
            for hour, each in spent.items()
            if each.deviates and (kept_from is None or plans.day(hour.starts_at) >= kept_from)
        ]
        for (gtin, bay, day), each in _by_day(plans, spent).items():
            days.append({**own, "gtin": gtin, "bay": bay, "day": day, **asdict(each)})
            sums.came(day, gtin, bay, each)
    _forget(connection, store, plans, jobs)
    for table, rows in ((slot_hours, hours), (slot_days, days)):
        if rows:
            connection.execute(insert(table), rows)
    sums.write(connection)
    _put_marks(connection, store, plans, jobs)


def _count_what_goes(
    connection: Connection, store: str, plans: StorePlans, jobs: Sequence[_Job], sums: SumChanges
) -> None:
    """The days of these slots that stand until now."""
    since = {job.slot: plans.day(job.start) for job in jobs}
    query = select(slot_days).where(_days.store == store, _days.slot.in_(since), _days.day >= min(since.values()))
    for row in connection.execute(query):
        if row.day >= since[row.slot]:
            sums.went(row.day, row.gtin, row.bay, Spent(*(getattr(row, name) for name in SPENT)))


def _by_day(plans: StorePlans, spent: Mapping[SlotHour, Spent]) -> dict[tuple[str, str, date], Spent]:
    days: dict[tuple[str, str, date], Spent] = {}
    for hour, each in spent.items():
        key = (hour.gtin, hour.bay, plans.day(hour.starts_at))
        days[key] = days.get(key, Spent()) + each
    return days


def _states(connection: Connection, store: str, slots: Sequence[str], start: datetime) -> dict[str, list[TimeInState]]:
    """By slot, what it was in from ``start`` on, in order."""
    query = select(state_intervals).where(
        _intervals.store == store,
        _intervals.slot.in_(slots),
        or_(_intervals.to_at.is_(None), _intervals.to_at > start),
    )
    found: dict[str, list[TimeInState]] = {}
    for row in connection.execute(query.order_by(_intervals.slot, _intervals.sequence)):
        held = TimeInState(row.gtin, SlotState(row.state), row.from_at, row.to_at, row.from_earliest, row.to_earliest)
        found.setdefault(row.slot, []).append(held)
    return found


def _forget(connection: Connection, store: str, plans: StorePlans, jobs: Sequence[_Job]) -> None:
    _delete(connection, slot_hours, "starts_at", [(store, job.slot, job.start) for job in jobs])
    _delete(connection, slot_days, "day", [(store, job.slot, plans.day(job.start)) for job in jobs])


def _delete(
    connection: Connection, table: Table, since: str, wanted: Sequence[tuple[str, str, datetime | date]]
) -> None:
    """Rows of a slot from a moment or day on."""
    columns = table.c
    statement = delete(table).where(
        columns.store == bindparam("of_store"),
        columns.slot == bindparam("of_slot"),
        columns[since] >= bindparam("since"),
    )
    connection.execute(statement, [{"of_store": store, "of_slot": slot, "since": each} for store, slot, each in wanted])


def _put_marks(connection: Connection, store: str, plans: StorePlans, jobs: Sequence[_Job]) -> None:
    connection.execute(
        delete(slot_rollups).where(_rollups.store == store, _rollups.slot == bindparam("of_slot")),
        [{"of_slot": job.slot} for job in jobs],
    )
    rows = [
        {"store": store, "slot": job.slot, "through": job.stop, "plan": plans.fingerprint(job.slot, job.stop)}
        for job in jobs
    ]
    connection.execute(insert(slot_rollups), rows)
