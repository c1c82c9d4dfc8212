"""The embedded bus: Kafka's promises inside one process, for the one-process default and for tests."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path

from shelfstream.bus.api import Appended, Message, Partition, Record
from shelfstream.bus.embedded.broker import Core
from shelfstream.bus.embedded.consumer import EmbeddedConsumer
from shelfstream.bus.topic_check import TopicState
from shelfstream.bus.topics import TopicSizes, TopicSpec, topic_table
from shelfstream.clock import Clock

_AT_ONCE = 200
EMBEDDED_SIZES = TopicSizes(store_partitions=4, camera_partitions=4)
_MIB = 1024 * 1024


class EmbeddedAdmin:
    """Topics and lags. The table's own topics were made when the bus was opened."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def create(self, specs: Sequence[TopicSpec]) -> list[str]:
        return self._core.create(specs)

    def apply(self, specs: Sequence[TopicSpec]) -> None:
        """Nothing to do: this bus keeps every topic by the table that it was opened with."""

    def states(self, topics: Iterable[str]) -> dict[str, TopicState]:
        known = ((self._core.spec(topic), count) for topic, count in self.partition_counts(topics).items())
        return {spec.name: _state(spec, count) for spec, count in known if spec is not None}

    def partition_counts(self, topics: Iterable[str]) -> dict[str, int]:
        with self._core.news:
            return {topic: self._core.counts[topic] for topic in topics if topic in self._core.counts}

    def lag(self, group: str, topics: Iterable[str]) -> dict[Partition, int]:
        with self._core.news:
            counts = self.partition_counts(topics)
            partitions = [Partition(topic, index) for topic, count in counts.items() for index in range(count)]
            return {partition: self._lag(group, partition) for partition in partitions}

    def _lag(self, group: str, partition: Partition) -> int:
        first, end = self._core.bounds(partition)
        committed = self._core.committed(group, partition)
        return end - max(first, committed.offset if committed is not None else first)

    def close(self) -> None:
        """Nothing is held."""


def _state(spec: TopicSpec, partitions: int) -> TopicState:
    policy = frozenset({"compact" if spec.compacted else "delete"})
    size_bytes = spec.largest_record_bytes
    return TopicState(partitions, policy, spec.retention_ms, spec.segment_ms, size_bytes, spec.log_append_time)


class EmbeddedProducer:
    """Keeps nothing back, so there is nothing to flush."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def send(self, message: Message) -> Future[Appended]:
        appended: Future[Appended] = Future()
        appended.set_result(self._core.append(message))
        return appended

    def flush(self, timeout_s: float) -> None:
        """Nothing is queued."""

    def close(self, timeout_s: float = 10.0) -> None:
        """Nothing is held."""


class EmbeddedReader:
    """Holds nothing; each page is read under the bus's lock and handed out without it."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def read(self, partition: Partition, start: int, stop: int) -> Iterator[Record]:
        while page := self._core.read(partition, start, stop, _AT_ONCE):
            yield from page
            start = page[-1].offset + 1

    def bounds(self, partition: Partition) -> tuple[int, int]:
        return self._core.bounds(partition)

    def close(self) -> None:
        """Nothing is held."""


class EmbeddedBus:
    """A bus in ``path`` (an SQLite file with a few neighbours), or in memory alone where that is ``None``.

    Records and positions outlive the process, however it ends; topics marked ``in_memory`` do not, and keep at most
    ``memory_bytes`` together. The table's topics are made on opening. A member that does not poll for
    ``poll_budget_s`` of the clock's monotonic time loses its partitions.
    Raises ``Faults`` when another process has the file open, ``Unavailable`` when it cannot be read or written.
    """

    def __init__(
        self,
        path: Path | None,
        clock: Clock,
        table: Mapping[str, TopicSpec] | None = None,
        *,
        memory_bytes: int = 256 * _MIB,
        poll_budget_s: float = 300.0,
    ) -> None:
        self._core = Core(path, clock, table or topic_table(EMBEDDED_SIZES), memory_bytes, poll_budget_s)
        self._poll_budget_s = poll_budget_s

    @property
    def poll_budget_s(self) -> float:
        return self._poll_budget_s

    def producer(self) -> EmbeddedProducer:
        return EmbeddedProducer(self._core)

    def consumer(self, group: str, *, member: str | None = None) -> EmbeddedConsumer:
        return EmbeddedConsumer(self._core, group, member or uuid.uuid4().hex)

    def reader(self) -> EmbeddedReader:
        return EmbeddedReader(self._core)

    def admin(self) -> EmbeddedAdmin:
        return EmbeddedAdmin(self._core)

    def upkeep(self) -> None:
        """Expire and compact now; it also happens on opening and, while records come, once a minute."""
        self._core.upkeep()

    def close(self) -> None:
        self._core.close()
