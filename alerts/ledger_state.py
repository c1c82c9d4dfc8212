"""Gives the loop its folds back from the ledger when partitions come, and drops them when they go."""

from collections.abc import Callable, Sequence

from alerts.ledger import Ledger
from alerts.state import AlertsState
from shelfstream.bus.records import Partition
from shelfstream.bus.topics import EVENTS, TopicSpec, partition_of

_STORES_AT_ONCE = 20


class LedgerState:
    """The ``StateStore`` of this stage. A store belongs to the partition of ``shelf.events`` that its key goes to."""

    def __init__(self, ledger: Ledger, spec: TopicSpec, partitions: int) -> None:
        self._ledger = ledger
        self._spec = spec
        self._partitions = partitions

    def gained(self, state: AlertsState, partitions: Sequence[Partition], beat: Callable[[], None]) -> AlertsState:
        """The folds of the stores of new partitions, as the ledger has them. Raises ``Unavailable``."""
        indexes = {partition.index for partition in partitions if partition.topic == EVENTS}
        wanted = [store for store in self._ledger.stores() if self._index(store) in indexes] if indexes else []
        for first in range(0, len(wanted), _STORES_AT_ONCE):
            beat()
            state = state.with_folds(self._ledger.folds(wanted[first : first + _STORES_AT_ONCE]))
        return state

    def dropped(self, state: AlertsState, partitions: Sequence[Partition]) -> AlertsState:
        """All but the stores of partitions that went."""
        indexes = {partition.index for partition in partitions if partition.topic == EVENTS}
        return state.without(store for store in state.stores if self._index(store) in indexes)

    def _index(self, store: str) -> int:
        return partition_of(store, self._spec, self._partitions)
