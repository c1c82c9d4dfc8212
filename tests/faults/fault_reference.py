"""The run that nobody disturbs: what was recorded goes through one process of each stage, on a bus in memory."""

import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime

from alerts.handler import AlertsHandler, AlertsItem
from alerts.model import AlertsState
from alerts.rules import Policy
from alerts.settings import AlertsSettings
from analytics.__main__ import GROUP, stage_of
from analytics.inputs import TOPICS
from analytics.settings import AnalyticsSettings
from detector.contract import FrameFacings
from detector.pipeline import Detector
from ingest.contract import read_frame
from shelfstream.bus.api import Message, Record
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.bus.loop import Loop
from shelfstream.bus.settings import LoopSettings
from shelfstream.bus.stage import Received
from shelfstream.bus.topics import EVENTS, topic_table
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.clock import ManualClock
from shelfstream.errors import InvalidMessage
from shelfstream.metrics import Metrics
from shelfstream.picture_store import PictureStore
from shelfstream.service import StageContext
from shelfstream.sql import engine_of

_WITHIN_S = 120.0
_LOOKS_UP_EVERY_S = 1.0


def looked_at(frames: Iterable[Record], detector: Detector) -> dict[str, FrameFacings]:
    """What the detector sees in every frame by the frame's id, without products; junk is left out."""
    found = {}
    for record in frames:
        try:
            header, jpeg = read_frame(record)
            seen = detector.see(detector.open_jpeg(jpeg))
        except InvalidMessage:
            continue
        found[header.frame_id] = FrameFacings.of(header, seen, model=detector.model)
    return found


def in_memory(at: datetime) -> EmbeddedBus:
    """A bus as wide as Kafka's usual topics, on which time stands still."""
    return EmbeddedBus(None, ManualClock(at), topic_table())


def send(bus: EmbeddedBus, messages: Sequence[Message]) -> None:
    """Send and wait."""
    with closing(bus.producer()) as producer:
        for future in [producer.send(message) for message in messages]:
            future.result(10)


def analysed(bus: EmbeddedBus, log: Sequence[Message], at: datetime, settings: AnalyticsSettings) -> None:
    """Let one analytics process read a log of catalogue, facings and ticks to its end."""
    send(bus, log)
    clock = ManualClock(at)
    parts = StageContext(bus, clock, PictureStore("memory://"), "undisturbed", None, engine_of("sqlite://"), Metrics())
    # Its own ticks come after the whole log, at a time when nothing is stale yet: they change nothing.
    own = LoopSettings(tick_every_s=_LOOKS_UP_EVERY_S, batch_max_wait_s=0.0)
    loop = Loop(stage_of(settings, parts), bus, clock=clock, settings=own, member="undisturbed")
    stop = threading.Event()
    thread = threading.Thread(target=loop.run, args=(stop,), daemon=True)
    thread.start()
    give_up_s = time.monotonic() + _WITHIN_S
    with closing(bus.admin()) as admin:
        while not loop.joined or any(admin.lag(GROUP, TOPICS).values()):
            assert thread.is_alive(), "the undisturbed analytics failed"
            assert time.monotonic() < give_up_s, "the undisturbed analytics did not come to the end of the log"
            time.sleep(0.05)
    stop.set()
    thread.join(_WITHIN_S)


def alerted(events: Iterable[Record], catalogue: Catalogue, at: datetime) -> list[Message]:
    """The steps of alerts that one process makes of events in the order of the log."""
    handler = AlertsHandler(Policy.of(AlertsSettings(), catalogue.stores.get), lambda store, slot, now: False)
    batch: list[Received[AlertsItem]] = []
    for record in events:
        assert record.partition.topic == EVENTS
        try:
            item = handler.decode(record)
        except InvalidMessage:
            continue
        if item is not None:
            batch.append(Received(record, item))
    outcome = handler.handle(AlertsState(), batch, at)
    return [message for wave in outcome.waves for message in wave]
