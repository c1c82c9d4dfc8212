"""The note that a group keeps beside each committed offset: it survives crashes and moves with the partition.

``open`` says that somebody was at work: a partition found open when it is given out was left by a crash (or by
a process that lost it), so its next records are handled one by one. ``attempt_offset`` and ``attempts`` mark a
record that is about to be handled alone, the try that begins included; a try that ends without the process takes its
mark back. ``fence`` is the newest owner epoch that the group has met there.

Where a member of a group stands in each of its partitions.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from shelfstream.bus.api import Partition, Position, Record
from shelfstream.bus.ownership import RewindableFence


@dataclass(frozen=True, slots=True)
class CommitMetadata:
    """What a group remembers about one partition."""

    open: bool = False
    attempt_offset: int = -1
    attempts: int = 0
    fence: int = -1

    def attempts_at(self, offset: int) -> int:
        """How often the record at ``offset`` was begun alone and not finished."""
        return self.attempts if self.attempt_offset == offset else 0

    def encode(self) -> str:
        """A short text (Kafka keeps at most 4 KiB of it)."""
        held = {"o": int(self.open), "a": [self.attempt_offset, self.attempts], "f": self.fence}
        return json.dumps(held, separators=(",", ":"))

    @classmethod
    def decode(cls, text: str) -> Self:
        """Parse a note; one that is not ours (or no longer readable) counts as left open."""
        try:
            held = json.loads(text)
            offset, attempts = held["a"]
            return cls(bool(held["o"]), int(offset), int(attempts), int(held["f"]))
        except (ValueError, TypeError, KeyError):
            return cls(open=True)


@dataclass
class PartitionOffset:
    """One partition: the next offset to commit, the note found there, and how far to go one by one.

    ``read_at`` is when the newest record that was read from it was appended; ``None`` before the first.
    """

    next_offset: int
    note: CommitMetadata
    one_by_one_until: int
    fence: RewindableFence = field(default_factory=RewindableFence)
    read_at: datetime | None = None


class PartitionOffsets:
    """All partitions of this member."""

    def __init__(self) -> None:
        self._offsets: dict[Partition, PartitionOffset] = {}
        self._owned: frozenset[Partition] = frozenset()
        self._marks: dict[Partition, CommitMetadata] = {}

    def __contains__(self, partition: Partition) -> bool:
        return partition in self._offsets

    @property
    def owned(self) -> frozenset[Partition]:
        """The partitions that are ours now. Any thread may ask."""
        return self._owned

    def gain(self, partition: Partition, start: int, committed: Position | None, crash_reach: int) -> None:
        """Take a partition up at ``start``; if its note was left open, go one by one up to offset ``crash_reach``: no
        batch that crashed can have held what lies beyond.

        A mark of our own found there tells of no death: we lost the partition before we could take it back.
        """
        note = CommitMetadata.decode(committed.note) if committed is not None else CommitMetadata()
        mark = self._marks.pop(partition, None)
        if mark is not None and (note.attempt_offset, note.attempts) == (mark.attempt_offset, mark.attempts):
            note = replace(note, attempts=note.attempts - 1)
        one_by_one_until = crash_reach if note.open else start
        self._offsets[partition] = PartitionOffset(start, note, one_by_one_until, RewindableFence(note.fence))
        self._owned = frozenset(self._offsets)

    def drop(self, partitions: Iterable[Partition]) -> None:
        """Forget partitions that are no longer ours."""
        for partition in partitions:
            self._offsets.pop(partition, None)
        self._owned = frozenset(self._offsets)

    def next_offset(self, partition: Partition) -> int:
        """Offset of the first record that is not done."""
        return self._offsets[partition].next_offset

    def is_one_by_one(self, record: Record) -> bool:
        """Whether a record must be handled alone, behind an attempt mark."""
        return record.offset < self._offsets[record.partition].one_by_one_until

    def any_one_by_one(self, records: Iterable[Record]) -> bool:
        """Whether any of these records must be handled alone."""
        return any(self.is_one_by_one(record) for record in records)

    def marked_offset(self, partition: Partition) -> int | None:
        """The record that a process died of, if it is still to be done: conflation and seeking must not pass it by."""
        place = self._offsets.get(partition)
        if place is None or not place.note.attempts or place.note.attempt_offset < place.next_offset:
            return None
        return place.note.attempt_offset

    def attempts_at(self, record: Record) -> int:
        """How often a process died while it handled this record alone."""
        return self._offsets[record.partition].note.attempts_at(record.offset)

    def admits(self, record: Record) -> bool:
        """Whether the record's owner, if it has one, is not an older one than was met before."""
        return self._offsets[record.partition].fence.admits(record)

    def marked(self, record: Record) -> dict[Partition, Position]:
        """The position to commit before a record is handled alone: it counts the try that begins now.

        Only the committed note counts it. Here the count stays as it was found, so that every later commit takes the
        mark back, and nothing but a death in between leaves it for the next process to find.
        """
        place = self._offsets[record.partition]
        attempts = place.note.attempts_at(record.offset) + 1
        note = replace(place.note, attempt_offset=record.offset, attempts=attempts)
        self._marks[record.partition] = note
        return {record.partition: _position(place, note, open_=True)}

    def marks_gone(self, partitions: Iterable[Partition]) -> None:
        """A later commit has taken the place of our marks there: one that is found again is somebody else's."""
        for partition in partitions:
            self._marks.pop(partition, None)

    def advance(self, partition: Partition, next_offset: int) -> None:
        """Everything before ``next_offset`` is done."""
        place = self._offsets[partition]
        place.next_offset = max(place.next_offset, next_offset)
        place.fence.settle(place.next_offset)

    def note_read(self, records: Iterable[Record]) -> None:
        """Remember until when each partition has been read, by the log's own time."""
        for record in records:
            self._offsets[record.partition].read_at = record.appended_at

    def read_until(self, partitions: Iterable[Partition]) -> list[datetime | None]:
        """When the newest record read from each of these partitions was appended."""
        return [self._offsets[partition].read_at for partition in partitions]

    def positions(self, partitions: Iterable[Partition], *, open_: bool) -> dict[Partition, Position]:
        """What to commit for those of ``partitions`` that are still ours."""
        return {
            partition: _position(place, place.note, open_=open_)
            for partition in partitions
            if (place := self._offsets.get(partition)) is not None
        }


def _position(place: PartitionOffset, note: CommitMetadata, *, open_: bool) -> Position:
    return Position(place.next_offset, replace(note, open=open_, fence=place.fence.newest).encode())
