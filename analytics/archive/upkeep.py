"""Joins the archive's small files and forgets its old days. Both walk over all files, so it runs beside the loop."""

import threading
from datetime import UTC, timedelta

import structlog

from analytics.archive.archive import Archive
from analytics.archive.settings import ArchivistSettings
from shelfstream.clock import Clock
from shelfstream.errors import Faults, Unavailable

_LOOK_EVERY_S = 1.0
_log = structlog.get_logger(__name__)


class Upkeep:
    """Does a round whenever one is due."""

    def __init__(self, archive: Archive, settings: ArchivistSettings, clock: Clock) -> None:
        self._archive = archive
        self._settings = settings
        self._clock = clock
        self._done_s = float("-inf")

    def run(self, stop: threading.Event) -> None:
        """Go on until ``stop`` is set; what is out of reach, or cannot be read, is told and tried again later."""
        while not stop.is_set():
            try:
                self.round_if_due()
            except Unavailable as away:
                _log.warning("archive_not_kept_up", what=away.what)
            except Faults as faults:
                _log.error("archive_not_kept_up", what=str(faults))
            stop.wait(_LOOK_EVERY_S)

    def round_if_due(self) -> None:
        """One round, unless the last one was a moment ago. Raises ``Unavailable`` and ``Faults``."""
        now_s = self._clock.monotonic_s()
        if now_s - self._done_s < self._settings.upkeep_every_s:
            return
        self._done_s = now_s
        now = self._clock.now()
        self._archive.forget(now.astimezone(UTC).date() - timedelta(days=self._settings.keep_days))
        self._archive.join(now)
