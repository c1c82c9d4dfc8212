"""The embedded bus's file: one SQLite database, opened by one process, its errors translated here."""

import fcntl
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from shelfstream.errors import Fault, Faults, Unavailable

_SCHEMA = """
CREATE TABLE IF NOT EXISTS partitions (
    id INTEGER PRIMARY KEY, topic TEXT NOT NULL, number INTEGER NOT NULL, first INTEGER NOT NULL DEFAULT 0,
    UNIQUE (topic, number)
);
CREATE TABLE IF NOT EXISTS records (
    partition_id INTEGER NOT NULL, place INTEGER NOT NULL, key BLOB NOT NULL, value BLOB, headers BLOB NOT NULL,
    appended_ms INTEGER NOT NULL, PRIMARY KEY (partition_id, place)
);
CREATE TABLE IF NOT EXISTS positions (
    consumer_group TEXT NOT NULL, topic TEXT NOT NULL, number INTEGER NOT NULL, place INTEGER NOT NULL,
    note TEXT NOT NULL, PRIMARY KEY (consumer_group, topic, number)
) WITHOUT ROWID;
"""


class Database:
    """A connection that may be used by any thread, one at a time (the bus's core holds its lock around it).

    A statement on its own is durable against the end of the process when it returns. The machine losing power can
    cost the newest ones: the write-ahead log is not forced to the disk at each.
    Raises ``Faults`` when another process has the file open.
    """

    def __init__(self, path: Path | None) -> None:
        self._lock = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = path.with_name(path.name + ".lock").open("w")
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                self._lock.close()
                raise Faults("embedded bus", [Fault(str(path), "is open in another process; stop that one")]) from exc
        with translated():
            self._sql = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
            self._sql.execute("PRAGMA journal_mode=WAL")
            self._sql.execute("PRAGMA synchronous=NORMAL")
            self._sql.executescript(_SCHEMA)

    def write(self, statement: str, values: Sequence[object] = ()) -> None:
        """Run one statement that changes something."""
        with translated():
            self._sql.execute(statement, values)

    def write_many(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one statement for each row, all of them or none."""
        with translated(), self._transaction():
            self._sql.executemany(statement, rows)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._sql.execute("BEGIN IMMEDIATE")
        with self._sql:
            yield

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """All rows of a query."""
        with translated():
            return self._sql.execute(query, values).fetchall()

    def close(self) -> None:
        """Close the file and let other processes have it."""
        self._sql.close()
        if self._lock is not None:
            self._lock.close()


@contextmanager
def translated() -> Iterator[None]:
    """SQLite's errors (a full disk, a file that went away) as ``Unavailable``."""
    try:
        yield
    except sqlite3.Error as exc:
        raise Unavailable(f"the embedded bus's file: {exc}", retry_after_s=5.0) from exc
