"""One member of a Kafka consumer group."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kafka import KafkaConsumer as Client
from kafka.structs import OffsetAndMetadata

from shelfstream.bus.kafka.listening import Listening
from shelfstream.bus.kafka.records import ms_of, ours, record_of, theirs
from shelfstream.bus.kafka.translate import translated
from shelfstream.bus.records import Partition, Position, Record
from shelfstream.bus.seam import AssignmentListener
from shelfstream.errors import PartitionLost, Unavailable

_CLOSED_WITHIN_S = 5.0


class KafkaConsumer:
    """Belongs to one thread (the listener may be called from another one while this one waits in ``poll``)."""

    def __init__(self, client: Client, name: str, answer_timeout_s: float) -> None:
        self._client = client
        self._name = name
        self._answer_timeout_ms = int(answer_timeout_s * 1000)
        self._listening: Listening | None = None
        self._paused: set[Partition] = set()

    def subscribe(self, topics: Sequence[str], listener: AssignmentListener) -> None:
        self._listening = Listening(listener, self._paused.difference_update)
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
