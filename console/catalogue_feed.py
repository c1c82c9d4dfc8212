"""Follows the catalogue on the bus, so that pages know names and places without a restart."""

import threading

import structlog

from shelfstream.bus.records import Record
from shelfstream.bus.seam import Bus
from shelfstream.bus.topics import CATALOGUE
from shelfstream.catalogue.snapshot import CatalogueSnapshot
from shelfstream.catalogue.view import CatalogueView
from shelfstream.errors import InvalidMessage, Unavailable

_log = structlog.get_logger(__name__)


class CatalogueFeed:
    """The catalogue of all stores. ``follow`` runs in a thread of its own; ``snapshot`` may be read from any."""

    def __init__(self, bus: Bus, every_s: float) -> None:
        self._bus = bus
        self._every_s = every_s
        self._view = CatalogueView((), _tell_invalid)

    @property
    def snapshot(self) -> CatalogueSnapshot:
        """The catalogue as of the last look."""
        return self._view.snapshot

    def follow(self, stop: threading.Event) -> None:
        """Look every few seconds until ``stop`` is set; while the bus is away the last catalogue stays."""
        reader = self._bus.reader()
        admin = self._bus.admin()
        try:
            while not stop.is_set():
                try:
                    count = admin.partition_counts([CATALOGUE]).get(CATALOGUE, 0)
                    self._view.follow(range(count))
                    self._view.refresh(reader)
                except Unavailable as away:
                    _log.warning("catalogue_unavailable", what=away.what)
                stop.wait(self._every_s)
        finally:
            admin.close()
            reader.close()


def _tell_invalid(record: Record, fault: InvalidMessage) -> None:
    # Analytics sends it to the dead letters; here it is enough that pages go on with the entity as it was.
    _log.warning("catalogue_record_invalid", origin=str(record), reason=fault.reason)
