"""A catalogue that is published again while the stages run: each acts on what has changed, and none is restarted."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from analytics.contract import SlotState, StockEvent, UnknownReason
from deploy.runtime.redis_server import Redis
from detector.contract import FrameFacings
from devstack.kafka.broker import Kafka
from devstack.postgres import Postgres
from ingest.contract import FrameHeader, read_frame
from shelfstream.bus.api import Partition, Producer, Reader
from shelfstream.bus.kafka.bus import KafkaBus
from shelfstream.bus.kafka.settings import KafkaSettings
from shelfstream.bus.topics import EVENTS, FRAMES, LEVELS
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.folder.write import write_folder
from shelfstream.catalogue.model import Camera, CatalogueEntity, Product, Slot
from tests.faults.fault_processes import StageProcess, wait_until
from tests.faults.fault_recording import counted, partitions
from tests.faults.fault_system import command
from tests.unit.alerts.alert_rig import Inbox, inbox
from tests.unit.analytics.analytics_shelf import CAMERA, GTINS, SIZE_WH, SLOTS, entities, facings

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(500)]
_STAGES = ("ingest", "analytics", "alerts")
_WITHIN_S = 90.0
_SLOW_S, _QUICK_S = 3.0, 0.4
_FIRST_OUT, _LATER_OUT, _REMOVED = 0, 3, 5


@dataclass
class _StandIn:
    """In the detector's place: tells of each new frame that the shelf looks as ``shown``."""

    reader: Reader
    producer: Producer
    partitions: list[Partition]
    shown: dict[int, str] = field(default_factory=dict)
    headers: list[FrameHeader] = field(default_factory=list)
    _next: dict[Partition, int] = field(default_factory=dict)

    def turn(self) -> None:
        """Take in what has come since the last turn."""
        for partition in self.partitions:
            first, end = self.reader.bounds(partition)
            start = max(first, self._next.get(partition, 0))
            for record in self.reader.read(partition, start, end) if start < end else ():
                header, _ = read_frame(record)
                self.headers.append(header)
                self.producer.send(FrameFacings.of(header, facings(self.shown), model="stand-in").message())
            self._next[partition] = end
        self.producer.flush(10)


@dataclass
class _Site:
    """Servers, three stages as processes, the store's folder, and who is told of alerts."""

    bus: KafkaBus
    environment: Mapping[str, str]
    folder: Path
    picture: Path
    people: Inbox
    stand_in: _StandIn
    stages: list[StageProcess]

    def publish(self, interval_s: float, changed: Callable[[CatalogueEntity], CatalogueEntity | None]) -> None:
        """Write the folder anew and publish it by the real command."""
        found = [changed(_with_camera(each, self.picture, interval_s)) for each in entities()]
        write_folder(Catalogue.of(each for each in found if each is not None), self.folder, lambda _: b"")
        command(self.environment, "catalogue", "publish", str(self.folder))

    def until(self, true: Callable[[], bool], what: str) -> None:
        """Go on telling of frames until something holds."""

        def look() -> bool:
            self.stand_in.turn()
            return true()

        wait_until(look, what, _WITHIN_S)

    def levels(self) -> dict[str, bool]:
        """Slots of which levels were told, and whether the newest still stands."""
        told = {(record.key or b"").decode().partition("/")[2]: record.value for record in counted(self.bus, LEVELS)}
        return {slot: value is not None for slot, value in told.items()}

    def events(self, slot: str) -> list[StockEvent]:
        """What was told of a slot, in order."""
        found = [StockEvent.decode(record.value) for record in counted(self.bus, EVENTS)]
        return [event for event in found if event.slot == slot]


def _with_camera(entity: CatalogueEntity, picture: Path, interval_s: float) -> CatalogueEntity:
    if not isinstance(entity, Camera):
        return entity
    return entity.model_copy(update={"url": picture.as_uri(), "interval_s": interval_s})


