"""Rolls availability up again and again, beside the loop that writes events."""

import threading
from datetime import timedelta

import structlog
from sqlalchemy import Engine

from analytics.historian.availability.forgetting import forget_old_hours
from analytics.historian.availability.rolling import roll_up
from analytics.historian.settings import HistorianSettings
from analytics.metrics import SLOTS_ROLLED_UP
from shelfstream.catalogue.versions_sql import stores_known
from shelfstream.clock import Clock
from shelfstream.errors import Unavailable
from shelfstream.metrics import Metrics
from shelfstream.sql import reading

_LOOK_EVERY_S = 1.0
_log = structlog.get_logger(__name__)


class KeepingUp:
    """Brings the roll-ups of all stores up to now whenever that is due."""

    def __init__(self, engine: Engine, settings: HistorianSettings, clock: Clock, metrics: Metrics) -> None:
        self._engine, self._clock, self._metrics = engine, clock, metrics
        self._every_s, self._hours_kept = settings.rolls_up_every_s, timedelta(days=settings.hours_kept_days)
        self._rolled_s = float("-inf")

    def run(self, stop: threading.Event) -> None:
        """Until ``stop`` is set; where the database is away, what was due is done later."""
        while not stop.is_set():
            try:
                self.roll_up_if_due(stop)
            except Unavailable as away:
                _log.warning("availability_not_rolled_up", what=away.what)
            stop.wait(_LOOK_EVERY_S)

    def roll_up_if_due(self, stop: threading.Event) -> None:
        """One round, unless the last one was a moment ago. Raises ``Unavailable``."""
        now_s = self._clock.monotonic_s()
        if now_s - self._rolled_s < self._every_s:
            return
        self._rolled_s = now_s
        with reading(self._engine) as connection:
            stores = stores_known(connection)
        for store in stores:
            if stop.is_set():
                return
            now = self._clock.now()
            self._metrics.count(SLOTS_ROLLED_UP, roll_up(self._engine, store, now))
            forgotten = forget_old_hours(self._engine, store, now, self._hours_kept)
            if forgotten:
                _log.info("hours_forgotten", store=store, rows=forgotten)
