"""Keeps the catalogue up to date in a thread of its own: opening hours, and what messages say of a place."""

import threading

import structlog

from shelfstream.bus.records import Record
from shelfstream.bus.seam import Bus
from shelfstream.bus.topics import CATALOGUE
from shelfstream.catalogue.snapshot import CatalogueSnapshot
from shelfstream.catalogue.view import CatalogueView
from shelfstream.errors import InvalidMessage, Unavailable

_log = structlog.get_logger(__name__)


class CatalogueFollower:
    """Follows the whole catalogue. ``snapshot`` may be read from any thread; ``loaded``: it was read once."""

    def __init__(self, bus: Bus, every_s: float) -> None:
        self._bus = bus
        self._every_s = every_s
        self._view = CatalogueView((), _ignore)
        self.loaded = threading.Event()

    @property
    def snapshot(self) -> CatalogueSnapshot:
        """The catalogue as of the last reading."""
        return self._view.snapshot

    def run(self, stop: threading.Event) -> None:
        """Read again and again until ``stop`` is set; while the bus is away the catalogue stays as it was."""
        admin, reader = self._bus.admin(), self._bus.reader()
        try:
            while not stop.is_set():
                try:
                    self._view.follow(range(admin.partition_counts([CATALOGUE]).get(CATALOGUE, 0)))
                    self._view.refresh(reader)
                    self.loaded.set()
                except Unavailable as away:
                    _log.warning("unavailable", what=away.what, thread="catalogue")
                stop.wait(self._every_s)
        finally:
            reader.close()
            admin.close()


def _ignore(record: Record, exc: InvalidMessage) -> None:
    _log.warning("catalogue_record_ignored", origin=str(record), reason=exc.reason)