@pytest.fixture
def site(kafka_cache: Path, tmp_path: Path) -> Iterator[_Site]:
    """Everything up, nothing published, the stages not started."""
    picture = tmp_path / "shelf.jpg"
    picture.write_bytes(cv2.imencode(".jpg", np.full((SIZE_WH[1], SIZE_WH[0], 3), 90, np.uint8))[1].tobytes())
    with ExitStack() as stack:
        kafka = stack.enter_context(Kafka(kafka_cache))
        redis, postgres = stack.enter_context(Redis()), stack.enter_context(Postgres())
        people = stack.enter_context(inbox())
        environment = {
            "SHELFSTREAM_KAFKA__BOOTSTRAP_SERVERS": kafka.url,
            "SHELFSTREAM_REDIS__URL": redis.url,
            "SHELFSTREAM_SQL__URL": postgres.url,
            "SHELFSTREAM_PICTURES__URL": (tmp_path / "pictures").as_uri(),
            "SHELFSTREAM_PROCESS__DATA_FOLDER": str(tmp_path / "data"),
            "SHELFSTREAM_ALERTS__CATALOGUE_EVERY_S": "0.5",
            "SHELFSTREAM_ANALYTICS__LEAVES_AFTER_S": "2",
            "SHELFSTREAM_ALERTS__DELIVERY__BUNDLE_WAIT_S": "0",
            "SHELFSTREAM_ALERTS__DELIVERY__BUNDLE_MOST": "1",
            "SHELFSTREAM_ALERTS__DELIVERY__CHANNELS": f'["{people.url}"]',
            "SHELFSTREAM_ALERTS__DELIVERY__PICTURE_WAIT_S": "0",
        }
        command(environment, "topics", "create")
        command(environment, "db", "upgrade")
        bus = KafkaBus(KafkaSettings(bootstrap_servers=kafka.url))
        reader, producer = stack.enter_context(closing(bus.reader())), bus.producer()
        stack.callback(producer.close, 5)
        stand_in = _StandIn(reader, producer, partitions(bus, FRAMES))
        stages = [StageProcess(stage, environment, tmp_path) for stage in _STAGES]
        for stage in stages:
            stack.callback(stage.kill)
        yield _Site(bus, environment, tmp_path / "store", picture, people, stand_in, stages)


def _second_edition(entity: CatalogueEntity) -> CatalogueEntity | None:
    """One slot less, and every product under a new name."""
    if isinstance(entity, Slot) and entity.id == SLOTS[_REMOVED]:
        return None
    if isinstance(entity, Product):
        return entity.model_copy(update={"name": f"Renamed {GTINS.index(entity.gtin)}"})
    return entity


def _seconds_between(headers: list[FrameHeader]) -> list[float]:
    times = [header.received_at for header in headers]
    return [(after - before).total_seconds() for before, after in pairwise(times)]


def test_running_stages_act_on_a_catalogue_published_anew(site: _Site) -> None:
    """The camera is read at its new interval, the removed slot retires, alerts use the product's new name."""
    site.publish(_SLOW_S, lambda entity: entity)
    for stage in site.stages:
        stage.start()
    for stage in site.stages:
        stage.wait_ready(_WITHIN_S)
    stocked = set(SLOTS)
    site.until(lambda: all(site.events(slot) for slot in stocked), "every slot is seen")
    site.stand_in.shown = {_FIRST_OUT: "gap"}
    site.until(lambda: len(site.people.titles()) == 1, "the first alert")
    assert f"Product {GTINS[_FIRST_OUT]}" in site.people.titles()[0]
    before = len(site.stand_in.headers)
    assert min(_seconds_between(site.stand_in.headers)) > _SLOW_S / 2

    site.publish(_QUICK_S, _second_edition)
    site.until(lambda: not site.levels()[SLOTS[_REMOVED]], "the level of the removed slot is deleted")
    last = site.events(SLOTS[_REMOVED])[-1].transition
    assert (last.state, last.reason) == (SlotState.UNKNOWN, UnknownReason.RETIRED)
    site.until(lambda: len(site.stand_in.headers) >= before + 12, "frames come at the new interval")
    assert np.median(_seconds_between(site.stand_in.headers[-8:])) < _SLOW_S / 2
    assert {(header.camera, header.epoch) for header in site.stand_in.headers} == {
        (CAMERA, site.stand_in.headers[0].epoch)
    }
    site.stand_in.shown = {_FIRST_OUT: "gap", _LATER_OUT: "gap"}
    site.until(lambda: len(site.people.titles()) == 2, "the second alert")
    assert f"Renamed {_LATER_OUT}" in site.people.titles()[1]
    assert {slot for slot, stands in site.levels().items() if stands} == stocked - {SLOTS[_REMOVED]}
    assert all(stage.running for stage in site.stages)
