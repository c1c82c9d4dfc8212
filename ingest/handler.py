"""What one camera's pictures and silences lead to on the bus. Pure: state and news in, state and messages out."""

from dataclasses import dataclass, replace

from ingest.contract import CameraStatus, FrameHeader, frame_message
from ingest.health import (
    Health,
    HoldOff,
    Instant,
    lost_source,
    saw_bad_picture,
    saw_picture,
    started,
    time_passed,
)
from ingest.jpeg import Jpeg
from shelfstream.bus.records import Message
from shelfstream.wire import UtcTime


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that decide."""

    hold_off: HoldOff
    heartbeat_s: float
    clock_tolerance_s: float


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of a camera's frames since its epoch began; ``refused``: why the bus did not take the last one."""

    published: int = 0
    dropped: int = 0
    refused: str = ""


@dataclass(frozen=True, slots=True)
class CameraBook:
    """All that ingest knows of a camera it holds. ``said`` is the status said last and when."""

    store: str
    camera: str
    epoch: int
    health: Health
    next_sequence: int = 0
    clock_offset_s: float | None = None
    said: CameraStatus | None = None
    said_mono_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Picture:
    """A good picture with its times: the source's word, and ours."""

    jpeg: Jpeg
    captured_at: UtcTime
    received_at: UtcTime


def opened_book(store: str, camera: str, epoch: int, now: Instant) -> CameraBook:
    """The book of a camera whose claim was acknowledged at offset ``epoch``."""
    return CameraBook(store, camera, epoch, started(now))


def take_picture(book: CameraBook, picture: Picture, now: Instant, rules: Rules) -> tuple[CameraBook, Message]:
    """A frame to be published, with the next sequence number."""
    header = FrameHeader(
        store=book.store,
        camera=book.camera,
        epoch=book.epoch,
        sequence=book.next_sequence,
        captured_at=picture.captured_at,
        received_at=picture.received_at,
        width_px=picture.jpeg.width_px,
        height_px=picture.jpeg.height_px,
    )
    offset_s = (picture.captured_at - picture.received_at).total_seconds()
    after = replace(
        book,
        next_sequence=book.next_sequence + 1,
        clock_offset_s=round(offset_s, 3) if abs(offset_s) > rules.clock_tolerance_s else None,
        health=saw_picture(book.health, now, rules.hold_off),
    )
    return after, frame_message(header, picture.jpeg.data)


def note_bad_picture(book: CameraBook, why: str) -> CameraBook:
    """A picture that cannot be used."""
    return replace(book, health=saw_bad_picture(book.health, why))


def note_loss(book: CameraBook, why: str) -> CameraBook:
    """The source failed or cannot be opened."""
    return replace(book, health=lost_source(book.health, why))


def say_status(book: CameraBook, counts: Counts, now: Instant, rules: Rules) -> tuple[CameraBook, CameraStatus | None]:
    """The status, if there is news or a heartbeat is due. Call it often."""
    health = time_passed(book.health, now, rules.hold_off)
    after = replace(book, health=health)
    if health.state is None:
        return after, None
    same = book.said is not None and book.said.state is health.state
    if same and now.mono_s - book.said_mono_s < rules.heartbeat_s:
        return after, None
    status = CameraStatus(
        store=book.store,
        camera=book.camera,
        epoch=book.epoch,
        state=health.state,
        since=min(health.since, now.at),
        at=now.at,
        detail=counts.refused or health.detail,
        frames_published=counts.published,
        frames_dropped=counts.dropped,
        clock_offset_s=book.clock_offset_s,
    )
    return replace(after, said=status, said_mono_s=now.mono_s), status
