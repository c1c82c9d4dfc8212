"""The archive: what analytics took in, by store and hour. Small files are joined once an hour is over.

A file is named by the records in it, so that writing the same again, or joining the same files twice, changes nothing;
what stands in two files, as after a crash between writing and deleting, is read once.
"""

import hashlib
import heapq
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from analytics.archive.parquet import parquet_of, records_in, store_of
from shelfstream.bus.api import Record
from shelfstream.errors import Fault, Faults
from shelfstream.file_store import FileStore, Stored

TOP = "inputs"
SUFFIX = ".parquet"
_HOUR = timedelta(hours=1)
_SETTLED_AFTER = timedelta(minutes=15)
_JOINED_BYTES_MAX = 256 * 1024 * 1024

_Hour = tuple[str, datetime]


class Archive:
    """Records by store and time. All methods raise ``Unavailable`` when the files are out of reach."""

    def __init__(self, files: FileStore) -> None:
        self._files = files

    def write(self, records: Iterable[Record]) -> None:
        """Keep records."""
        hours: dict[_Hour, list[Record]] = {}
        for record in records:
            hours.setdefault((store_of(record), _hour_of(record.appended_at)), []).append(record)
        for hour, found in hours.items():
            found.sort(key=in_order)
            self._files.put(_file_id(hour, _name_of(found)), parquet_of(found))

    def read(self, store: str, start: datetime, stop: datetime) -> Iterator[Record]:
        """What was appended in ``start <= t < stop``, in the order of the log's time, each record once.

        Raises ``Faults`` for a file that cannot be read.
        """
        hours = sorted({_hour_in(stored.id)[1] for stored in self._files.list(f"{TOP}/{store}")})
        for hour in hours:
            if hour + _HOUR > start and hour < stop:
                for record in self._read_hour((store, hour)):
                    if start <= record.appended_at < stop:
                        yield record

    def join(self, now: datetime) -> int:
        """Make one file of all files of an hour that is over; returns how many such hours there were.

        What would be too large for one file stays as it is.
        """
        hours: dict[_Hour, list[Stored]] = {}
        for stored in self._files.list(TOP):
            hours.setdefault(_hour_in(stored.id), []).append(stored)
        joined = 0
        for hour, parts in sorted(hours.items()):
            small = sum(part.size_bytes for part in parts) <= _JOINED_BYTES_MAX
            if len(parts) > 1 and small and hour[1] + _HOUR + _SETTLED_AFTER <= now:
                self._join(hour, [part.id for part in parts])
                joined += 1
        return joined

    def forget(self, before: date) -> int:
        """Delete all days before a day; returns how many files that were."""
        old = [stored.id for stored in self._files.list(TOP) if _hour_in(stored.id)[1].date() < before]
        for file_id in old:
            self._files.delete(file_id)
        return len(old)

    def _join(self, hour: _Hour, parts: list[str]) -> None:
        name = _name_of(self._read_hour(hour))
        whole = _file_id(hour, name)
        self._files.put(whole, parquet_of(self._read_hour(hour)))
        for part in parts:
            if part != whole:
                self._files.delete(part)

    def _read_hour(self, hour: _Hour) -> Iterator[Record]:
        store, starts_at = hour
        day = f"{TOP}/{store}/{starts_at:%Y-%m-%d}"
        parts = sorted(stored.id for stored in self._files.list(day) if _hour_in(stored.id) == hour)
        with ExitStack() as stack:
            each = [self._records_of(part, stack) for part in parts]
            for _, same in groupby(heapq.merge(*each, key=in_order), key=in_order):
                yield next(same)

    def _records_of(self, part: str, stack: ExitStack) -> Iterator[Record]:
        file = stack.enter_context(self._files.opened(part))
        try:
            yield from records_in(file)
        except ValueError as exc:
            raise Faults("archive", [Fault(part, f"cannot be read: {exc}; move it away to go on without it")]) from exc


def in_order(record: Record) -> tuple[datetime, str, int, int]:
    """By the log's time, then by where a record stands."""
    return record.appended_at, record.partition.topic, record.partition.index, record.offset


def _hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _file_id(hour: _Hour, name: str) -> str:
    store, starts_at = hour
    return f"{TOP}/{store}/{starts_at:%Y-%m-%d}/{starts_at:%H}-{name}{SUFFIX}"


def _hour_in(file_id: str) -> _Hour:
    """The store and the hour that a file is about. Raises ``Faults`` for one of another name."""
    try:
        _, store, day, name = file_id.split("/")
        return store, datetime.strptime(f"{day} {name[:2]} +0000", "%Y-%m-%d %H %z")
    except ValueError as exc:
        raise Faults("archive", [Fault(file_id, f"is no {TOP}/STORE/DAY/HOUR-NAME{SUFFIX}; move it away")]) from exc


def _name_of(records: Iterable[Record]) -> str:
    digest = hashlib.sha256()
    for record in records:
        digest.update(f"{record.partition}@{record.offset} {record.appended_at.isoformat()}\n".encode())
    return digest.hexdigest()[:24]
