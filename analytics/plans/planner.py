"""Follows the catalogue of the owned partitions and keeps the plan that is made from it."""

from collections.abc import Iterable

import structlog

from analytics.plans.slot_views import Plan
from shelfstream.bus.api import Reader, Record
from shelfstream.bus.topics import LEVELS, partition_of, topic_table
from shelfstream.catalogue.view import CatalogueView
from shelfstream.errors import InvalidMessage

_log = structlog.get_logger(__name__)


_KEYED_BY_STORE = topic_table()[LEVELS]


class Planner:
    """Belongs to the loop's thread. Applying a record twice is applying it once, so a repeated batch does no harm."""

    def __init__(self, margin_share: float) -> None:
        self._margin_share = margin_share
        self._view = CatalogueView((), _skipped)
        self._plan = Plan(self._view.snapshot, margin_share)
        self._partitions = 1

    @property
    def plan(self) -> Plan:
        """The plan as of what was read so far."""
        if self._plan.snapshot is not self._view.snapshot:
            self._plan = Plan(self._view.snapshot, self._margin_share)
        return self._plan

    def follow(self, indices: Iterable[int], partitions: int, reader: Reader) -> None:
        """Follow these of ``partitions`` partitions, read to their ends now. Raises ``Unavailable``."""
        self._partitions = partitions
        self._view.follow(indices)
        self._view.refresh(reader)

    def keep(self, indices: Iterable[int]) -> None:
        """Go on with these partitions alone."""
        self._view.follow(indices)

    def apply(self, record: Record) -> None:
        """Take up one record of ``shelf.catalogue``."""
        self._view.apply(record)

    def partition_of(self, store: str) -> int:
        """The partition that a store belongs to."""
        return partition_of(store, _KEYED_BY_STORE, self._partitions)


def _skipped(record: Record, invalid: InvalidMessage) -> None:
    # The loop reads the same record and sends it to the dead letters.
    _log.warning("catalogue_record_skipped", origin=str(record), reason=invalid.reason)
