"""SQL for every stage: one way to make an engine, one metadata for all tables, one chain of migrations.

How a stage adds tables (``analytics/historian/tables.py``, ``alerts/tables.py``)::

    from shelfstream.sql import UtcDateTime, metadata

    outages = Table("outages", metadata, Column("since", UtcDateTime, nullable=False), ...)

and writes the same tables by hand into the next file of ``shelfstream/migrations/versions`` (``0002_history.py``,
``0003_alerts.py``; ``down_revision`` is the file before it). A migration never imports a stage's tables: it says
what they were on its day. ``tests/contract/catalogue_sql`` compares both on SQLite and PostgreSQL.

How a stage uses SQL::

    engine = engine_of(settings.url)             # in the composition root; connects to nothing yet
    with writing(engine) as connection: ...      # one transaction, committed at the end
    with reading(engine) as connection: ...      # one consistent snapshot, rolled back at the end

Both raise ``Unavailable`` when the database is away or busy (everything else is a bug and passes through).
A stage calls ``shelfstream.migrations.upgrade.require_current(engine)`` at its start; tests call ``upgrade(engine)``.

Times: columns are ``UtcDateTime``, intervals are half-open (``valid_from <= t < valid_to``), an open end is NULL.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, DateTime, Engine, MetaData, create_engine, event
from sqlalchemy.engine import URL, Dialect, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.types import TypeDecorator

from shelfstream.errors import Fault, Faults, Unavailable

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_BUSY_TIMEOUT_MS = 10_000
_CONNECT_TIMEOUT_S = 5
_RETRY_AFTER_S = 2.0
_WRITES = "shelfstream_writes"
# PostgreSQL's read_only_sql_transaction and cannot_connect_now.
_DEMOTED = frozenset({"25006", "57P03"})
_PASSING_SQLITE_CODES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PROTOCOL,
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time, to the microsecond. SQLite keeps it as text that sorts, PostgreSQL as ``timestamptz``."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time; strip the zone only where the database has none."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give every time back aware and in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def engine_of(url: str) -> Engine:
    """An engine for ``sqlite:///path`` or ``postgresql://user:password@host/database``; connects to nothing yet.

    SQLite runs with a write-ahead log, foreign keys and a busy timeout. Raises ``Faults`` for another URL.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    arguments = {"connect_timeout": _CONNECT_TIMEOUT_S, "options": "-c timezone=UTC"}
    engine = create_engine(parsed, connect_args=arguments, pool_pre_ping=True, pool_timeout=_CONNECT_TIMEOUT_S)
    event.listen(engine, "handle_error", _leave_a_demoted_server)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes; committed when the block ends well. Raises ``Unavailable``.

    On SQLite it takes the write lock at once, so that it waits its turn instead of failing half-way.
    """
    with _translated(engine), engine.execution_options(**{_WRITES: True}).begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One transaction that only reads and sees the database as it is at its first statement. Raises ``Unavailable``."""
    options: dict[str, Any] = {}
    if engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with _translated(engine), engine.connect().execution_options(**options) as connection:
        yield connection


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
        if backend == "postgres":
            parsed, backend = parsed.set(drivername="postgresql"), "postgresql"
        if backend not in ("sqlite", "postgresql"):
            raise Faults("SQL database", [Fault("url", f"{backend!r} is not supported: use sqlite or postgresql")])
        return parsed.set(drivername="postgresql+psycopg") if backend == "postgresql" else parsed
    except (ArgumentError, NoSuchModuleError) as exc:
        hint = "is no database URL, such as sqlite:///shelfstream.db or postgresql://user:password@host/database"
        raise Faults("SQL database", [Fault("url", hint)]) from exc


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    try:
        yield
    except PoolTimeout as exc:
        raise Unavailable(
            f"{_database_name(engine)}: all connections are in use", retry_after_s=_RETRY_AFTER_S
        ) from exc
    except DBAPIError as exc:
        if not _passes(exc):
            raise
        raise Unavailable(f"{_database_name(engine)}: {exc.orig}", retry_after_s=_RETRY_AFTER_S) from exc


def _passes(exc: DBAPIError) -> bool:
    """Whether the same statement may succeed later. SQLite calls a missing table operational too; it is a bug."""
    if isinstance(exc.orig, sqlite3.Error):
        code = getattr(exc.orig, "sqlite_errorcode", None)
        return code is not None and code & 0xFF in _PASSING_SQLITE_CODES
    return exc.connection_invalidated or isinstance(exc, OperationalError | InterfaceError)


def _leave_a_demoted_server(context: ExceptionContext) -> None:
    """After a failover the old connections lead to a server that only reads: let go of all, and connect anew."""
    if getattr(context.original_exception, "sqlstate", "") in _DEMOTED:
        context.is_disconnect = True


def _database_name(engine: Engine) -> str:
    return f"SQL database {engine.url.render_as_string(hide_password=True)}"


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own implicit BEGIN leaves DDL outside transactions; see _begin_sqlite.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={_BUSY_TIMEOUT_MS}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
