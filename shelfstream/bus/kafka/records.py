"""Between the library's tuples and the bus's records."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from kafka import TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from shelfstream.bus.records import Partition, Record

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def theirs(partition: Partition) -> TopicPartition:
    """The partition as the library names it."""
    return TopicPartition(partition.topic, partition.index)


def ours(partition: TopicPartition) -> Partition:
    """The partition as the bus names it."""
    return Partition(partition.topic, partition.partition)


def ours_sorted(partitions: Iterable[TopicPartition]) -> list[Partition]:
    """Partitions as the bus names them, in order."""
    return sorted(map(ours, partitions))


def record_of(found: ConsumerRecord) -> Record:
    """One record as it was read."""
    headers = tuple((name, bytes(value or b"")) for name, value in found.headers)
    partition = Partition(found.topic, found.partition)
    return Record(partition, found.offset, found.key, found.value, headers, at_ms(found.timestamp))


def at_ms(timestamp_ms: int) -> datetime:
    """Kafka's time as an aware moment."""
    return _EPOCH + timedelta(milliseconds=timestamp_ms)


def ms_of(moment: datetime) -> int:
    """The first whole millisecond at or after a moment."""
    return -((_EPOCH - moment) // timedelta(milliseconds=1))
