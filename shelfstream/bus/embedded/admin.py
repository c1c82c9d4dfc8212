"""Topics of the embedded bus."""

from collections.abc import Iterable, Sequence

from shelfstream.bus.embedded.core import Core
from shelfstream.bus.records import Partition
from shelfstream.bus.topic_check import TopicState
from shelfstream.bus.topics import TopicSpec


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
