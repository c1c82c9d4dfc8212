"""Partitions come and go: keeps the stage's state and the member's places in step with that."""

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any, Generic, TypeVar

import structlog

from shelfstream.bus.api import Consumer, Partition, Record
from shelfstream.bus.batch import Batch
from shelfstream.bus.observer import LoopObserver, Tally
from shelfstream.bus.offsets import PartitionOffsets
from shelfstream.bus.settings import LoopSettings
from shelfstream.bus.stage import Stage
from shelfstream.clock import Clock
from shelfstream.errors import PartitionLost, Unavailable

State = TypeVar("State")
_log = structlog.get_logger(__name__)


class RebalanceListener(Generic[State]):
    """The consumer's listener, and the owner of the stage's state.

    Callbacks run inside ``poll``, where a client library may swallow errors, so they only take notes and drop what
    is gone; ``settle``, called after every poll and before its records are looked at, restores state.
    """

    def __init__(
        self, stage: Stage[State, Any, Any], consumer: Consumer, settings: LoopSettings, observer: LoopObserver
    ) -> None:
        self._stage = stage
        self._consumer = consumer
        self._settings = settings
        self._observer = observer
        self._gains: list[Partition] = []
        self._drops: list[Partition] = []
        self._held: set[Partition] = set()
        self._told = False
        self.joined = False
        self.offsets = PartitionOffsets()
        self.state: State = stage.initial
        self.batch: Batch | None = None
        self.beat: Callable[[], None] = lambda: None

    def assigned(self, partitions: Sequence[Partition]) -> None:
        """Remember what came; its state is restored in ``settle``."""
        self._gains.extend(partitions)
        self._told = True

    def revoked(self, partitions: Sequence[Partition], *, lost: bool) -> None:
        """Let go of partitions at once: nothing more is committed for them and their records leave the batch."""
        gone = frozenset(partitions)
        if not lost:
            self.close_notes(gone & self.offsets.owned)
        if self.batch is not None:
            self.batch.drop(gone)
        self.offsets.drop(gone)
        self._gains = [partition for partition in self._gains if partition not in gone]
        self._drops.extend(sorted(gone & self._held))

    def settle(self, records: Sequence[Record]) -> list[Record]:
        """Drop the state of what went and restore the state of what came; returns those of ``records`` to be looked at.

        Raises ``Unavailable``: rewind the records and call it again after the next poll.
        """
        again: frozenset[Partition] = frozenset()
        if self._drops:
            self.state = self._stage.store.dropped(self.state, tuple(self._drops))
            self._held.difference_update(self._drops)
            self._drops.clear()
        if self._gains:
            again = self._open(records)
            self.state = self._stage.store.gained(self.state, tuple(self._gains), self.beat)
            self._held.update(self._gains)
            self._gains.clear()
        self.joined = self._told
        return [record for record in records if record.partition not in again]

    def _open(self, records: Sequence[Record]) -> frozenset[Partition]:
        """Take places up, and say beside the committed offsets that somebody is at work.

        Returns those whose records in hand do not begin at their place: they are read again from there. A client may
        keep its position in a partition that it had before as well, though what it read there was let go.
        """
        again: set[Partition] = set()
        for partition in self._gains:
            if partition in self.offsets:
                continue
            committed = self._consumer.committed(partition)
            # The poll in hand has moved the position on: reading goes on where its records begin.
            in_hand = (record.offset for record in records if record.partition == partition)
            begins = next(in_hand, None)
            begins = self._consumer.position(partition) if begins is None else begins
            start = begins if committed is None else committed.offset
            self.offsets.gain(partition, start, committed, self._crash_reach(partition, start))
            if begins != start:
                self._consumer.seek(partition, start)
                again.add(partition)
        self._consumer.commit(self.offsets.positions(self._gains, open_=True))
        return frozenset(again)

    def _crash_reach(self, partition: Partition, start: int) -> int:
        """The offset before which a batch that began at ``start`` and crashed must have ended.

        A batch that conflates or seeks reads on far beyond the records that it holds: as far as there were any.
        """
        if self._settings.conflate or self._settings.seek_when_older_than_s is not None:
            return self._consumer.end_offsets((partition,))[partition]
        return start + self._settings.batch_max_records

    def close_notes(self, partitions: Collection[Partition]) -> None:
        """Say beside the committed offsets that the work was left in good order."""
        self._write_notes(partitions, open_=False, otherwise="notes_left_open")

    def take_back_mark(self, partition: Partition) -> None:
        """Say beside the committed offset that the record being tried there did not bring the process down."""
        self._write_notes((partition,), open_=True, otherwise="attempt_mark_left")

    def _write_notes(self, partitions: Collection[Partition], *, open_: bool, otherwise: str) -> None:
        if not partitions:
            return
        try:
            self._consumer.commit(self.offsets.positions(partitions, open_=open_))
            self.offsets.marks_gone(partitions)
        except (Unavailable, PartitionLost) as exc:
            _log.warning(otherwise, detail=str(exc), group=self._stage.group)

    def skip_old(self, records: list[Record], clock: Clock) -> list[Record]:
        """Far behind, jump by time instead of reading what would be conflated away; count what was skipped."""
        limit_s = self._settings.seek_when_older_than_s
        if limit_s is None:
            return records
        horizon = clock.now() - timedelta(seconds=limit_s)
        old = {record.partition for record in reversed(records) if record.appended_at < horizon}
        if not old:
            return records
        targets = self._consumer.offsets_at(horizon, old)
        marks = {partition: self.offsets.marked_offset(partition) for partition in old}
        targets |= {at: min(targets[at], mark) for at, mark in marks.items() if mark is not None}
        for partition in old:
            self._jump(partition, targets[partition])
        return [record for record in records if record.offset >= targets.get(record.partition, 0)]

    def _jump(self, partition: Partition, target: int) -> None:
        skipped = target - self.offsets.next_offset(partition)
        if skipped <= 0:
            return
        self._observer.count(Tally.SKIPPED, skipped)
        self.offsets.advance(partition, target)
        if target > self._consumer.position(partition):
            self._consumer.seek(partition, target)
