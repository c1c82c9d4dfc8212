"""Ingest running on an embedded bus, and what it published."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from ingest.camera_manager import in_thread
from ingest.contract import CameraClaim, CameraStatus, FrameHeader, read_camera_record, read_frame
from ingest.settings import IngestSettings
from ingest.worker import IngestWorker
from shelfstream.bus.api import Bus, Partition, Producer, Reader, Record
from shelfstream.bus.embedded.bus import EMBEDDED_SIZES, EmbeddedBus
from shelfstream.bus.topics import CAMERAS, FRAMES, topic_table
from shelfstream.catalogue.finding import Subject
from shelfstream.catalogue.model import Camera, Kind, Store
from shelfstream.catalogue.records import entity_message, gone_message
from shelfstream.clock import SystemClock
from shelfstream.file_store import PictureStore
from shelfstream.metrics import Metrics
from shelfstream.service import StageContext
from shelfstream.sql import engine_of

QUICK = IngestSettings(
    catalogue_poll_s=0.05,
    claims_poll_s=0.05,
    heartbeat_s=0.5,
    offline_after_s=1.0,
    online_after_s=0.2,
    open_timeout_s=2.0,
    read_timeout_s=1.0,
    reconnect_first_s=0.05,
    reconnect_max_s=0.3,
    drain_s=3.0,
)


@dataclass
class Site:
    """A bus with a store on it; what stands on it can be read, cameras can come and go."""

    bus: Bus
    metrics: Metrics = field(default_factory=Metrics)
    _counts: dict[str, int] = field(default_factory=dict)

    @cached_property
    def reader(self) -> Reader:
        """Reads back what was published; belongs to the test's thread."""
        return self.bus.reader()

    @cached_property
    def producer(self) -> Producer:
        """Writes the catalogue."""
        return self.bus.producer()

    def open_store(self) -> None:
        """Put the store itself into the catalogue."""
        store = Store(id="main", name="Main Street", time_zone="UTC", hours={})
        self.producer.send(entity_message(store)).result(30)

    def put(self, camera: str, url: str, interval_s: float = 0.05) -> None:
        """Put a camera into the catalogue, or change it."""
        entity = Camera(store="main", id=camera, url=url, interval_s=interval_s)
        self.producer.send(entity_message(entity)).result(30)

    def remove(self, camera: str) -> None:
        """Take a camera out of the catalogue."""
        self.producer.send(gone_message(Subject(Kind.CAMERA, "main", camera))).result(30)

    def frames(self, camera: str) -> list[tuple[FrameHeader, bytes]]:
        """Frames of a camera so far."""
        return [found for found in map(read_frame, self._records(FRAMES)) if found[0].camera == camera]

    def said(self, camera: str) -> list[CameraStatus | CameraClaim]:
        """What stands about a camera on shelf.cameras, oldest first."""
        return [found for found in map(read_camera_record, self._records(CAMERAS)) if found.camera == camera]

    def status(self, camera: str) -> CameraStatus | None:
        """The newest status."""
        statuses = [said for said in self.said(camera) if isinstance(said, CameraStatus)]
        return statuses[-1] if statuses else None

    def state(self, camera: str) -> str:
        """The newest status's state, or nothing."""
        status = self.status(camera)
        return "" if status is None else str(status.state)

    def _records(self, topic: str) -> Iterator[Record]:
        for index in range(self._partitions(topic)):
            partition = Partition(topic, index)
            yield from self.reader.read(partition, *self.reader.bounds(partition))

    def _partitions(self, topic: str) -> int:
        if topic not in self._counts:
            admin = self.bus.admin()
            self._counts |= admin.partition_counts((CAMERAS, FRAMES))
            admin.close()
        return self._counts[topic]

    @contextmanager
    def ingest(
        self,
        settings: IngestSettings = QUICK,
        process: str = "ingest-1",
        environment: Mapping[str, str] | None = None,
    ) -> Iterator["Running"]:
        """An ingest process, as a thread."""
        parts = StageContext(
            self.bus,
            SystemClock(),
            PictureStore("memory://ingest-tests"),
            process,
            None,
            engine_of("sqlite://"),
            self.metrics,
        )
        worker = IngestWorker(settings, parts, environment or {})
        stop = threading.Event()
        running = Running(worker, stop, in_thread(process, lambda: worker.run(stop)))
        try:
            yield running
        finally:
            stop.set()
            running.ended.exception(20)


@dataclass
class Running:
    """A worker in its thread."""

    worker: IngestWorker
    stop: threading.Event
    ended: Future[None]


@contextmanager
def site() -> Iterator[Site]:
    """A bus in memory with the store ``main``."""
    bus = EmbeddedBus(None, SystemClock(), topic_table(EMBEDDED_SIZES))
    made = Site(bus)
    made.open_store()
    yield made
    bus.close()


def until(true: Callable[[], object], within_s: float = 15.0) -> None:
    """Wait until something holds."""
    until_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < until_s, "it never came true"
        time.sleep(0.02)


def check_orders(frames: list[tuple[FrameHeader, bytes]], epochs: int) -> None:
    """Frames stand on the bus in their order, none twice; a busy machine may have dropped some for newer ones."""
    orders = [header.order for header, _ in frames]
    assert all(before < after for before, after in pairwise(orders))
    assert len({epoch for epoch, _ in orders}) == epochs
