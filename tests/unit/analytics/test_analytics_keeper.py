"""The keeper: plates for a while, crops with events."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from analytics.contract import Onset, SlotState, StockEvent, Transition, event_id_of, evidence_id, plate_id
from analytics.evidence.__main__ import stage_of
from analytics.evidence.cleaning import Cleaning
from analytics.evidence.handler import Effect, Item, KeeperHandler, Plate
from analytics.evidence.settings import KeeperSettings
from analytics.evidence.store import crop_jpeg
from ingest.contract import FrameHeader, frame_message
from shelfstream.bus.api import Partition, Record
from shelfstream.bus.stage import Received, Stage
from shelfstream.bus.topics import FRAMES
from shelfstream.clock import ManualClock
from shelfstream.errors import InvalidMessage
from shelfstream.file_store import PictureStore
from shelfstream.metrics import Metrics
from shelfstream.service import StageContext
from shelfstream.sql import engine_of
from tests.unit.analytics.analytics_rig import make_bus, publish
from tests.unit.analytics.analytics_shelf import SIZE_WH, SLOTS, START, STORE, frame

SETTINGS = KeeperSettings(plates_keep_s=60, clean_every_s=1, picture_wait_s=10, waiting_max=4, crop_margin_share=0)


class Keeper:
    """The keeper's stage, fed by hand."""

    def __init__(self) -> None:
        self.clock = ManualClock(START)
        bus = make_bus(self.clock)
        publish(bus)
        self.metrics = Metrics()
        self.pictures = PictureStore("memory://keeper-test")
        parts = StageContext(bus, self.clock, self.pictures, "k", None, engine_of("sqlite://"), self.metrics)
        self.stage: Stage[None, Item, Effect] = stage_of(SETTINGS, parts)
        self.cleaning = Cleaning(self.pictures, SETTINGS, self.clock)

    def take(self, *items: Item) -> None:
        self.cleaning.clean_if_due()
        batch = [Received(record_of(item), item) for item in items]
        self.stage.apply(self.stage.handler.handle(None, batch, self.clock.now()).effects)

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.value(name, **labels)


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    made = Keeper()
    yield made
    for stored in list(made.pictures.list()):
        made.pictures.delete(stored.id)


def jpeg() -> bytes:
    """A frame whose pixels tell their place: red grows to the right, green downwards."""
    wide, high = SIZE_WH
    image = np.zeros((high, wide, 3), np.uint8)
    image[..., 2] = np.linspace(0, 255, wide)[None, :]
    image[..., 1] = np.linspace(0, 255, high)[:, None]
    return cv2.imencode(".jpg", image)[1].tobytes()


def header(sequence: int) -> FrameHeader:
    return FrameHeader.model_validate(frame(sequence).model_dump())


def plate(sequence: int, appended_at: datetime = START) -> Plate:
    return Plate(header(sequence).frame_id, jpeg(), appended_at)


def record_of(item: object, value: bytes = b"x", topic: str = FRAMES) -> Record:
    message = frame_message(header(0), value)
    return Record(Partition(topic, 0), 0, message.key.encode(), value, message.headers, START)


def went_out(before: int, first: int, decided: int, slot: str = SLOTS[1]) -> StockEvent:
    onset = Onset(earliest=frame(before).received_at, latest=frame(first).received_at, level=0.98)
    step = Transition(
        sequence=2,
        gtin="04006381333931",
        before=SlotState.STOCKED,
        state=SlotState.OUT,
        onset=onset,
        decided_at=frame(decided).received_at,
        confidence=0.98,
        frames=tuple(frame(n).frame_id for n in (before, first, decided)),
    )
    event_id = event_id_of(STORE, slot, 2)
    return StockEvent(event_id=event_id, store=STORE, slot=slot, bay="b1", transition=step, emitted_at=START)


def crop_of(keeper: Keeper, moment: str) -> "np.ndarray | None":
    event = went_out(1, 2, 3)
    data = keeper.pictures.get(evidence_id(STORE, event.event_id, "before" if moment == "before" else "after"))
    return None if data is None else cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def test_an_event_gets_its_slot_before_and_after(keeper: Keeper) -> None:
    """Crops show the slot's own rectangle, from the frame where it was last stocked and the one that decided."""
    keeper.take(plate(1), plate(2), plate(3), went_out(1, 2, 3))
    for moment in ("before", "after"):
        found = crop_of(keeper, moment)
        assert found is not None
        assert found.shape[:2] == (400, 300)
        assert found[200, 150, 2] == pytest.approx(450 / 900 * 255, abs=4)
    assert keeper.pictures.exists(plate_id(header(2).frame_id))


def test_a_crop_waits_for_its_frame_but_not_for_long(keeper: Keeper) -> None:
    """An event may overtake its frames; what comes in time is cut, what does not is given up and counted."""
    keeper.take(plate(1), went_out(1, 2, 3))
    assert crop_of(keeper, "before") is not None
    assert crop_of(keeper, "after") is None
    keeper.take(plate(3))
    assert crop_of(keeper, "after") is not None
    keeper.take(went_out(1, 2, 9, slot=SLOTS[2]))
    keeper.clock.advance(SETTINGS.picture_wait_s + 1)
    keeper.take()
    assert keeper.value("shelfstream_keeper_evidence_given_up_total") == 1


