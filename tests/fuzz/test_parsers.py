"""Every parser of what comes from outside, on good inputs that were spoilt: a value, or an error that it declares.

``SHELFSTREAM_FUZZ=20000`` tries so many inputs of each; without it some. Nothing may end in another exception,
hang, or bring the interpreter down.
"""

import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from alerts.contract import AlertRecord, AlertStatus
from analytics.contract import SlotLevel, SlotState, read_event
from analytics.inputs import read_input
from analytics.settings import AnalyticsSettings
from analytics.slot_rules import SlotRules
from detector.contract import FacingKind, FrameFacings
from detector.evaluate.coco import coco_labels
from detector.evaluate.found import judged_list
from detector.jpeg import PHOTOGRAPH_LIMITS, decode_photograph
from ingest.contract import CameraState, CameraStatus, FrameHeader, frame_message, read_camera_record, read_frame
from ingest.frame_jpeg import FrameLimits, to_jpeg
from ingest.sources.address import read_address
from ingest.sources.captured import SourceError
from ingest.sources.http import target_of
from ingest.sources.mjpeg import PartCutter, boundary_of
from shelfstream.answers import AnswerKind
from shelfstream.bus.api import Message, Partition, Record
from shelfstream.bus.dead_letters import AT, GROUP, age_of_letter
from shelfstream.bus.offsets import CommitMetadata
from shelfstream.bus.topics import ANSWERS, CAMERAS, CATALOGUE, EVENTS, FACINGS, FRAMES, LEVELS
from shelfstream.catalogue.camera_urls import url_faults, with_secrets
from shelfstream.catalogue.folder.read import check_folder
from shelfstream.catalogue.model import Slot
from shelfstream.catalogue.records import entity_message, read_change
from shelfstream.errors import Faults, InvalidMessage
from shelfstream.picture_file import whole_picture
from shelfstream.settings.load import load_settings
from tests.fuzz.spoiling import spoilt
from tests.unit.alerts.alert_samples import answer, event
from tests.unit.analytics.analytics_shelf import entities, frame
from tests.unit.catalogue.catalogue_samples import FILES, write_sample
from tests.unit.detector.detector_rig import jpeg_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3600),
    pytest.mark.filterwarnings("error::RuntimeWarning"),  # a number that overflowed was taken for a good one
]
_INPUTS = int(os.environ.get("SHELFSTREAM_FUZZ", "150"))
_NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
_NOISE = np.random.default_rng(3).integers(0, 256, (48, 64, 3), np.uint8)
_SHADES = np.asarray(cv2.GaussianBlur(_NOISE, (5, 5), 2), np.uint8)
_JPEG = jpeg_of(_SHADES)
_URL = b"rtsp://${USER}:${PASSWORD}@10.0.0.5:554/stream1?channel=1&token=${TOKEN}"


@dataclass(frozen=True)
class Parser:
    """One parser: good inputs, how it is called, and what it may raise."""

    good: tuple[bytes, ...]
    parse: Callable[[bytes, Path], object]
    raises: tuple[type[Exception], ...]


def _record(topic: str, message: Message, value: bytes | None, *, key: bytes | None = None) -> Record:
    return Record(Partition(topic, 0), 7, message.key.encode() if key is None else key, value, message.headers, _NOW)


def _of_topic(topic: str, message: Message, read: Callable[[Record], object]) -> Parser:
    """Values of a topic under their own key."""
    return Parser((message.value or b"",), lambda data, _: read(_record(topic, message, data)), (InvalidMessage,))


def _keys_of(topic: str, message: Message, read: Callable[[Record], object]) -> Parser:
    """Keys of a topic over a good value."""

    def parse(data: bytes, _folder: Path) -> object:
        return read(_record(topic, message, message.value, key=data))

    return Parser((message.key.encode(),), parse, (InvalidMessage,))


def _wire(good: bytes, decode: Callable[[bytes], object]) -> Parser:
    return Parser((good,), lambda data, _: decode(data), (InvalidMessage,))


