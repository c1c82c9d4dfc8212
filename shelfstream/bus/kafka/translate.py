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
_TOO_LARGE = (errors.MessageSizeTooLargeError, errors.RecordListTooLargeError)
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
    ``PartitionLost`` where the group has moved on, ``InvalidMessage`` for a record that no broker takes; everything
    else is ``Unavailable``.
    """
    if isinstance(exc, errors.FencedInstanceIdError):
        return StageStopped(_NAME_TAKEN)
    if isinstance(exc, _LOST):
        return PartitionLost(str(exc))
    if isinstance(exc, _TOO_LARGE):
        return InvalidMessage(f"too large for the broker: {exc}")
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
