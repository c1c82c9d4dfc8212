"""Takes records in: the loop's side that faces the bus's consumer."""

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog

from shelfstream.bus.api import Consumer, Record
from shelfstream.bus.assignment import RebalanceListener
from shelfstream.bus.batch import Batch
from shelfstream.bus.observer import LoopObserver, Step, Tally
from shelfstream.bus.settings import LoopSettings
from shelfstream.clock import Clock
from shelfstream.errors import PartitionLost, Unavailable

_WAIT_SLICE_S = 0.1
_POLL_SLICE_S = 1.0
_log = structlog.get_logger(__name__)


class BatchCollector:
    """Gathers batches, stays a member of the group while the loop waits, and rewinds.

    ``beat_s`` is the clock's monotonic time of the latest sign of life.
    """

    def __init__(
        self,
        consumer: Consumer,
        rebalances: RebalanceListener[Any],
        settings: LoopSettings,
        clock: Clock,
        observer: LoopObserver,
    ) -> None:
        self._consumer = consumer
        self._rebalances = rebalances
        self._offsets = rebalances.offsets
        self._settings = settings
        self._clock = clock
        self._observer = observer
        self._paused = False
        self.beat_s = clock.monotonic_s()
        rebalances.beat = self._beat

    def _beat(self) -> None:
        self.beat_s = self._clock.monotonic_s()

    def collect(self, stop: threading.Event) -> Batch:
        """Wait for a first record, at most until the next tick, then gather what comes within the batch's limits."""
        self._beat()
        batch = self._open()
        records = self._poll(batch, self._settings.tick_every_s)
        if not records:
            return batch
        batch = self._open()
        batch.add(records)
        while not batch.full and not stop.is_set():
            wait_s = batch.wait_s(self._clock.monotonic_s())
            self._beat()
            records = self._poll(batch, min(wait_s, _POLL_SLICE_S))  # so that a stop is seen in a long wait
            batch.add(records)
            if wait_s == 0 and not (records and self._reads_on(batch)):
                break
        self._observer.at(Step.POLLED)
        self._observer.count(Tally.SKIPPED, batch.skipped)
        return batch

    def _open(self) -> Batch:
        return Batch(self._settings, self._clock.monotonic_s(), self._offsets.marked_offset)

    def _reads_on(self, batch: Batch) -> bool:
        """Whether a batch whose time is over still looks for newer records of its keys."""
        if not self._settings.conflate:
            return False
        return batch.age_s(self._clock.monotonic_s()) < self._settings.conflate_max_wait_s

    def _poll(self, batch: Batch, timeout_s: float) -> list[Record]:
        if self._paused:
            self._consumer.resume(self._consumer.assignment())
            self._paused = False
        most = max(1, min(self._settings.poll_max_records, batch.room))
        self._rebalances.batch = batch
        polled = self._consumer.poll(timeout_s, most)
        try:
            settled = self._rebalances.settle(polled)
        except (Unavailable, PartitionLost):
            self._give_back(polled)
            raise
        records = [record for record in settled if record.partition in self._offsets]
        self._offsets.note_read(records)
        return self._rebalances.skip_old(records, self._clock)

    def keep_alive(self, seconds: float) -> None:
        """Stay a member of the group for a while without taking records in."""
        until_s = self._clock.monotonic_s() + seconds
        self._paused = True
        while True:
            self._beat()
            self._poll_paused()
            left_s = until_s - self._clock.monotonic_s()
            if left_s <= 0:
                return
            self._clock.sleep(min(left_s, _WAIT_SLICE_S))

    def _poll_paused(self) -> None:
        try:
            self._consumer.pause(self._consumer.assignment())
            self._give_back(self._consumer.poll(0, 1))
        except Unavailable as away:
            _log.debug("unavailable_while_waiting", what=away.what)

    def _give_back(self, records: Sequence[Record]) -> None:
        """Read records again later: those of partitions that came too lately to be paused, or to be restored."""
        held = self._consumer.assignment()
        for record in reversed(records):
            if record.partition in held:
                self._consumer.seek(record.partition, record.offset)

    def rewind_after(self, seconds: float, stop: threading.Event) -> None:
        """Wait with everything paused, then let the next batch begin where nothing is done yet."""
        until_s = self._clock.monotonic_s() + seconds
        while (left_s := until_s - self._clock.monotonic_s()) > 0 and not stop.is_set():
            self.keep_alive(min(left_s, _WAIT_SLICE_S))
        self.rewind()

    def rewind(self) -> None:
        """Let the next batch begin where nothing is done yet."""
        for partition in self._offsets.owned & self._consumer.assignment():
            self._consumer.seek(partition, self._offsets.next_offset(partition))

    def tick_time(self, now: datetime) -> datetime | None:
        """Time that a tick may tell: no later than a partition with unread records was read; ``None``: none yet."""
        owned = self._offsets.owned
        ends = self._consumer.end_offsets(owned)
        behind = [partition for partition in owned if self._consumer.position(partition) < ends[partition]]
        times = self._offsets.read_until(behind)
        known = [moment for moment in times if moment is not None]
        return min([now, *known]) if len(known) == len(times) else None
