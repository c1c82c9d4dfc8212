"""Kafka's topics and the lag of its groups."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kafka import TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, OffsetSpec
from kafka.admin import KafkaAdminClient as Client
from kafka.errors import TopicAlreadyExistsError

from shelfstream.bus.api import Partition
from shelfstream.bus.kafka.convert import ours, theirs, translated
from shelfstream.bus.topic_check import TopicState
from shelfstream.bus.topics import TopicSpec
from shelfstream.errors import Unavailable

_TOMBSTONES_KEPT_MS = 24 * 3_600_000
_TOLD = dict.fromkeys(("cleanup.policy", "retention.ms", "segment.ms", "max.message.bytes", "message.timestamp.type"))


def _configs(spec: TopicSpec) -> dict[str, str]:
    configs = {
        "segment.ms": str(spec.segment_ms),
        "max.message.bytes": str(spec.largest_record_bytes),
        "message.timestamp.type": "LogAppendTime" if spec.log_append_time else "CreateTime",
        "compression.type": "producer",
    }
    if spec.retention_ms is None:
        configs |= {"cleanup.policy": "compact", "delete.retention.ms": str(_TOMBSTONES_KEPT_MS)}
        configs["min.cleanable.dirty.ratio"] = "0.1"
    else:
        configs |= {"cleanup.policy": "delete", "retention.ms": str(spec.retention_ms), "retention.bytes": "-1"}
    return configs


def _state(configs: Mapping[str, Mapping[str, Any]], partitions: int) -> TopicState:
    values = {name: str(told["value"]) for name, told in configs.items()}
    retention_ms = int(values["retention.ms"])
    return TopicState(
        partitions,
        frozenset(values["cleanup.policy"].replace(" ", "").split(",")),
        None if retention_ms < 0 else retention_ms,
        int(values["segment.ms"]),
        int(values["max.message.bytes"]),
        values["message.timestamp.type"] == "LogAppendTime",
    )


class KafkaAdmin:
    """Topics as the table wants them, and how far groups are behind."""

    def __init__(self, client: Client, replication_factor: int) -> None:
        self._client = client
        self._replication_factor = replication_factor

    def create(self, specs: Sequence[TopicSpec]) -> list[str]:
        there = self.partition_counts([spec.name for spec in specs])
        made = [spec.name for spec in specs if spec.name not in there and self._create(spec)]
        if made:
            with translated():
                self._client.wait_for_topics(made)
        return made

    def _create(self, spec: TopicSpec) -> bool:
        wanted = {
            "num_partitions": spec.partitions,
            "replication_factor": self._replication_factor,
            "configs": _configs(spec),
        }
        try:
            with translated():
                self._client.create_topics({spec.name: wanted})
        except Unavailable as exc:
            # Two processes may create the table at once; who comes second finds it there.
            if isinstance(exc.__cause__, TopicAlreadyExistsError):
                return False
            raise
        return True

    def apply(self, specs: Sequence[TopicSpec]) -> None:
        changed = [ConfigResource(ConfigResourceType.TOPIC, spec.name, _configs(spec)) for spec in specs]
        if changed:
            with translated():
                self._client.alter_configs(changed)

    def states(self, topics: Iterable[str]) -> dict[str, TopicState]:
        counts = self.partition_counts(topics)
        if not counts:
            return {}
        asked = [ConfigResource(ConfigResourceType.TOPIC, name, _TOLD) for name in counts]
        with translated():
            (found,) = self._client.describe_configs(asked, config_filter="all").values()
        return {name: _state(found[name], count) for name, count in counts.items()}

    def partition_counts(self, topics: Iterable[str]) -> dict[str, int]:
        with translated():
            found: list[dict[str, Any]] = self._client.describe_topics(list(topics))
        return {it["name"]: len(it["partitions"]) for it in found if it["partitions"] and not it["error_code"]}

    def lag(self, group: str, topics: Iterable[str]) -> dict[Partition, int]:
        counts = self.partition_counts(topics)
        wanted = [Partition(topic, index) for topic, count in counts.items() for index in range(count)]
        with translated():
            ends = self._offsets(wanted, OffsetSpec.LATEST)
            firsts = self._offsets(wanted, OffsetSpec.EARLIEST)
            found = self._client.list_group_offsets({group: None}).get(group, {})
        committed = {ours(at): int(it.offset) for at, it in found.items()}
        return {at: ends[at] - max(firsts[at], committed.get(at, 0)) for at in wanted}

    def _offsets(self, partitions: Sequence[Partition], spec: OffsetSpec) -> dict[Partition, int]:
        asked: dict[TopicPartition, OffsetSpec] = dict.fromkeys(map(theirs, partitions), spec)
        return {ours(at): int(it.offset) for at, it in self._client.list_partition_offsets(asked).items()}

    def close(self) -> None:
        with translated():
            self._client.close()
