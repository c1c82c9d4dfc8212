"""What a stage's loop tells Prometheus, and how far its group is behind."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

import structlog

from shelfstream.background import Work
from shelfstream.bus.api import Bus, Partition
from shelfstream.bus.observer import Step, Tally
from shelfstream.clock import Clock
from shelfstream.errors import Unavailable
from shelfstream.metrics import Counter, Gauge, Histogram, Metrics

_log = structlog.get_logger(__name__)

RECORDS = Counter(
    "shelfstream_loop_records_total",
    "Records that the stage has worked through",
    "If it stands still while the lag grows, read the stage's log",
    ("stage",),
)
BATCHES = Counter(
    "shelfstream_loop_batches_total",
    "Batches that the stage has worked through",
    "Nothing: it only relates the other figures to one another",
    ("stage",),
)
SKIPPED = Counter(
    "shelfstream_loop_skipped_total",
    "Records passed over because a newer one of the same key was there",
    "Expected under overload; if it never stops, add processes of this stage",
    ("stage",),
)
FENCED = Counter(
    "shelfstream_loop_fenced_total",
    "Records ignored because an older owner of the partition wrote them",
    "Expected for a moment after a process was frozen; if it goes on, find the process that should be gone",
    ("stage",),
)
DEAD_LETTERS = Counter(
    "shelfstream_loop_dead_letters_total",
    "Records put aside as dead letters",
    "Read their reasons on the topic's .dead neighbour; over the budget the stage stops",
    ("stage",),
)
UNAVAILABLE = Counter(
    "shelfstream_loop_unavailable_total",
    "Times that something outside was away and the stage waited",
    "The log names what was away; mend that, the stage goes on by itself",
    ("stage",),
)
PARTITIONS_LOST = Counter(
    "shelfstream_loop_partitions_lost_total",
    "Times that the group gave partitions to another member while a batch was in hand",
    "Often means batches outlast the poll budget: lower loop.batch_max_records",
    ("stage",),
)
COMMITS_FAILED = Counter(
    "shelfstream_loop_commits_failed_total",
    "Commits that the bus did not take; the work is done again after a restart",
    "If it goes on, look at the bus",
    ("stage",),
)
BATCH_SECONDS = Histogram(
    "shelfstream_loop_batch_seconds",
    "Seconds from a batch's closing to its commit",
    "If it grows, look at what the stage writes to; the poll budget bounds it",
    ("stage",),
)
LAG = Gauge(
    "shelfstream_loop_lag_records",
    "Records of a partition of this process that it has not committed yet",
    "If one process's grows for minutes, read its log; if all of a stage's do, add processes of it",
    ("stage", "topic", "partition"),
)
COMMITTED_AT = Gauge(
    "shelfstream_loop_committed_timestamp_seconds",
    "When the stage last committed, in seconds since 1970",
    "If it is old while the lag is not nought, the stage is stuck: read its log, then restart it",
    ("stage",),
)

_COUNTERS: Mapping[Tally, Counter] = {
    Tally.RECORDS: RECORDS,
    Tally.BATCHES: BATCHES,
    Tally.SKIPPED: SKIPPED,
    Tally.FENCED: FENCED,
    Tally.DEAD_LETTERS: DEAD_LETTERS,
    Tally.UNAVAILABLE: UNAVAILABLE,
    Tally.PARTITIONS_LOST: PARTITIONS_LOST,
    Tally.COMMITS_FAILED: COMMITS_FAILED,
}

_LOOK_EVERY_S = 5.0


class LoopMetrics:
    """The ``LoopWatch`` that keeps one stage's figures."""

    def __init__(self, metrics: Metrics, stage: str, clock: Clock) -> None:
        self._metrics = metrics
        self._stage = stage
        self._clock = clock
        self._polled_s: float | None = None
        self._told: frozenset[Partition] = frozenset()
        for tally in Tally:
            self.count(tally, 0)

    def at(self, step: Step) -> None:
        if step is Step.POLLED:
            self._polled_s = self._clock.monotonic_s()
        elif step is Step.COMMITTED:
            self._committed(self._clock.now())

    def count(self, what: Tally, by: int = 1) -> None:
        self._metrics.count(_COUNTERS[what], by, stage=self._stage)

    def lag(self, behind: Mapping[Partition, int]) -> None:
        """Keep what this member has still to read, per partition; those that went to others are told by these."""
        for partition in self._told - behind.keys():
            self._metrics.forget(LAG, **self._labels(partition))
        for partition, records in behind.items():
            self._metrics.set(LAG, records, **self._labels(partition))
        self._told = frozenset(behind)

    def _labels(self, partition: Partition) -> dict[str, str]:
        return {"stage": self._stage, "topic": partition.topic, "partition": str(partition.index)}

    def _committed(self, now: datetime) -> None:
        self._metrics.set(COMMITTED_AT, now.timestamp(), stage=self._stage)
        if self._polled_s is not None:
            self._metrics.observe(BATCH_SECONDS, self._clock.monotonic_s() - self._polled_s, stage=self._stage)
            self._polled_s = None


def lag_watch(
    bus: Bus,
    group: str,
    topics: Sequence[str],
    owned: Callable[[], Collection[Partition]],
    tell: Callable[[Mapping[Partition, int]], None],
) -> Work:
    """Tells ``tell`` the lag of ``group`` on ``topics`` again and again, of the partitions that are this member's.

    So the lags of all processes add up to that of the group, and the one that is stuck can be seen.

    The loop itself must not ask: a slow answer would count against its poll budget.
    """

    def look(stop: threading.Event) -> None:
        admin = None
        while not stop.is_set():
            try:
                admin = admin or bus.admin()
                behind, ours = admin.lag(group, topics), frozenset(owned())
                tell({partition: records for partition, records in behind.items() if partition in ours})
            except Unavailable as exc:
                _log.debug("lag_unknown", group=group, detail=str(exc))
            stop.wait(_LOOK_EVERY_S)
        if admin is not None:
            admin.close()

    return look
