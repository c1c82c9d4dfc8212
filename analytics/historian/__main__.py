"""Composition root of the historian, and its handler: stock events in, rows out; nothing is sent."""

from collections.abc import Sequence
from datetime import datetime

from analytics.contract import StockEvent, read_event
from analytics.historian.availability.keeping_up import KeepingUp
from analytics.historian.settings import HistorianSettings
from analytics.historian.writing import write_events
from analytics.metrics import EVENTS_STORED, SLOTS_ROLLED_UP
from shelfstream.bus.api import Record
from shelfstream.bus.loop import Loop
from shelfstream.bus.observer import LoopObserver
from shelfstream.bus.settings import LoopSettings
from shelfstream.bus.stage import Outcome, Received, Stage, Stateless
from shelfstream.bus.topics import EVENTS
from shelfstream.migrations.upgrade import require_current
from shelfstream.service import LoopService, Service, StageContext

GROUP = "historian"


class HistorianHandler:
    """Keeps no state: what an event changes is worked out in SQL, in the transaction that inserts its id."""

    def decode(self, record: Record) -> StockEvent | None:
        """Parse one event; claims are skipped. Raises ``InvalidMessage``."""
        return read_event(record)

    def handle(self, state: None, batch: Sequence[Received[StockEvent]], now: datetime) -> Outcome[None, StockEvent]:
        """Every event is an effect."""
        del now
        return Outcome(state, effects=tuple(received.item for received in batch))


def build(settings: HistorianSettings, parts: StageContext) -> Service:
    """The historian service."""
    availability = KeepingUp(parts.engine, settings, parts.clock, parts.metrics)
    return LoopService(
        GROUP,
        lambda observer: _loop(settings, parts, observer),
        parts,
        reads=(EVENTS,),
        background=[("historian-availability", availability.run)],
    )


def _loop(
    settings: HistorianSettings, parts: StageContext, observer: LoopObserver
) -> Loop[None, StockEvent, StockEvent]:
    require_current(parts.engine)
    parts.metrics.count(EVENTS_STORED, 0)
    parts.metrics.count(SLOTS_ROLLED_UP, 0)

    def apply(effects: Sequence[StockEvent]) -> None:
        parts.metrics.count(EVENTS_STORED, write_events(parts.engine, effects))

    stage = Stage(
        group=GROUP, topics=(EVENTS,), handler=HistorianHandler(), initial=None, store=Stateless(), apply=apply
    )
    loop_settings = LoopSettings(
        batch_max_records=settings.batch_max_events,
        poll_max_records=settings.batch_max_events,
        give_up_after_s=settings.retry_after_s,
    )
    return Loop(stage, parts.bus, clock=parts.clock, settings=loop_settings, observer=observer, member=parts.member)