def _topics() -> Mapping[str, Parser]:
    header = FrameHeader(
        store="s", camera="c", epoch=1, sequence=2, captured_at=_NOW, received_at=_NOW, width_px=64, height_px=48
    )
    framed = frame_message(header, _JPEG)
    status = CameraStatus(store="s", camera="c", epoch=1, state=CameraState.ONLINE, since=_NOW, at=_NOW).message()
    slot = next(each for each in entities() if isinstance(each, Slot))
    level = SlotRules(AnalyticsSettings()).new_level(slot, _NOW)
    told = answer(AnswerKind.REFILLED).message()
    alert = AlertRecord(
        alert_id="a", store="s", slot="x", bay="b", gtin="04006381333931", state=SlotState.OUT,
        status=AlertStatus.RAISED, step=1, event_id="e", slot_sequence=1, raised_at=_NOW, at=_NOW,
    )  # fmt: skip
    occurred = event(1, SlotState.OUT).message()

    def header_of_frame(data: bytes, _folder: Path) -> object:
        spoilt_headers = tuple((name, data) for name, _ in framed.headers)
        return read_frame(Record(Partition(FRAMES, 0), 7, framed.key.encode(), _JPEG, spoilt_headers, _NOW))

    return {
        "shelf.frames": Parser((framed.headers[0][1],), header_of_frame, (InvalidMessage,)),
        "shelf.cameras": _of_topic(CAMERAS, status, read_camera_record),
        "shelf.cameras keys": _keys_of(CAMERAS, status, read_camera_record),
        "shelf.facings": _of_topic(FACINGS, frame(1).message(), read_input),
        "shelf.levels": _wire(level.encode(), SlotLevel.decode),
        "shelf.levels as read": _of_topic(LEVELS, level.message(), read_input),
        "shelf.events": _of_topic(EVENTS, occurred, read_event),
        "shelf.answers": _of_topic(ANSWERS, told, read_input),
        "shelf.answers keys": _keys_of(ANSWERS, told, read_input),
        "shelf.catalogue": _of_topic(CATALOGUE, entity_message(slot), read_change),
        "shelf.catalogue keys": _keys_of(CATALOGUE, entity_message(slot), read_change),
        "shelf.alerts": _wire(alert.encode(), AlertRecord.decode),
        "facings' arrays": Parser(
            (frame(1).encode(),), lambda data, _: FrameFacings.decode(data).facings(), (InvalidMessage,)
        ),
        "notes of offsets": Parser(
            (CommitMetadata(open=True).encode().encode(),),
            lambda data, _: CommitMetadata.decode(data.decode("latin-1")),
            (),
        ),
        "times of dead letters": Parser((_NOW.isoformat().encode(),), _letter, ()),
    }


def _letter(data: bytes, _folder: Path) -> object:
    headers = ((GROUP, b"g"), (AT, data))
    return age_of_letter(Record(Partition("T.dead", 0), 1, b"k", b"", headers, _NOW), "g", _NOW)


def _catalogue(name: str) -> Parser:
    def parse(data: bytes, folder: Path) -> object:
        return check_folder(write_sample(folder, **{name.replace(".", "_"): data}))

    return Parser((FILES[name].encode(), b"sep=;\n" + FILES[name].replace(",", ";").encode()), parse, ())


def _settings(data: bytes, folder: Path) -> object:
    path = folder / "shop.yaml"
    path.write_bytes(data)
    return load_settings({"analytics": AnalyticsSettings}, path, {})


def _environment(data: bytes, _folder: Path) -> object:
    name, _, value = data.decode("utf-8", "surrogateescape").replace("\0", "").partition("=")
    return load_settings({"analytics": AnalyticsSettings}, None, {name: value})


def _url(data: bytes, _folder: Path) -> object:
    text = data.decode("utf-8", "surrogateescape")
    filled = with_secrets(text, {"USER": "ü#", "PASSWORD": "/?\udcfc%41", "TOKEN": "a&b"})
    address = read_address(filled)
    return list(url_faults(text)), target_of(address.url)


