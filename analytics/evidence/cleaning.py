"""Forgets pictures that have had their time. A walk over the whole store, so it runs beside the loop, not in it."""

import threading
from datetime import timedelta

import structlog

from analytics.contract import EVIDENCE, PLATES
from analytics.evidence.settings import KeeperSettings
from shelfstream.clock import Clock
from shelfstream.errors import Unavailable
from shelfstream.file_store import PictureStore

LATE_SHARE = 0.2
_KEPT_SHARE = 0.7
_ROUND_SHARE = 0.05
"""Of the time for which a plate may be kept after its frame was appended: how late it may come to be kept at all, for
how long it is kept then, and how often is looked for what has had its time. The picture store knows only when a plate
was written. The rest is for a walk that takes its time."""

_LOOK_EVERY_S = 1.0
_log = structlog.get_logger(__name__)


class Cleaning:
    """Deletes old plates and old evidence again and again."""

    def __init__(self, pictures: PictureStore, settings: KeeperSettings, clock: Clock) -> None:
        self._pictures = pictures
        self._settings = settings
        self._clock = clock
        self._cleaned_s = float("-inf")

    def run(self, stop: threading.Event) -> None:
        """Clean whenever it is due until ``stop`` is set; a store that is away is cleaned later."""
        while not stop.is_set():
            try:
                self.clean_if_due()
            except Unavailable as away:
                _log.warning("pictures_not_cleaned", what=away.what)
            stop.wait(_LOOK_EVERY_S)

    def clean_if_due(self) -> None:
        """One round, unless the last one was a moment ago. Raises ``Unavailable``."""
        now_s, plates_s = self._clock.monotonic_s(), self._settings.plates_keep_s
        if now_s - self._cleaned_s < min(self._settings.clean_every_s, _ROUND_SHARE * plates_s):
            return
        self._cleaned_s = now_s
        now = self._clock.now()
        self._pictures.delete_older(PLATES, now - timedelta(seconds=_KEPT_SHARE * plates_s))
        self._pictures.delete_older(EVIDENCE, now - timedelta(days=self._settings.evidence_keep_days))
