"""Records in the embedded bus's file: for everything that must last.

One SQLite database, opened by one process, its errors translated; headers stand in one blob each.
"""

import fcntl
import sqlite3
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from shelfstream.bus.api import Headers, Partition, Record
from shelfstream.bus.topics import TopicSpec
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

_LENGTHS = struct.Struct("<II")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_APPEND = "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)"
_READ = (
    "SELECT place, key, value, headers, appended_ms FROM records "
    "WHERE partition_id = ? AND place >= ? AND place < ? ORDER BY place LIMIT ?"
)
# An end never goes back: ``first`` remembers it when all records of a partition have expired.
_KNOWN = (
    "SELECT id, topic, number, first, max(first, "
    "coalesce((SELECT max(place) + 1 FROM records WHERE partition_id = id), 0)) FROM partitions"
)
_AT = "SELECT min(place) FROM records WHERE partition_id = ? AND appended_ms >= ?"
_EXPIRE_TO = "SELECT coalesce(min(place), ?) FROM records WHERE partition_id = ? AND appended_ms >= ?"
_COMPACT = (
    "DELETE FROM records WHERE partition_id = ?1 AND place < ?2 AND ("
    "place NOT IN (SELECT max(place) FROM records WHERE partition_id = ?1 GROUP BY key)"
    " OR (value IS NULL AND appended_ms < ?3))"
)


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


def pack(headers: Headers) -> bytes:
    """Headers as bytes; none at all is nothing."""
    parts: list[bytes] = []
    for name, value in headers:
        encoded = name.encode()
        parts += [_LENGTHS.pack(len(encoded), len(value)), encoded, value]
    return b"".join(parts)


def unpack(packed: bytes) -> Headers:
    """The headers that ``pack`` was given."""
    headers: list[tuple[str, bytes]] = []
    at = 0
    while at < len(packed):
        name_length, value_length = _LENGTHS.unpack_from(packed, at)
        at += _LENGTHS.size
        name = packed[at : at + name_length].decode()
        at += name_length
        headers.append((name, packed[at : at + value_length]))
        at += value_length
    return tuple(headers)


@dataclass(slots=True)
class _Kept:
    id: int
    first: int
    end: int


class SqliteLog:
    """Records of all lasting topics. Bounds are kept in memory, so that looking for news costs no query."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: dict[Partition, _Kept] = {}
        self._learn()

    def _learn(self) -> None:
        for row in self._database.rows(_KNOWN):
            number, topic, index, first, end = cast("tuple[int, str, int, int, int]", row)
            self._kept[Partition(topic, index)] = _Kept(number, first, end)

    def create(self, spec: TopicSpec) -> None:
        """Add a topic's partitions."""
        rows = [(spec.name, index) for index in range(spec.partitions)]
        self._database.write_many("INSERT INTO partitions (topic, number) VALUES (?, ?)", rows)
        self._learn()

    def partitions(self) -> Sequence[Partition]:
        return tuple(self._kept)

    def append(self, partition: Partition, key: bytes, value: bytes | None, headers: Headers, at: datetime) -> int:
        kept = self._kept[partition]
        self._database.write(_APPEND, (kept.id, kept.end, key, value, pack(headers), _ms(at)))
        kept.end += 1
        return kept.end - 1

    def read(self, partition: Partition, start: int, stop: int, limit: int) -> list[Record]:
        rows = self._database.rows(_READ, (self._kept[partition].id, start, stop, limit))
        return [_record(partition, row) for row in rows]

    def bounds(self, partition: Partition) -> tuple[int, int]:
        kept = self._kept[partition]
        return kept.first, kept.end

    def offset_at(self, partition: Partition, moment: datetime) -> int:
        kept = self._kept[partition]
        found = self._database.rows(_AT, (kept.id, _ms_up(moment)))[0][0]
        return kept.end if found is None else cast("int", found)

    def expire(self, partition: Partition, before: datetime) -> None:
        kept = self._kept[partition]
        first = cast("int", self._database.rows(_EXPIRE_TO, (kept.end, kept.id, _ms_up(before)))[0][0])
        if first > kept.first:
            # The mark first: should the process end in between, what is left over goes the next time.
            self._database.write("UPDATE partitions SET first = ? WHERE id = ?", (first, kept.id))
            self._database.write("DELETE FROM records WHERE partition_id = ? AND place < ?", (kept.id, first))
            kept.first = first

    def compact(self, partition: Partition, tombstones_before: datetime) -> None:
        """Keep the newest record of each key, and forget deletions that are older than a moment."""
        # The last record stays whatever it is: the end of the log is known from it.
        kept = self._kept[partition]
        self._database.write(_COMPACT, (kept.id, kept.end - 1, _ms(tombstones_before)))


def _record(partition: Partition, row: tuple[Any, ...]) -> Record:
    offset, key, value, headers, appended_ms = row
    return Record(partition, offset, key, value, unpack(headers), _EPOCH + timedelta(milliseconds=appended_ms))


def _ms(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _ms_up(moment: datetime) -> int:
    return -((_EPOCH - moment) // timedelta(milliseconds=1))
