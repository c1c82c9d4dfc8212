"""The analytics stage without its loop, as benchmarks drive it: one partition of everything, a bus in memory."""

from collections.abc import Iterable
from contextlib import closing
from datetime import datetime

from analytics.__main__ import stage_of
from analytics.inputs import Input
from analytics.settings import AnalyticsSettings
from analytics.store_state.state import AnalyticsState
from shelfstream.bus.api import Message, Partition, Record
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.bus.stage import Received, Stage
from shelfstream.bus.topics import TopicSizes, topic_table
from shelfstream.catalogue.model import CatalogueEntity
from shelfstream.catalogue.records import entity_message
from shelfstream.clock import ManualClock
from shelfstream.file_store import PictureStore
from shelfstream.metrics import Metrics
from shelfstream.service import StageContext
from shelfstream.sql import engine_of

_TABLE = topic_table(TopicSizes(store_partitions=1, camera_partitions=1))


def restored_stage(
    entities: Iterable[CatalogueEntity], now: datetime, settings: AnalyticsSettings | None = None
) -> tuple[Stage[AnalyticsState, Input, object], AnalyticsState]:
    """The stage, and its state when it has taken over the partition in which this catalogue stands."""
    clock = ManualClock(now)
    bus = EmbeddedBus(None, clock, _TABLE)
    with closing(bus.producer()) as producer:
        for entity in entities:
            producer.send(entity_message(entity))
        producer.flush(5)
    stage = stage_of(
        settings or AnalyticsSettings(),
        StageContext(bus, clock, PictureStore("memory://"), "bench", None, engine_of("sqlite://"), Metrics()),
    )
    owned = tuple(Partition(topic, 0) for topic in stage.topics)
    return stage, stage.store.gained(stage.initial, owned, lambda: None)


def received_of(
    stage: Stage[AnalyticsState, Input, object], message: Message, offset: int, at: datetime
) -> Received[Input]:
    """A message as the stage reads it."""
    key = message.key.encode()
    record = Record(Partition(message.topic, 0), offset, key, message.value, message.headers, at)
    item = stage.handler.decode(record)
    if item is None:
        raise ValueError(f"nothing to be taken in: {record}")
    return Received(record, item)
