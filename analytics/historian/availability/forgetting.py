"""Hours of slots are kept for some weeks: what was amiss by the hour, of which only days and sums are asked later."""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from analytics.historian.availability.tables import kept_hours, lock_store, slot_hours
from shelfstream.sql import reading, writing


def hours_kept_from(connection: Connection, store: str) -> date | None:
    """The first day of which a store's hours are kept; ``None``: none were forgotten yet."""
    return connection.scalar(select(kept_hours.c.kept_from).where(kept_hours.c.store == store))


def hours_to_forget(engine: Engine, store: str, before: date) -> int:
    """How many rows ``forget_hours`` would delete. Raises ``Unavailable``."""
    with reading(engine) as connection:
        mine = select(func.count()).where(slot_hours.c.store == store, slot_hours.c.day < before)
        return connection.scalar(mine) or 0


def forget_hours(engine: Engine, store: str, before: date) -> int:
    """Delete a store's hours of the days before ``before``; returns how many rows that was. Raises ``Unavailable``.

    That they are gone is remembered: an hour that is not there would else count as STOCKED.
    """
    with writing(engine) as connection:
        lock_store(connection, store)
        known = hours_kept_from(connection, store)
        kept_from = before if known is None else max(before, known)
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        fresh = dialect.insert(kept_hours).values(store=store, kept_from=kept_from)
        connection.execute(fresh.on_conflict_do_update(index_elements=["store"], set_={"kept_from": kept_from}))
        old = delete(slot_hours).where(slot_hours.c.store == store, slot_hours.c.day < kept_from)
        return connection.execute(old).rowcount


def forget_old_hours(engine: Engine, store: str, now: datetime, kept: timedelta) -> int:
    """Forget the hours that are older than ``kept``, where there are any. Raises ``Unavailable``."""
    before = (now - kept).date()
    return forget_hours(engine, store, before) if hours_to_forget(engine, store, before) else 0
