"""Kafka's errors, in our own words. The one place where they are told apart."""

from collections.abc import Iterator
from contextlib import contextmanager

from kafka import errors

from shelfstream.errors import InvalidMessage, PartitionLost, ShelfstreamError, StageStopped, Unavailable

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