def _parts(data: bytes, _folder: Path) -> object:
    cutter, dice, found = PartCutter(b"--cut", 5_000), random.Random(len(data)), []
    place = 0
    while place < len(data):
        size = dice.choice((1, 7, 100, 4_000))
        found += list(cutter.feed(data[place : place + size]))
        place += size
        assert len(cutter._held) <= 2 * 8_192 + 5_000 + 4_000
    return found, boundary_of("multipart/x-mixed-replace; boundary=" + data[:20].decode("latin-1"))


def _coco(data: bytes, folder: Path) -> object:
    (folder / "annotations.json").write_bytes(data)
    return coco_labels(folder, FacingKind.FACING)


def _found(data: bytes, folder: Path) -> object:
    (folder / "a.jpg").write_bytes(_JPEG)
    (folder / "annotations.json").write_bytes(_COCO)
    (folder / "found.json").write_bytes(data)
    return judged_list(folder, coco_labels(folder, FacingKind.FACING), folder / "found.json", "facing")


_COCO = (
    b'{"images":[{"id":1,"file_name":"a.jpg"}],"categories":[{"id":1,"name":"facing"},{"id":2,"name":"gap"}],'
    b'"annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[1,2,30,20]}]}'
)
_FOUND = b'[{"file_name":"a.jpg","category":"facing","bbox":[1,2,30,20],"score":0.9}]'
_STREAM = b"".join(
    b"--cut\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(body), body)
    for body in (b"a" * 300, b"b" * 20, b"c" * 3_000)
)
_SETTINGS = b"analytics:\n  tick_every_s: 2.5\n  look:\n    margin_share: 0.1\n"
_LIMITS = FrameLimits(85, 1000, 500_000)
_PICTURES = (
    _JPEG,
    cv2.imencode(".jpg", _SHADES, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes(),
    cv2.imencode(".jpg", _SHADES, [cv2.IMWRITE_JPEG_RST_INTERVAL, 2])[1].tobytes(),
    jpeg_of(_SHADES, ".png"),
)
PARSERS: Mapping[str, Parser] = {
    **{f"topic {name}": parser for name, parser in _topics().items()},
    **{f"catalogue {name}": _catalogue(name) for name in FILES},
    "settings file": Parser((_SETTINGS,), _settings, (Faults,)),
    "settings environment": Parser((b"SHELFSTREAM_ANALYTICS__TICK_EVERY_S=2.5",), _environment, (Faults,)),
    "camera URL": Parser((_URL, b"file:///videos/a%20b.mp4?loop=yes&pace=fast"), _url, (SourceError, Faults)),
    "MJPEG": Parser((_STREAM,), _parts, (SourceError,)),
    "picture guard": Parser(_PICTURES, lambda data, _: whole_picture(data, 1_000_000), (ValueError,)),
    "picture of a frame": Parser(_PICTURES, lambda data, _: to_jpeg(data, _LIMITS), (SourceError,)),
    "photograph": Parser(_PICTURES, lambda data, _: decode_photograph(data, PHOTOGRAPH_LIMITS), (InvalidMessage,)),
    "COCO": Parser((_COCO,), _coco, (Faults,)),
    "list of finds": Parser((_FOUND,), _found, (Faults,)),
}


@pytest.mark.parametrize("name", PARSERS)
def test_a_spoilt_input_is_a_value_or_a_declared_error(name: str, tmp_path: Path) -> None:
    """Seeds count up, so a failure is found again by its number."""
    parser = PARSERS[name]
    for good in parser.good:
        parser.parse(good, tmp_path)
    for seed in range(_INPUTS):
        data = spoilt(parser.good[seed % len(parser.good)], seed)
        try:
            parser.parse(data, tmp_path)
        except parser.raises as exc:
            assert str(exc), f"seed {seed}: an error that says nothing"  # noqa: PT017 - whatever it is, it speaks
        except Exception as exc:
            raise AssertionError(f"{name}, seed {seed}: {exc!r}") from exc
