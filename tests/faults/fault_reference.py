"""The run that nobody disturbs: what was recorded goes through one process of each stage, on a bus in memory."""

from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime

from alerts.handler import AlertsHandler, AlertsItem
from alerts.model import AlertsState
from alerts.policy import Policy
from alerts.settings import AlertsSettings
from analytics.__main__ import stage_of
from analytics.inputs import Input
from analytics.settings import AnalyticsSettings
from analytics.store_state.state import AnalyticsState
from detector.contract import FrameFacings
from detector.pipeline import Detector
from ingest.contract import read_frame
from shelfstream.bus.api import Message, Partition, Record
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.bus.stage import Received
from shelfstream.bus.topics import EVENTS, FACINGS, partition_of, topic_table
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.clock import ManualClock
from shelfstream.errors import InvalidMessage
from shelfstream.file_store import PictureStore
from shelfstream.metrics import Metrics
from shelfstream.service import StageContext
from shelfstream.sql import engine_of


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


def analysed(
    bus: EmbeddedBus, catalogue: Sequence[Message], read: Iterable[Record], ticks: Iterable[datetime], at: datetime
) -> None:
    """Let one analytics process take in what was read, in the order of the logs' times, and time at the ``ticks``."""
    send(bus, catalogue)
    clock = ManualClock(at)
    parts = StageContext(bus, clock, PictureStore("memory://"), "undisturbed", None, engine_of("sqlite://"), Metrics())
    stage = stage_of(AnalyticsSettings(), parts)
    counts = topic_table()
    owned = [Partition(topic, index) for topic in stage.topics for index in range(counts[topic].partitions)]
    state = stage.store.gained(stage.initial, owned, lambda: None)

    def handle(batch: Sequence[Received[Input]], now: datetime) -> AnalyticsState:
        outcome = stage.handler.handle(state, batch, now)
        for wave in outcome.waves:
            send(bus, wave)
        return outcome.state

    waiting = deque(sorted(ticks))
    for record in sorted(read, key=lambda each: each.appended_at):
        while waiting and waiting[0] <= record.appended_at:
            state = handle((), waiting.popleft())
        try:
            item = stage.handler.decode(record)
        except InvalidMessage:
            continue
        if item is not None:
            state = handle((Received(record, item),), record.appended_at)
    for now in waiting:
        state = handle((), now)


def read_at_once(found: Iterable[FrameFacings]) -> list[Record]:
    """Facings as if each had been read as soon as its frame was received."""
    spec = topic_table()[FACINGS]
    records = []
    for offset, each in enumerate(found):
        message = each.message()
        partition = Partition(FACINGS, partition_of(message.key, spec, spec.partitions))
        records.append(Record(partition, offset, message.key.encode(), message.value, (), each.received_at))
    return records


def alerted(events: Iterable[Record], catalogue: Catalogue, at: datetime) -> list[Message]:
    """The steps of alerts that one process makes of events in the order of the log."""
    handler = AlertsHandler(
        Policy.of(AlertsSettings(cooldown_s=0.0), catalogue.stores.get), lambda store, slot, now: False
    )
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
