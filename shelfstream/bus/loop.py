"""The loop that every consuming stage runs in.

poll → batch → decode → handle → send → every message acknowledged → apply effects → adopt the new state → project →
commit. Nothing is committed before all that it leads to is durable, so a crash between any two steps repeats the
batch and loses nothing; handlers, ids and fences make the repetition harmless.
"""

import threading
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from typing import Generic, TypeVar

import structlog

from shelfstream.bus.api import Bus, Partition, Record
from shelfstream.bus.assignment import RebalanceListener
from shelfstream.bus.batch import Batch
from shelfstream.bus.batch_collector import BatchCollector
from shelfstream.bus.dead_letters import DeadLetterWriter, Failure
from shelfstream.bus.delivery import RetryPolicy, Sender
from shelfstream.bus.observer import LoopObserver, NullObserver, Step, Tally
from shelfstream.bus.settings import LoopSettings, check_patience
from shelfstream.bus.stage import Outcome, Received, Stage
from shelfstream.clock import Clock
from shelfstream.errors import InvalidMessage, PartitionLost, StageStopped, Unavailable

State = TypeVar("State")
Item = TypeVar("Item")
Effect = TypeVar("Effect")
_AFTER_LOSS_S = 0.5
_log = structlog.get_logger(__name__)


class Loop(Generic[State, Item, Effect]):
    """Runs one stage on a bus, in the caller's thread, until told to stop or until something is wrong.

    ``run`` returns after a clean stop. It raises ``StageStopped`` for what an operator must mend, and lets every
    other exception pass: that is a bug, nothing was committed, and the next start goes record by record.
    """

    def __init__(
        self,
        stage: Stage[State, Item, Effect],
        bus: Bus,
        *,
        clock: Clock,
        settings: LoopSettings | None = None,
        observer: LoopObserver | None = None,
        member: str | None = None,
    ) -> None:
        self._stage = stage
        self._clock = clock
        self._settings = settings or LoopSettings()
        check_patience(self._settings, bus.poll_budget_s)
        self._observer: LoopObserver = observer or NullObserver()
        self._consumer = bus.consumer(stage.group, member=member)
        self._producer = bus.producer()
        self._rebalances = RebalanceListener(stage, self._consumer, self._settings, self._observer)
        self._offsets = self._rebalances.offsets
        self._collector = BatchCollector(self._consumer, self._rebalances, self._settings, clock, self._observer)
        self._retries = RetryPolicy(clock, self._settings, self._collector.keep_alive, self._observer)
        self._sender = Sender(self._producer, self._settings, self._retries, self._observer)
        self._dead_letters = DeadLetterWriter(stage.group, bus, self._settings, clock)
        self._log_fields = {"group": stage.group}
        self._ticked_s = float("-inf")
        self._ticked_at: datetime | None = None

    @property
    def beat_s(self) -> float:
        """The clock's monotonic time of the latest sign of life."""
        return self._collector.beat_s

    @property
    def owned(self) -> frozenset[Partition]:
        """The partitions that are this member's now."""
        return self._offsets.owned

    @property
    def joined(self) -> bool:
        """Whether the group has given this member its share (perhaps none) once, and its state is restored."""
        return self._rebalances.joined

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set; then finish the batch in hand and leave the group in good order."""
        with closing(self._producer), closing(self._consumer):
            self._retries.watch_stop(stop)
            self._consumer.subscribe(self._stage.topics, self._rebalances)
            while not stop.is_set():
                self._turn(stop)
            self._rebalances.close_notes(self._offsets.owned)

    def _turn(self, stop: threading.Event) -> None:
        try:
            batch = self._collector.collect(stop)
            if len(batch):
                self._work(batch, stop)
            self._tick_if_due()
        except Unavailable as away:
            self._observer.count(Tally.UNAVAILABLE)
            _log.warning("unavailable", what=away.what, retry_after_s=away.retry_after_s, **self._log_fields)
            self._collector.rewind_after(away.retry_after_s, stop)
        except PartitionLost as lost:
            self._observer.count(Tally.PARTITIONS_LOST)
            _log.warning("partitions_lost", detail=str(lost), **self._log_fields)
            self._collector.rewind()
            # The group may need a moment; asked again at once it would say the same, many times a second.
            self._clock.sleep(_AFTER_LOSS_S)

    def _work(self, batch: Batch, stop: threading.Event) -> None:
        records = batch.records()
        if self._offsets.any_one_by_one(records):
            for record in records:
                if stop.is_set():
                    return
                self._one_alone(record)
        else:
            self._process(records)
        self._commit(batch.ends)

    def _one_alone(self, record: Record) -> None:
        """Handle one record of which it is not known whether it crashed the stage before."""
        if record.partition not in self._offsets:
            return
        attempts = self._offsets.attempts_at(record)
        if attempts >= self._settings.crashes_until_dead:
            reason = f"the stage crashed {attempts} times at this record"
            self._carry_out(None, [Failure(record, reason, "Crash", attempts)])
        elif self._offsets.is_one_by_one(record):
            self._try_alone(record)
        else:
            self._process([record])
        self._commit({record.partition: record.offset + 1})

    def _try_alone(self, record: Record) -> None:
        """Handle a record behind a mark. Whatever ends the try, if the process is still there it takes that back."""
        try:
            self._consumer.commit(self._offsets.marked(record))
            self._observer.at(Step.ATTEMPT_MARKED)
            self._process([record])
        except (Unavailable, PartitionLost, StageStopped):
            self._rebalances.take_back_mark(record.partition)
            raise

    def _process(self, records: Sequence[Record]) -> None:
        """Everything from decoding to projecting, for records that share one outcome."""
        received, failures = self._decode(records)
        try:
            outcome = self._handle(received, self._now_for(records))
        except InvalidMessage as exc:
            if len(received) > 1:
                self._each_by_itself(records)
                return
            failures.append(Failure(received[0].record, exc.reason, type(exc).__name__))
            outcome = None
        self._carry_out(outcome, failures)
        self._observer.count(Tally.RECORDS, len(records))
        self._observer.count(Tally.BATCHES)

    def _each_by_itself(self, records: Sequence[Record]) -> None:
        """One record of the batch is invalid in a way that only the handler sees: find it without losing the rest."""
        for record in records:
            if record.partition in self._offsets:
                self._process([record])
                self._commit({record.partition: record.offset + 1})

    def _decode(self, records: Sequence[Record]) -> tuple[list[Received[Item]], list[Failure]]:
        received: list[Received[Item]] = []
        failures: list[Failure] = []
        for record in records:
            if not self._offsets.admits(record) and record.partition.topic not in self._stage.sees_fenced:
                self._observer.count(Tally.FENCED)
                continue
            try:
                item = self._stage.handler.decode(record)
            except InvalidMessage as exc:
                failures.append(Failure(record, exc.reason, type(exc).__name__))
                continue
            if item is not None:
                received.append(Received(record, item))
        self._observer.at(Step.DECODED)
        return received, failures

    def _handle(self, received: Sequence[Received[Item]], now: datetime) -> Outcome[State, Effect] | None:
        if not received:
            return None
        outcome = self._stage.handler.handle(self._rebalances.state, received, now)
        self._observer.at(Step.HANDLED)
        return outcome

    def _carry_out(self, outcome: Outcome[State, Effect] | None, failures: Sequence[Failure] = ()) -> None:
        """Make an outcome true, in the order that a crash at any point can be repeated from."""
        letters = self._dead_letters.letters(failures, self._offsets.owned)
        self._sender.bury(letters)
        self._observer.count(Tally.DEAD_LETTERS, len(letters))
        if outcome is None:
            return
        self._sender.send(outcome.waves)
        if outcome.effects:
            self._apply(outcome.effects, sent=bool(letters) or any(outcome.waves))
        self._rebalances.state = outcome.state
        self._observer.at(Step.ADOPTED)
        if outcome.projections:
            self._stage.project(outcome.projections)
            self._observer.at(Step.PROJECTED)

    def _apply(self, effects: Sequence[Effect], *, sent: bool) -> None:
        if sent:
            self._retries.retry(lambda: self._stage.apply(effects))
        else:
            self._stage.apply(effects)
        self._observer.at(Step.APPLIED)

    def _commit(self, ends: dict[Partition, int]) -> None:
        for partition, end in ends.items():
            if partition in self._offsets:
                self._offsets.advance(partition, end)
        try:
            self._consumer.commit(self._offsets.positions(ends, open_=True))
            self._offsets.marks_gone(ends)
        except Unavailable as away:
            self._observer.count(Tally.COMMITS_FAILED)
            _log.warning("commit_failed", what=away.what, **self._log_fields)
        self._observer.at(Step.COMMITTED)

    def _now_for(self, records: Sequence[Record]) -> datetime:
        """Time for rules: no later than the newest record in hand was appended, however late it is read."""
        return min(self._clock.now(), max(record.appended_at for record in records))

    def _tick_if_due(self) -> None:
        """Tell the handler the time. Ticks never go back; while older records wait to be read, they wait too."""
        now_s = self._clock.monotonic_s()
        if now_s - self._ticked_s < self._settings.tick_every_s or not self._offsets.owned:
            return
        self._ticked_s = now_s
        now = self._collector.tick_time(self._clock.now())
        if now is None or (self._ticked_at is not None and now <= self._ticked_at):
            return
        self._ticked_at = now
        self._carry_out(self._stage.handler.handle(self._rebalances.state, (), now))
