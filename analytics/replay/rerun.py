"""The analytics stage again, without its loop: one store's records and the time that passes in, events out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from analytics.contract import StockEvent
from analytics.handler import AnalyticsHandler
from analytics.inputs import CatalogueNews, GivenAnswer, Input, SeenFacings, read_input
from analytics.plans.planner import Planner
from analytics.settings import AnalyticsSettings
from analytics.store_state.state import AnalyticsState, Owned
from shelfstream.answers import Answer
from shelfstream.bus.api import Partition, Record
from shelfstream.bus.stage import Received
from shelfstream.bus.topics import EVENTS
from shelfstream.catalogue.model import Store
from shelfstream.catalogue.records import read_change
from shelfstream.errors import InvalidMessage

_GROUP = "replay"
_STEP = timedelta(seconds=5)
"""How often time passes. A running stage lets it pass more often: that a slot was not seen for too long may be noted so
much later here, as of the same moment."""


@dataclass(frozen=True)
class ReplayStep:
    """What was read from one step of time to the next. ``unreadable``: what the stage sent to the dead letters."""

    now: datetime
    inputs: tuple[Received[Input], ...] = ()
    unreadable: int = 0

    @property
    def frames(self) -> int:
        """How many frames' facings there are."""
        return sum(isinstance(each.item, SeenFacings) for each in self.inputs)

    @property
    def answers(self) -> list[tuple[Answer, datetime]]:
        """What staff answered, and when the log took it."""
        return [(each.item.answer, each.item.at) for each in self.inputs if isinstance(each.item, GivenAnswer)]

    @property
    def stores(self) -> list[Store]:
        """Stores as the catalogue has them from here on, if it says anything new of one."""
        news = [read_change(each.record).entity for each in self.inputs if isinstance(each.item, CatalogueNews)]
        return [entity for entity in news if isinstance(entity, Store)]


def replay_steps(records: Iterable[Record], start: datetime, stop: datetime) -> Iterator[ReplayStep]:
    """Records in order of time, cut where time passes: one step after the other from ``start`` until ``stop``."""
    now, waiting = start + _STEP, list[Record]()
    for record in records:
        while record.appended_at >= now:
            yield _step(now, waiting)
            now, waiting = now + _STEP, []
        waiting.append(record)
    while now - _STEP < stop:
        yield _step(now, waiting)
        now, waiting = now + _STEP, []


class Rerun:
    """One run under one kind of settings. It begins knowing nothing of any slot.

    The same inputs give the same events, byte for byte: all time comes from the records.
    """

    def __init__(self, settings: AnalyticsSettings) -> None:
        planner = Planner(settings.look.margin_share)
        planner.keep((0,))
        self._handler = AnalyticsHandler(settings, planner, group=_GROUP)
        self._state = AnalyticsState({0: Owned(levels_epoch=0, events_epoch=0)})

    def step(self, taken: ReplayStep) -> list[StockEvent]:
        """Take in what was read, then let time pass; returns the events of both."""
        found = self._handled(taken.inputs, taken.now) if taken.inputs else []
        return [*found, *self._handled((), taken.now)]

    def _handled(self, batch: Sequence[Received[Input]], now: datetime) -> list[StockEvent]:
        outcome = self._handler.handle(self._state, batch, now)
        self._state = outcome.state
        sent = (message for wave in outcome.waves for message in wave)
        return [StockEvent.decode(message.value) for message in sent if message.topic == EVENTS]


def _step(now: datetime, records: Sequence[Record]) -> ReplayStep:
    taken: list[Received[Input]] = []
    unreadable = 0
    for record in records:
        here = replace(record, partition=Partition(record.partition.topic, 0))
        try:
            item = read_input(here)
        except InvalidMessage:
            unreadable += 1
            continue
        if item is not None:
            taken.append(Received(here, item))
    return ReplayStep(now, tuple(taken), unreadable)
