"""Reads Kafka: as a member of a consumer group, with what the library's rebalances bring, and outside any group."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import structlog
from kafka import KafkaConsumer as Client
from kafka import TopicPartition
from kafka.consumer.subscription_state import AsyncConsumerRebalanceListener
from kafka.errors import KafkaError
from kafka.future import Future
from kafka.structs import OffsetAndMetadata

from shelfstream.bus.api import AssignmentListener, Partition, Position, Record
from shelfstream.bus.kafka.convert import ms_of, ours, ours_sorted, record_of, theirs, translated
from shelfstream.errors import PartitionLost, Unavailable

_log = structlog.get_logger(__name__)

_CLOSED_WITHIN_S = 5.0
_POLL_MS = 200


class RebalanceBridge(AsyncConsumerRebalanceListener):  # type: ignore[misc]
    """What the member holds, kept in step with the group. ``inside`` says that the listener is being called."""

    def __init__(self, listener: AssignmentListener, dropped: Callable[[set[Partition]], None]) -> None:
        self._listener = listener
        self._dropped = dropped
        self._commits: list[Future] = []
        self.held: set[Partition] = set()
        self.inside = False
        self.closing = False

    def queue(self, commit: Future) -> None:
        """Remember a commit that the listener asked for."""
        self._commits.append(commit)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Take partitions; with the range assignor these are all that the member has."""
        gains = ours_sorted(assigned)
        self.held.update(gains)
        self._call(lambda: self._listener.assigned(gains))

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Let the listener finish with partitions, and its last commits arrive."""
        if self.closing:
            return
        gone = ours_sorted(revoked)
        self._call(lambda: self._listener.revoked(gone, lost=False))
        while self._commits:
            try:
                await self._commits.pop()
            except KafkaError as exc:
                _log.warning("commit_failed_at_rebalance", detail=str(exc))
        self._drop(set(gone))

    async def on_partitions_lost(self, lost: set[TopicPartition]) -> None:
        """Tell the listener that partitions may be another's by now."""
        if self.closing:
            return
        gone = ours_sorted(lost)
        self._call(lambda: self._listener.revoked(gone, lost=True))
        self._commits.clear()
        self._drop(set(gone))

    def _call(self, tell: Callable[[], None]) -> None:
        self.inside = True
        try:
            tell()
        finally:
            self.inside = False

    def _drop(self, gone: set[Partition]) -> None:
        self.held.difference_update(gone)
        self._dropped(gone)


