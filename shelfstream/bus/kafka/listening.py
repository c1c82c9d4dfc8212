"""Hands the library's rebalances to a member's listener.

The library calls a listener on its own I/O thread, while the member's thread waits in ``poll``; a call that blocks on
Kafka is an error there. A commit made by the listener is therefore only queued, and awaited before the rebalance
goes on: until then the partitions are still the member's.
"""

from collections.abc import Callable

import structlog
from kafka import TopicPartition
from kafka.consumer.subscription_state import AsyncConsumerRebalanceListener
from kafka.errors import KafkaError
from kafka.future import Future

from shelfstream.bus.kafka.records import ours_sorted
from shelfstream.bus.records import Partition
from shelfstream.bus.seam import AssignmentListener

_log = structlog.get_logger(__name__)


class Listening(AsyncConsumerRebalanceListener):  # type: ignore[misc]
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