def test_memory_is_bounded(keeper: Keeper) -> None:
    """However many events wait for frames that never come, only so many are held."""
    for slot in SLOTS:
        keeper.take(went_out(1, 2, 3, slot=slot))
    assert keeper.value("shelfstream_keeper_evidence_given_up_total") == 2 * len(SLOTS) - SETTINGS.waiting_max


def test_old_plates_are_forgotten_and_evidence_stays(keeper: Keeper) -> None:
    """Whole frames go after their time, and one that comes too late is not even written."""
    keeper.take(plate(1), plate(3), went_out(1, 2, 3))
    keeper.clock.set_wall(max(stored.written_at for stored in keeper.pictures.list()) + timedelta(seconds=61))
    keeper.clock.advance(2)
    keeper.take()
    kept = {stored.id.partition("/")[0] for stored in keeper.pictures.list()}
    assert kept == {"evidence"}
    keeper.take(plate(7))
    assert not keeper.pictures.exists(plate_id(header(7).frame_id))


@pytest.mark.parametrize("late_s", [0.0, 6.0, 11.0])
@pytest.mark.parametrize("busy", [False, True])
def test_no_plate_outlives_its_limit(keeper: Keeper, late_s: float, busy: bool) -> None:
    """A frame is gone so long after it came onto the bus, however late it was kept, also while a backlog comes in."""
    now = datetime.now(UTC)
    keeper.clock.set_wall(now)
    keeper.take(plate(1, now - timedelta(seconds=late_s)))
    for second in range(round(SETTINGS.plates_keep_s - late_s)):
        assert second > 40 or keeper.pictures.exists(plate_id(header(1).frame_id))
        keeper.clock.advance(1)
        keeper.take(*([plate(7)] if busy else []))
    assert not keeper.pictures.exists(plate_id(header(1).frame_id))


def test_a_backlogs_frames_are_too_old_to_be_kept(keeper: Keeper) -> None:
    """The loop's time stands still in a backlog; what counts is how long ago the frame really came."""
    now = datetime.now(UTC)
    keeper.clock.set_wall(now)
    old = plate(1, now - timedelta(seconds=59))
    keeper.stage.apply(keeper.stage.handler.handle(None, [Received(record_of(old), old)], old.appended_at).effects)
    assert not keeper.pictures.exists(plate_id(header(1).frame_id))
    assert keeper.value("shelfstream_keeper_plates_total") == 0


def test_an_event_again_changes_nothing(keeper: Keeper) -> None:
    """A batch that is repeated after a crash leaves the same pictures."""
    keeper.take(plate(1), plate(3), went_out(1, 2, 3))
    before = {stored.id for stored in keeper.pictures.list()}
    keeper.take(plate(1), plate(3), went_out(1, 2, 3))
    assert {stored.id for stored in keeper.pictures.list()} == before


def test_a_slot_that_is_not_planned_any_more_is_given_up(keeper: Keeper) -> None:
    """An event of a slot that the catalogue has lost has no picture, and nothing breaks."""
    keeper.take(plate(1), plate(3), went_out(1, 2, 3, slot="gone"))
    assert keeper.value("shelfstream_keeper_evidence_given_up_total") == 2


@pytest.mark.parametrize("junk", [b"\x00" * 100, jpeg()[:400], b"\x89PNG\r\n\x1a\n", b"GIF89a"])
def test_what_is_no_jpeg_is_refused(junk: bytes) -> None:
    """Corrupt, truncated and foreign payloads are invalid messages before anything decodes them."""
    with pytest.raises(InvalidMessage):
        KeeperHandler(SETTINGS).decode(record_of(None, junk))


def test_a_picture_that_claims_to_be_huge_is_refused() -> None:
    """A header of a gigapixel is not believed and not decoded."""
    real = bytearray(jpeg())
    start = real.index(b"\xff\xc0")
    real[start + 5 : start + 9] = (60_000).to_bytes(2, "big") * 2
    with pytest.raises(InvalidMessage, match="claims"):
        KeeperHandler(SETTINGS).decode(record_of(None, bytes(real)))


def test_a_crop_shows_which_place_is_meant() -> None:
    """An outline where the place's edges are, nothing inside it, and nothing wrong where it leaves the picture."""
    grey = cv2.imencode(".png", np.full((200, 300, 3), 128, np.uint8))[1].tobytes()
    corners = np.array([[100.0, 60.0], [200.0, 60.0], [200.0, 140.0], [100.0, 140.0]])
    cut = crop_jpeg(grey, corners, 0.25, 95)
    assert cut is not None
    shown = cv2.imdecode(np.frombuffer(cut, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert shown is not None
    assert shown.shape == (120, 150)
    assert shown[20, 30:120].min() > 200
    assert abs(int(shown[60, 75]) - 128) < 4
    assert abs(int(shown[5, 5]) - 128) < 4
    beyond = crop_jpeg(grey, corners * 1.8 - (0.0, 90.0), 0.25, 95)
    assert beyond is not None
