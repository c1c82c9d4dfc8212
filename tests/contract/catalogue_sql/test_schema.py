"""The schema, its migrations and the engine behave alike on SQLite and PostgreSQL."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, Table, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from shelfstream.catalogue.versions_sql import catalogue_versions as versions
from shelfstream.errors import Faults, Unavailable
from shelfstream.migrations.upgrade import newest, require_current, upgrade
from shelfstream.sql import engine_of, metadata, reading, writing

AT = datetime(2026, 11, 2, 9, 0, 0, 123456, tzinfo=UTC)


def _row(**changes: object) -> dict[str, object]:
    plain = {"store": "s", "kind": "bay", "id": "b", "content_hash": "x", "value": "{}", "published_at": AT}
    return {**plain, "valid_from": AT, **changes}


def test_upgrading_twice_is_upgrading_once(empty_engine: Engine) -> None:
    """The second run finds nothing to do, and the schema is current after it."""
    with pytest.raises(Faults, match="shelfstream db upgrade"):
        require_current(empty_engine)
    assert upgrade(empty_engine) == upgrade(empty_engine) == newest()
    require_current(empty_engine)


def test_many_processes_may_upgrade_at_once(empty_engine: Engine) -> None:
    """Each waits for the other; nobody fails and the tables are made once."""
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: upgrade(empty_engine), range(4))) == {newest()}


def test_migrations_make_the_tables_that_the_code_declares(engine: Engine) -> None:
    """Autogenerate would find no difference in the catalogue's tables."""

    def ours(_object: object, name: str | None, kind: str, reflected: bool, _other: object) -> bool:
        return kind != "table" or name in metadata.tables

    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": ours})
        assert compare_metadata(context, metadata) == []


def test_a_failed_upgrade_leaves_nothing_behind(empty_engine: Engine) -> None:
    """All or nothing: a table in the way stops the upgrade, and no other table was made."""
    with writing(empty_engine) as connection:
        connection.execute(text("CREATE TABLE catalogue_versions (x INTEGER)"))
    with pytest.raises(DBAPIError):
        upgrade(empty_engine)
    assert inspect(empty_engine).get_table_names() == ["catalogue_versions"]


def test_a_database_of_a_newer_release_is_refused(engine: Engine) -> None:
    """An old release neither runs on nor changes what a newer one has made."""
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_future'"))
    for touch in (upgrade, require_current):
        with pytest.raises(Faults, match="does not know"):
            touch(engine)


def test_times_come_back_aware_and_exact(engine: Engine) -> None:
    """A time of any zone is stored as the same moment, to the microsecond; a naive one is refused."""
    eastern = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    with writing(engine) as connection:
        connection.execute(insert(versions), _row(valid_from=eastern))
    with reading(engine) as connection:
        found = connection.scalars(select(versions.c.valid_from)).one()
        assert connection.scalar(select(versions.c.id).where(versions.c.valid_from == eastern)) == "b"
    assert (found, found.tzinfo) == (AT, UTC)
    with pytest.raises(Exception, match="without a zone"), writing(engine) as connection:
        connection.execute(insert(versions), _row(valid_from=AT.replace(tzinfo=None)))


def test_a_transaction_is_whole(engine: Engine) -> None:
    """What was written before an error is not there after it."""

    def write_two() -> None:
        with writing(engine) as connection:
            connection.execute(insert(versions), _row(id="first"))
            connection.execute(insert(versions), _row(valid_to=AT))

    with pytest.raises(IntegrityError):
        write_two()
    with reading(engine) as connection:
        assert connection.scalars(select(versions.c.id)).all() == []


def test_a_reader_sees_one_moment(engine: Engine) -> None:
    """What others commit meanwhile does not show up half-way through a reading."""
    with reading(engine) as connection:
        assert connection.scalars(select(versions.c.id)).all() == []
        with writing(engine) as other:
            other.execute(insert(versions), _row())
        assert connection.scalars(select(versions.c.id)).all() == []
    with reading(engine) as connection:
        assert connection.scalars(select(versions.c.id)).all() == ["b"]


def test_writers_wait_for_each_other(engine: Engine) -> None:
    """Many writers at once all succeed."""

    def write(number: int) -> None:
        with writing(engine) as connection:
            connection.execute(insert(versions), _row(id=f"b{number}"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(20)))
    with reading(engine) as connection:
        assert len(connection.scalars(select(versions.c.id)).all()) == 20


def test_a_missing_table_is_a_bug_and_not_an_absence(empty_engine: Engine) -> None:
    """Retrying would never help, so it does not become ``Unavailable``."""
    with pytest.raises(DBAPIError), reading(empty_engine) as connection:
        connection.execute(select(versions))


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/at/all/x.db", "postgresql://user:secret@127.0.0.1:1/shelf", "postgres://127.0.0.1:1/x"]
)
def test_an_absent_database_is_unavailable_and_keeps_its_password(url: str) -> None:
    """The stage pauses and retries; the message names the database and hides the password."""
    with pytest.raises(Unavailable) as caught, reading(engine_of(url)):
        pass
    assert "secret" not in str(caught.value)


def test_a_locked_sqlite_file_is_unavailable(tmp_path: Path) -> None:
    """Another program that holds the file longer than the busy timeout delays the work and breaks nothing."""
    engine = engine_of(f"sqlite:///{tmp_path}/locked.db")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=20")
    other = sqlite3.connect(tmp_path / "locked.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked"), writing(engine):
        pass
    other.execute("ROLLBACK")
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE now_it_works (x INTEGER)"))
    other.close()
    engine.dispose()


@pytest.mark.real
def test_a_lost_connection_is_unavailable_and_the_next_one_works(postgres_url: str) -> None:
    """The server ends the session in the middle of a transaction; the same work succeeds when done again."""
    engine = engine_of(postgres_url)

    def work(*, interrupted: bool) -> None:
        with writing(engine) as connection:
            if interrupted:
                backend = connection.scalar(text("SELECT pg_backend_pid()"))
                with writing(engine) as other:
                    other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": backend})
            connection.execute(text("CREATE TABLE work (x INTEGER)"))

    with pytest.raises(Unavailable):
        work(interrupted=True)
    work(interrupted=False)
    engine.dispose()


@pytest.mark.parametrize("url", ["mysql://host/x", "nonsense", "oracle://x"])
def test_another_database_is_refused_with_a_sentence(url: str) -> None:
    """A person learns which URLs are understood."""
    with pytest.raises(Faults, match="sqlite"):
        engine_of(url)


def test_every_time_column_is_utc() -> None:
    """No table of any stage stores a time in another type."""
    naive = [
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in _columns(table)
        if "DATETIME" in str(column.type).upper() and type(column.type).__name__ != "UtcDateTime"
    ]
    assert naive == []


def _columns(table: Table) -> list[Any]:
    return list(table.columns)
