"""What ingest emits: frames on ``shelf.frames``, camera status and claims on ``shelf.cameras``.

A frame's value is its JPEG; its ``FrameHeader`` travels as one JSON header. Order is (epoch, sequence): the
epoch is the offset of the ingest's claim for the camera on ``shelf.cameras``, so a restarted or second ingest
always counts as newer. Order and staleness go by ``received_at``; ``captured_at`` is what the source says.
"""

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from shelfstream.bus.api import Message, Record
from shelfstream.bus.topics import CAMERAS, FRAMES
from shelfstream.errors import InvalidMessage
from shelfstream.identifiers import Slug, check_slug, key_of
from shelfstream.wire import UtcTime, Wire

FRAME_HEADER = "frame"
CLAIM_HEADER = "claim"
MAX_SIDE_PX = 16_384
_FRAME_ID_MOST = 192
_FRAME_ORDER = re.compile(r"[0-9]{1,19}-[0-9]{1,19}")


def frame_id_of(store: str, camera: str, epoch: int, sequence: int) -> str:
    """A frame's id, unique for ever: ``store/camera/epoch-sequence``."""
    return key_of(store, camera, f"{epoch}-{sequence}")


def check_frame_id(text: str) -> str:
    """Return ``text`` if it is a frame id, else raise ``ValueError``."""
    parts = text.split("/") if len(text) <= _FRAME_ID_MOST else []
    if len(parts) != 3 or not _FRAME_ORDER.fullmatch(parts[2]):
        raise ValueError("no frame id: store/camera/epoch-sequence is needed")
    check_slug(parts[0])
    check_slug(parts[1])
    return text


def require_frame_id(text: str) -> None:
    """Raise ``InvalidMessage`` for what is no frame id."""
    try:
        check_frame_id(text)
    except ValueError as exc:
        raise InvalidMessage(str(exc)) from exc


FrameId = Annotated[str, AfterValidator(check_frame_id)]
"""What has this form names a frame, and leads nowhere else: ids come over the bus and become names of files."""


class Visibility(Wire):
    """How long ago each part of a frame was last truly seen, on a coarse grid, row by row from the top left.

    ``age_s[i]`` is seconds before ``received_at``; ``hidden_by[i]`` says what hides the cell now, ``""`` for nothing.
    """

    columns: Annotated[int, Field(ge=1, le=256)]
    rows: Annotated[int, Field(ge=1, le=256)]
    age_s: tuple[Annotated[float, Field(ge=0)], ...]
    hidden_by: tuple[str, ...]

    @model_validator(mode="after")
    def _cells_fill_the_grid(self) -> Self:
        cells = self.columns * self.rows
        if len(self.age_s) != cells or len(self.hidden_by) != cells:
            raise ValueError(f"a grid of {self.columns}×{self.rows} needs {cells} cells")
        return self


class FrameHeader(Wire):
    """Where a frame comes from and when it was seen. ``visibility`` of ``None``: all of it is seen now."""

    store: Slug
    camera: Slug
    epoch: Annotated[int, Field(ge=0)]
    sequence: Annotated[int, Field(ge=0)]
    captured_at: UtcTime
    received_at: UtcTime
    width_px: Annotated[int, Field(ge=1, le=MAX_SIDE_PX)]
    height_px: Annotated[int, Field(ge=1, le=MAX_SIDE_PX)]
    visibility: Visibility | None = None

    @property
    def frame_id(self) -> str:
        """Unique for ever: ``store/camera/epoch-sequence``."""
        return frame_id_of(self.store, self.camera, self.epoch, self.sequence)

    @property
    def order(self) -> tuple[int, int]:
        """Later frames of one camera compare greater."""
        return self.epoch, self.sequence


def frame_message(header: FrameHeader, jpeg: bytes) -> Message:
    """A frame as it goes on the bus."""
    return Message(FRAMES, key_of(header.store, header.camera), jpeg, ((FRAME_HEADER, header.encode()),))


def read_frame(record: Record) -> tuple[FrameHeader, bytes]:
    """Header and JPEG bytes of a frame record. Raises ``InvalidMessage``; the JPEG itself is not looked into."""
    raw = record.header(FRAME_HEADER)
    if raw is None:
        raise InvalidMessage("frame without its header")
    header = FrameHeader.decode(raw)
    if not record.value:
        raise InvalidMessage("frame without a picture")
    if record.key != key_of(header.store, header.camera).encode():
        raise InvalidMessage(f"frame of {header.store}/{header.camera} under the key {record.key!r}")
    return header, record.value


class CameraState(StrEnum):
    """What ingest knows of a camera's health."""

    ONLINE = "online"
    OFFLINE = "offline"


class CameraStatus(Wire):
    """A camera's status and heartbeat: the newest one per camera stands on ``shelf.cameras``.

    ``since`` is when the state began; ``at`` when this was said (receive time). ``detail`` tells an operator why.
    """

    store: Slug
    camera: Slug
    epoch: Annotated[int, Field(ge=0)]
    state: CameraState
    since: UtcTime
    at: UtcTime
    detail: str = ""
    frames_published: Annotated[int, Field(ge=0)] = 0
    frames_dropped: Annotated[int, Field(ge=0)] = 0
    clock_offset_s: float | None = None

    def message(self) -> Message:
        """The status as it goes on the bus."""
        return Message(CAMERAS, key_of(self.store, self.camera), self.encode())


class CameraClaim(Wire):
    """An ingest process takes a camera. The record's own offset is the epoch; the older of two claimants exits."""

    store: Slug
    camera: Slug
    claimant: str
    at: UtcTime

    def message(self) -> Message:
        """The claim as it goes on the bus, under a key of its own so that no status compacts it away."""
        key = key_of(self.store, self.camera, "claim")
        return Message(CAMERAS, key, self.encode(), ((CLAIM_HEADER, b"1"),))


def read_camera_record(record: Record) -> CameraStatus | CameraClaim:
    """What stands on ``shelf.cameras``. Raises ``InvalidMessage``."""
    if record.header(CLAIM_HEADER) is not None:
        return CameraClaim.decode(record.value)
    return CameraStatus.decode(record.value)
