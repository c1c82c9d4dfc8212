"""The demo's store, its detector and its analytics, run frame by frame in simulated time without waiting."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from analytics.__main__ import stage_of
from analytics.contract import StockEvent
from analytics.plans.planner import Planner
from analytics.settings import AnalyticsSettings
from analytics.state import AnalyticsState
from deploy.demo.settings import DEMO_STORE
from deploy.runtime.catalogue_folder import publish_folder, sound_folder
from detector.contract import FrameFacings
from detector.gallery.look_cache import LookCache
from detector.gallery.store import GalleryStore
from detector.pipeline import Detector, open_detector
from detector.settings import DetectorSettings
from ingest.contract import FrameHeader
from shelfstream.bus.api import Message, Partition, Record
from shelfstream.bus.embedded.bus import EMBEDDED_SIZES, EmbeddedBus
from shelfstream.bus.stage import Outcome, Received
from shelfstream.bus.topics import CATALOGUE, EVENTS, FACINGS, partition_of, topic_table
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import Camera
from shelfstream.catalogue.view import CatalogueView
from shelfstream.clock import ManualClock
from shelfstream.errors import InvalidMessage
from shelfstream.metrics import Metrics
from shelfstream.migrations.upgrade import upgrade
from shelfstream.picture_store import PictureStore
from shelfstream.service import StageContext
from shelfstream.sql import engine_of
from simulator.store.camera import SimCamera

_BUDGET_S = 3600.0


@dataclass
class SimulatedRun:
    """What one run gave, in order: every frame's facings, and every event."""

    catalogue: Catalogue
    frames: list[FrameFacings] = field(default_factory=list)
    events: list[StockEvent] = field(default_factory=list)


class SimulatedStore:
    """Holds the parts together; ``step`` shows every camera's picture of one moment to the model and to analytics."""

    def __init__(self, started_at: datetime, stack: ExitStack) -> None:
        self._clock = ManualClock(started_at)
        self._parts = _parts(self._clock, stack)
        checked = sound_folder(DEMO_STORE)
        publish_folder(checked, self._parts)
        catalogue = checked.catalogue
        self.run = SimulatedRun(catalogue)
        self._detector = open_detector(DetectorSettings())
        self._galleries = _galleries(self._detector, self._parts)
        self._galleries.refresh()
        self._sources = {camera.id: SimCamera(camera.url, self._clock) for camera in catalogue.cameras.values()}
        self._stage = stage_of(AnalyticsSettings(), self._parts)
        owned = tuple(
            Partition(topic, index) for topic in self._stage.topics for index in range(EMBEDDED_SIZES.store_partitions)
        )
        self._state: AnalyticsState = self._stage.store.gained(self._stage.initial, owned, lambda: None)
        self._offset = 0

    def planner(self) -> Planner:
        """The plans as analytics knows them, for rules that are compared with it."""
        planner = Planner(AnalyticsSettings().look.margin_share)
        count = EMBEDDED_SIZES.store_partitions
        with closing(self._parts.bus.reader()) as reader:
            planner.follow(range(count), count, reader)
        return planner

    def step(self, sequence: int, seconds: float) -> None:
        """Move time on and look once."""
        self._clock.advance(seconds)
        for camera in self.run.catalogue.cameras.values():
            seen = self._look(camera, sequence)
            self.run.frames.append(seen)
            self._take([seen.message()])
        self._adopt(self._stage.handler.handle(self._state, (), self._clock.now()))

    def _look(self, camera: Camera, sequence: int) -> FrameFacings:
        now = self._clock.now()
        image = self._detector.open_jpeg(self._sources[camera.id].frame_at(now))
        header = FrameHeader(
            store=camera.store,
            camera=camera.id,
            epoch=0,
            sequence=sequence,
            captured_at=now,
            received_at=now,
            width_px=image.shape[1],
            height_px=image.shape[0],
        )
        gallery = self._galleries.of(camera.store)
        facings = self._detector.see(image, gallery)
        return FrameFacings.of(header, facings, model=self._detector.model, gallery=gallery.name)

    def _take(self, messages: Sequence[Message]) -> None:
        """Hand messages to analytics as if the bus had given them back, one by one."""
        for message in messages:
            record = self._record(message)
            item = self._stage.handler.decode(record)
            if item is None:
                continue
            self._adopt(self._stage.handler.handle(self._state, (Received(record, item),), self._clock.now()))

    def _adopt(self, outcome: Outcome[AnalyticsState, object]) -> None:
        self._state = outcome.state
        self.run.events.extend(_events(outcome.waves))

    def _record(self, message: Message) -> Record:
        spec = topic_table(EMBEDDED_SIZES)[FACINGS]
        index = message.partition
        if index is None:
            index = partition_of(message.key, spec, EMBEDDED_SIZES.store_partitions)
        self._offset += 1
        key = message.key.encode()
        partition = Partition(message.topic, index)
        return Record(partition, self._offset, key, message.value, message.headers, self._clock.now())


def _events(waves: Sequence[Sequence[Message]]) -> Iterator[StockEvent]:
    for wave in waves:
        for message in wave:
            if message.topic == EVENTS:
                yield StockEvent.decode(message.value)


def _parts(clock: ManualClock, stack: ExitStack) -> StageContext:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    engine = engine_of(f"sqlite:///{folder / 'benchmark.db'}")
    stack.callback(engine.dispose)
    upgrade(engine)
    return StageContext(
        bus=stack.enter_context(closing(EmbeddedBus(None, clock))),
        clock=clock,
        pictures=PictureStore(str(folder / "pictures")),
        process="benchmark",
        redis=None,
        engine=engine,
        metrics=Metrics(),
    )


def _galleries(detector: Detector, parts: StageContext) -> GalleryStore:
    return GalleryStore(
        CatalogueView(range(topic_table(EMBEDDED_SIZES)[CATALOGUE].partitions), _refuse),
        parts.bus.reader(),
        parts.pictures,
        LookCache(detector.looks_model, None),
        open_picture=detector.open_photograph,
        look_of=detector.look_of,
        clock=parts.clock,
        budget_s=_BUDGET_S,
    )


def _refuse(record: Record, exc: InvalidMessage) -> None:
    raise ValueError(f"the demo's catalogue cannot be read: {record}") from exc