class KafkaConsumer:
    """Belongs to one thread (the listener may be called from another one while this one waits in ``poll``)."""

    def __init__(self, client: Client, name: str, answer_timeout_s: float) -> None:
        self._client = client
        self._name = name
        self._answer_timeout_ms = int(answer_timeout_s * 1000)
        self._listening: RebalanceBridge | None = None
        self._paused: set[Partition] = set()

    def subscribe(self, topics: Sequence[str], listener: AssignmentListener) -> None:
        self._listening = RebalanceBridge(listener, self._paused.difference_update)
        with translated():
            self._client.subscribe(list(topics), listener=self._listening)

    def poll(self, timeout_s: float, max_records: int) -> list[Record]:
        self._finish_join()
        with translated():
            found = self._client.poll(timeout_ms=int(timeout_s * 1000), max_records=max_records)
        return [record_of(record) for records in found.values() for record in records]

    def _finish_join(self) -> None:
        """Take up a join that an earlier, shorter poll began.

        Library 3.0.12 forgets one that its own view of the topics' metadata set off (it clears its reason while the
        join is under way) and then turns in circles for ever, without partitions. Seen under load, soon after a start.
        """
        coordinator = self._client._coordinator  # noqa: SLF001
        if coordinator.rejoining and not coordinator.need_rejoin():
            coordinator.request_rejoin()

    @property
    def _held(self) -> set[Partition]:
        return self._listening.held if self._listening is not None else set()

    def assignment(self) -> frozenset[Partition]:
        return frozenset(self._held)

    def pause(self, partitions: Iterable[Partition]) -> None:
        chosen = set(partitions) & self._held
        self._paused.update(chosen)
        self._client.pause(*map(theirs, chosen))

    def resume(self, partitions: Iterable[Partition]) -> None:
        chosen = set(partitions) & self._held
        self._paused.difference_update(chosen)
        self._client.resume(*map(theirs, chosen))

    def seek(self, partition: Partition, offset: int) -> None:
        self._check_held((partition,))
        self._client.seek(theirs(partition), offset)

    def position(self, partition: Partition) -> int:
        self._check_held((partition,))
        with translated():
            found = self._client.position(theirs(partition), timeout_ms=self._answer_timeout_ms)
        if found is None:
            raise Unavailable(f"Kafka: no position for {partition}")
        return int(found)

    def committed(self, partition: Partition) -> Position | None:
        with translated():
            found = self._client.committed(theirs(partition), metadata=True, timeout_ms=self._answer_timeout_ms)
        # The library says -1 where the group has committed nothing.
        return None if found is None or found.offset < 0 else Position(found.offset, found.metadata or "")

    def commit(self, positions: Mapping[Partition, Position]) -> None:
        if not positions:
            return
        self._check_held(positions)
        offsets = {theirs(at): OffsetAndMetadata(it.offset, it.note, -1) for at, it in positions.items()}
        with translated():
            if self._listening is not None and self._listening.inside:
                self._listening.queue(self._client.commit_async(offsets))
            else:
                self._client.commit(offsets, timeout_ms=self._answer_timeout_ms)

    def _check_held(self, partitions: Iterable[Partition]) -> None:
        gone = [partition for partition in partitions if partition not in self._held]
        if gone:
            raise PartitionLost(f"{self._name} does not hold {', '.join(map(str, gone))}")

    def end_offsets(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        with translated():
            found = self._client.end_offsets(list(map(theirs, partitions)), timeout_ms=self._answer_timeout_ms)
        return {ours(at): int(offset) for at, offset in found.items()}

    def offsets_at(self, moment: datetime, partitions: Iterable[Partition]) -> dict[Partition, int]:
        wanted = list(partitions)
        with translated():
            times = dict.fromkeys(map(theirs, wanted), ms_of(moment))
            found = self._client.offsets_for_times(times, timeout_ms=self._answer_timeout_ms)
        known = {ours(at): int(it.offset) for at, it in found.items() if it is not None and it.offset >= 0}
        late = self.end_offsets([partition for partition in wanted if partition not in known])
        return known | late

    def close(self) -> None:
        if self._listening is not None:
            self._listening.closing = True
        with translated():
            self._client.close(autocommit=False, timeout_ms=int(_CLOSED_WITHIN_S * 1000))


class KafkaReader:
    """Belongs to one thread, and reads one partition at a time: finish one ``read`` before the next."""

    def __init__(self, client: Client, answer_timeout_s: float) -> None:
        self._client = client
        self._answer_timeout_s = answer_timeout_s

    def read(self, partition: Partition, start: int, stop: int) -> Iterator[Record]:
        """See ``Reader``. Raises ``Unavailable`` when nothing moves for the answer timeout."""
        first, end = self.bounds(partition)
        start, stop = max(start, first), min(stop, end)
        if start >= stop:
            return
        at = theirs(partition)
        with translated():
            self._client.assign([at])
            self._client.seek(at, start)
        moved_s, position = time.monotonic(), start
        # The end is known by position, not by records: the last ones may be compacted away.
        while position < stop:
            with translated():
                found = self._client.poll(timeout_ms=_POLL_MS).get(at, [])
                reached = self._client.position(at, timeout_ms=int(self._answer_timeout_s * 1000))
            yield from (record_of(record) for record in found if record.offset < stop)
            if reached is not None and reached > position:
                moved_s, position = time.monotonic(), reached
            elif time.monotonic() - moved_s > self._answer_timeout_s:
                raise Unavailable(f"Kafka: nothing of {partition} from {position} on for {self._answer_timeout_s:g} s")

    def bounds(self, partition: Partition) -> tuple[int, int]:
        at, timeout_ms = theirs(partition), int(self._answer_timeout_s * 1000)
        with translated():
            first = self._client.beginning_offsets([at], timeout_ms=timeout_ms)[at]
            return int(first), int(self._client.end_offsets([at], timeout_ms=timeout_ms)[at])

    def close(self) -> None:
        with translated():
            self._client.close(autocommit=False)
