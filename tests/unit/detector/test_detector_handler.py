"""Frames in, facings out."""

from datetime import UTC, datetime

import numpy as np
import pytest

from detector.contract import FacingKind, FrameFacings
from detector.gallery.gallery import Gallery, Reference, gallery_of
from detector.handler import DecodedFrame, DetectorHandler, Housekeeping
from detector.pipeline import Detector
from ingest.contract import FrameHeader, frame_message
from shelfstream.bus.api import Partition, Record
from shelfstream.bus.stage import Received
from shelfstream.bus.topics import FACINGS
from shelfstream.errors import InvalidMessage
from tests.unit.detector.detector_rig import jpeg_of, seeing_bright_things, shelf

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
RED, BLUE, DARK = (30, 30, 250), (250, 40, 30), (5, 5, 5)


def _record(jpeg: bytes, *, width_px: int = 640, height_px: int = 352) -> Record:
    header = FrameHeader(
        store="mill-road",
        camera="c1",
        epoch=1,
        sequence=7,
        captured_at=NOW,
        received_at=NOW,
        width_px=width_px,
        height_px=height_px,
    )
    message = frame_message(header, jpeg)
    return Record(Partition(message.topic, 0), 5, message.key.encode(), message.value, message.headers, NOW)


def _seen(detector: Detector, record: Record, gallery: Gallery = Gallery()) -> FrameFacings:
    handler = DetectorHandler(detector, lambda _: gallery)
    outcome = handler.handle(None, [Received(record, handler.decode(record))], NOW)
    ((message,),) = outcome.waves
    assert message.topic == FACINGS
    assert message.key == "mill-road/c1"
    return FrameFacings.decode(message.value)


def test_a_frame_becomes_its_facings() -> None:
    """Boxes and kinds of what is in the picture, with the frame's own order and times and the model's name."""
    detector, _ = seeing_bright_things()
    told = _seen(detector, _record(jpeg_of(shelf(RED, DARK, BLUE))))
    facings = told.facings()
    assert told.order == (1, 7)
    assert told.model == "bright@1+colour@1"
    assert sorted(facings.kinds.tolist()) == [FacingKind.FACING, FacingKind.FACING, FacingKind.GAP]
    gap = facings.of_kind(FacingKind.GAP).boxes_xyxy[0]
    assert np.allclose(gap, (120, 120, 180, 220), atol=4)


def test_known_products_are_named_and_gaps_never() -> None:
    """Each facing carries the product that looks like it; a gap is no product; the gallery is named."""
    detector, _ = seeing_bright_things()
    pictures = {"red": shelf(RED)[120:220, 40:100], "blue": shelf(BLUE)[120:220, 40:100]}
    references = [Reference(name, f"{name}.jpg") for name in pictures]
    gallery = gallery_of(references, [detector.look_of(picture) for picture in pictures.values()])
    told = _seen(detector, _record(jpeg_of(shelf(RED, DARK, BLUE))), gallery)
    facings = told.facings()
    named = {
        int(box[0] // 80): [facings.gtins[each] for each in row if each >= 0][:1]
        for box, row in zip(facings.boxes_xyxy, facings.candidates, strict=True)
    }
    assert named == {0: ["red"], 1: [], 2: ["blue"]}
    assert told.gallery == gallery.name


@pytest.mark.parametrize("jpeg", [b"no picture", jpeg_of(shelf(RED))[:-200], jpeg_of(shelf(RED), ".png")])
def test_a_spoilt_picture_is_invalid_by_itself(jpeg: bytes) -> None:
    """Decoding refuses it, so the other frames of its batch are not held up."""
    detector, network = seeing_bright_things()
    with pytest.raises(InvalidMessage):
        DetectorHandler(detector, lambda _: Gallery()).decode(_record(jpeg))
    assert network.runs == 0


def test_a_header_that_lies_about_the_size_is_invalid() -> None:
    """Boxes would be in pixels of another picture."""
    detector, _ = seeing_bright_things()
    with pytest.raises(InvalidMessage, match="640×352"):
        DetectorHandler(detector, lambda _: Gallery()).decode(
            _record(jpeg_of(shelf(RED)), width_px=1280, height_px=720)
        )


def test_a_tick_asks_for_catalogue_and_models() -> None:
    """Nothing is sent on a tick; the chores are done outside of the handler."""
    detector, _ = seeing_bright_things()
    outcome = DetectorHandler(detector, lambda _: Gallery()).handle(None, (), NOW)
    assert outcome.effects == (Housekeeping.FOLLOW_CATALOGUE, Housekeeping.FOLLOW_MODELS)
    assert not outcome.waves


def test_the_same_frame_gives_the_same_bytes() -> None:
    """A frame handled again after a crash leads to the same message."""
    detector, _ = seeing_bright_things()
    record = _record(jpeg_of(shelf(RED, BLUE)))
    assert _seen(detector, record) == _seen(detector, record)


def test_decoding_keeps_header_and_picture() -> None:
    """The item holds what the record held."""
    detector, _ = seeing_bright_things()
    frame = DetectorHandler(detector, lambda _: Gallery()).decode(_record(jpeg_of(shelf(RED))))
    assert isinstance(frame, DecodedFrame)
    assert frame.header.frame_id == "mill-road/c1/1-7"
    assert frame.image_bgr.shape == (352, 640, 3)
