"""The stage as a whole, on the embedded bus, with the shipped weights."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from detector.__main__ import build
from detector.contract import FrameFacings
from detector.manifest import SHIPPED, read_manifest, write_manifest
from detector.releases.folder import ReleaseFolder
from detector.releases.trial import comparisons_of
from detector.settings import DetectorSettings
from ingest.contract import FrameHeader, frame_message
from shelfstream.bus.api import Message, Partition, Record
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.bus.topics import CATALOGUE, FACINGS, FRAMES
from shelfstream.catalogue.model import Product, Store
from shelfstream.catalogue.records import entity_message
from shelfstream.clock import SystemClock
from shelfstream.file_store import PictureStore
from shelfstream.metrics import Metrics
from shelfstream.service import StageContext
from shelfstream.sql import engine_of
from tests.unit.detector.detector_rig import jpeg_of, shelf

STORE = Store(id="mill-road", name="Mill Road", time_zone="Europe/Berlin", hours={})
PRODUCT = Product(store="mill-road", gtin="04006381333931", name="Red", pictures=("red.jpg",))
PICTURE = jpeg_of(shelf((30, 30, 250), (250, 40, 30)))


@dataclass
class Running:
    """A running detector with the bus around it."""

    parts: StageContext
    models: Path

    def send(self, *messages: Message) -> None:
        producer = self.parts.bus.producer()
        for future in [producer.send(message) for message in messages]:
            future.result(5)
        producer.close()

    def all_of(self, topic: str) -> list[Record]:
        reader, admin = self.parts.bus.reader(), self.parts.bus.admin()
        count = admin.partition_counts([topic])[topic]
        places = [Partition(topic, index) for index in range(count)]
        return [record for place in places for record in reader.read(place, *reader.bounds(place))]

    def wait_for(self, met: Callable[[list[FrameFacings]], bool]) -> list[FrameFacings]:
        waiting = threading.Event()
        for _ in range(600):
            found = [FrameFacings.decode(record.value) for record in self.all_of(FACINGS)]
            if met(found):
                return found
            waiting.wait(0.05)
        raise AssertionError(f"not met by {len(found)} messages")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A detector that runs until the test ends, and must then end by itself."""
    bus = EmbeddedBus(tmp_path / "bus.db", SystemClock())
    pictures = PictureStore(str(tmp_path / "pictures"))
    pictures.put("red.jpg", jpeg_of(shelf((30, 30, 250))[120:220, 40:100]))
    parts = StageContext(bus, SystemClock(), pictures, "test", None, engine_of("sqlite://"), Metrics())
    service = build(
        DetectorSettings(threads=1, catalogue_every_s=0.2, models=tmp_path / "models", candidate_every=1), parts
    )
    stop = threading.Event()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            service.run(stop)
        except BaseException as exc:
            failures.append(exc)
            raise

    thread = threading.Thread(target=work)
    thread.start()
    yield Running(parts, tmp_path / "models")
    stop.set()
    thread.join(30)
    assert not thread.is_alive()
    assert not failures
    bus.close()


def _frame(sequence: int, jpeg: bytes = PICTURE, camera: str = "c1") -> Message:
    now = datetime.now(UTC)
    header = FrameHeader(
        store="mill-road",
        camera=camera,
        epoch=1,
        sequence=sequence,
        captured_at=now,
        received_at=now,
        width_px=640,
        height_px=352,
    )
    return frame_message(header, jpeg)


def test_frames_come_out_as_facings(running: Running) -> None:
    """The newest frame of each camera is looked at by the model whose name the message carries."""
    running.send(_frame(1), _frame(2), _frame(5, camera="c2"))
    found = running.wait_for(lambda told: {("c1", 2), ("c2", 5)} <= {(each.camera, each.sequence) for each in told})
    assert {each.model.partition("@")[0] for each in found} == {"shelfnet-edge"}


def test_a_spoilt_frame_is_put_aside_and_the_others_go_on(running: Running) -> None:
    """Junk goes to the dead letters with its reason; the next frame is seen."""
    running.send(_frame(1, b"junk"))
    running.send(_frame(1, camera="c2"))
    running.wait_for(lambda told: any(each.camera == "c2" for each in told))
    running.send(_frame(2))
    running.wait_for(lambda told: any(each.camera == "c1" for each in told))
    assert len(running.all_of(FRAMES + ".dead")) == 1


def test_a_new_product_joins_the_gallery_while_it_runs(running: Running) -> None:
    """A product published to the catalogue changes the gallery's name on the frames that follow."""
    running.send(_frame(1))
    before = running.wait_for(lambda told: len(told) > 0)
    assert before[0].gallery == ""
    running.send(entity_message(STORE), entity_message(PRODUCT))
    sequence = 1

    def seen_with_gallery(told: list[FrameFacings]) -> bool:
        nonlocal sequence
        sequence += 1
        running.send(_frame(sequence))
        return any(each.gallery for each in told)

    running.wait_for(seen_with_gallery)
    assert len(running.all_of(CATALOGUE)) == 2


def test_a_model_is_tried_taken_and_taken_back_while_frames_go_on(running: Running, tmp_path: Path) -> None:
    """No restart: the candidate is compared, then sees what follows, then no longer; messages name their model."""
    taught = _named_otherwise(tmp_path / "taught")
    folder = ReleaseFolder(running.models)
    sequence = 0

    def frames_until(met: Callable[[FrameFacings], bool]) -> list[FrameFacings]:
        nonlocal sequence

        def seen(told: list[FrameFacings]) -> bool:
            nonlocal sequence
            sequence += 1
            running.send(_frame(sequence))
            return bool(told) and met(max(told, key=lambda each: each.sequence))

        return running.wait_for(seen)

    frames_until(lambda newest: newest.model.startswith("shelfnet-edge@"))
    folder.propose(taught)
    tried = frames_until(lambda _: bool(comparisons_of(running.models)))
    assert all(each.model.startswith("shelfnet-edge@") for each in tried)
    assert comparisons_of(running.models)[0].camera == "c1"
    folder.accept(datetime.now(UTC), "")
    frames_until(lambda newest: newest.model.startswith("taught@"))
    folder.roll_back()
    frames_until(lambda newest: newest.model.startswith("shelfnet-edge@"))


def _named_otherwise(folder: Path) -> Path:
    """The shipped weights under another name."""
    folder.mkdir()
    manifest = read_manifest(SHIPPED)
    for name in manifest.files:
        (folder / name).write_bytes((SHIPPED.parent / name).read_bytes())
    write_manifest(manifest.model_copy(update={"name": "taught"}), folder / "taught.json")
    return folder / "taught.json"
