"""Between the library's tuples and errors and the bus's own. The one place where Kafka's errors are told apart."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from kafka import TopicPartition, errors
from kafka.consumer.fetcher import ConsumerRecord

from shelfstream.bus.api import Partition, Record
from shelfstream.errors import InvalidMessage, PartitionLost, ShelfstreamError, StageStopped, Unavailable

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_LOST = (
    errors.CommitFailedError,
    errors.IllegalGenerationError,
    errors.RebalanceInProgressError,
    errors.UnknownMemberIdError,
)
# Answers to one record that no retry can change.
_REFUSED = (
    errors.InvalidRecordError,
    errors.InvalidRequestError,
    errors.InvalidTimestampError,
    errors.InvalidTopicError,
    errors.MessageSizeTooLargeError,
    errors.PolicyViolationError,
    errors.RecordListTooLargeError,
    errors.UnsupportedCompressionTypeError,
    errors.UnsupportedForMessageFormatError,
)
_OPERATORS = (
    errors.AuthorizationError,
    errors.IllegalSaslStateError,
    errors.KafkaConfigurationError,
    errors.SaslAuthenticationFailedError,
    errors.UnsupportedSaslMechanismError,
    errors.UnsupportedVersionError,
)
_NAME_TAKEN = (
    "another process of this name has taken this one's place in its group: stop one of the two, or give each a name "
    "of its own (SHELFSTREAM_PROCESS__NAME)"
)


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


def as_ours(exc: errors.KafkaError) -> ShelfstreamError:
    """The error of our tree that says the same.

    ``StageStopped`` for what waiting cannot mend (sign-in, rights, versions, a name that two processes have),
    ``PartitionLost`` where the group has moved on, ``InvalidMessage`` for a record that the broker will never take;
    everything else is ``Unavailable``.
    """
    if isinstance(exc, errors.FencedInstanceIdError):
        return StageStopped(_NAME_TAKEN)
    if isinstance(exc, _LOST):
        return PartitionLost(str(exc))
    if isinstance(exc, _REFUSED):
        return InvalidMessage(f"the broker refuses the record: {exc}; see: shelfstream topics check")
    if isinstance(exc, _OPERATORS):
        return StageStopped(f"Kafka refuses us: {exc}")
    return Unavailable(f"Kafka: {exc}")


@contextmanager
def translated() -> Iterator[None]:
    """Kafka's errors, and the operating system's below them, as ours."""
    try:
        yield
    except errors.KafkaError as exc:
        raise as_ours(exc) from exc
    except OSError as exc:
        raise Unavailable(f"Kafka: {exc}") from exc
