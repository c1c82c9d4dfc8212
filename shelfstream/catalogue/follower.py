"""Follows the catalogue on the bus in a thread of its own, so that whoever asks knows it without waiting."""

import threading
from contextlib import ExitStack

import structlog

from shelfstream.bus.api import Admin, Bus, Reader, Record
from shelfstream.bus.topics import CATALOGUE
from shelfstream.catalogue.catalogue import CatalogueSnapshot
from shelfstream.catalogue.view import CatalogueView
from shelfstream.errors import InvalidMessage, Unavailable

_log = structlog.get_logger(__name__)


class CatalogueFollower:
    """The catalogue of all stores. ``snapshot`` may be read from any thread; ``loaded``: it was read once."""

    def __init__(self, bus: Bus, every_s: float) -> None:
        self._bus = bus
        self._every_s = every_s
        self._view = CatalogueView((), _tell_invalid)
        self.loaded = threading.Event()

    @property
    def snapshot(self) -> CatalogueSnapshot:
        """The catalogue as of the last look."""
        return self._view.snapshot

    def run(self, stop: threading.Event) -> None:
        """Look every few seconds until ``stop`` is set; while the bus is away the last catalogue stays."""
        while not stop.is_set():
            wait_s = self._every_s
            try:
                with ExitStack() as stack:
                    admin, reader = self._bus.admin(), self._bus.reader()
                    stack.callback(admin.close)
                    stack.callback(reader.close)
                    self._follow(admin, reader, stop)
            except Unavailable as away:
                wait_s = away.retry_after_s
                _log.warning("catalogue_unavailable", what=away.what, retry_after_s=wait_s)
            stop.wait(wait_s)

    def _follow(self, admin: Admin, reader: Reader, stop: threading.Event) -> None:
        while not stop.is_set():
            self._view.follow(range(admin.partition_counts([CATALOGUE]).get(CATALOGUE, 0)))
            self._view.refresh(reader)
            self.loaded.set()
            stop.wait(self._every_s)


def _tell_invalid(record: Record, fault: InvalidMessage) -> None:
    # The owner of the store sends it to the dead letters; everybody else goes on with the entity as it was.
    _log.warning("catalogue_record_invalid", origin=str(record), reason=fault.reason)
