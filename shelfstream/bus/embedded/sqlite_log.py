"""Records in the embedded bus's file: for everything that must last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from shelfstream.bus.embedded.database import Database
from shelfstream.bus.embedded.headers import pack, unpack
from shelfstream.bus.records import Headers, Partition, Record
from shelfstream.bus.topics import TopicSpec

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
