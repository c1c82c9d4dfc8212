"""What analytics reads: every record of its topics, parsed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from analytics.contract import NAME_MOST, YEARS, SlotLevel
from detector.contract import Facings, FrameFacings
from ingest.contract import CameraStatus, read_camera_record, require_frame_id
from shelfstream.answers import Answer
from shelfstream.bus.api import Record
from shelfstream.bus.ownership import epoch_of, is_control
from shelfstream.bus.topics import ANSWERS, CAMERAS, CATALOGUE, FACINGS, LEVELS
from shelfstream.catalogue.records import read_change
from shelfstream.errors import InvalidMessage
from shelfstream.identifiers import key_of

TOPICS = (FACINGS, CAMERAS, ANSWERS, LEVELS, CATALOGUE)


@dataclass(frozen=True, eq=False)
class SeenFacings:
    """One frame's facings, as message and as arrays."""

    frame: FrameFacings
    facings: Facings


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What a person answered, and when the log took it."""

    answer: Answer
    at: datetime


@dataclass(frozen=True, slots=True)
class WrittenLevel:
    """Somebody wrote or deleted a level: which slot's, and as which owner (``None``: as nobody).

    ``fault`` says what is wrong with one that is nobody's and cannot be read.
    """

    store: str
    slot: str
    owner_epoch: int | None
    deleted: bool
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class CatalogueNews:
    """A record of the catalogue that can be read."""

    record: Record


Input = SeenFacings | CameraStatus | GivenAnswer | WrittenLevel | CatalogueNews


def read_input(record: Record) -> Input | None:
    """Parse one record; ``None`` for what is about the partition itself. Raises ``InvalidMessage``."""
    return _READERS[record.partition.topic](record)


def _facings(record: Record) -> Input | None:
    if is_control(record):
        return None
    frame = FrameFacings.decode(record.value)
    _check_key(record, frame.store, frame.camera)
    _check_time(frame.received_at)
    _check_names(frame)
    return SeenFacings(frame, frame.facings())


def _camera(record: Record) -> Input | None:
    if record.value is None:
        return None
    found = read_camera_record(record)
    if not isinstance(found, CameraStatus):
        return None
    _check_key(record, found.store, found.camera)
    return found


def _answer(record: Record) -> Input:
    answer = Answer.decode(record.value)
    _check_key(record, answer.store, answer.slot)
    return GivenAnswer(answer, record.appended_at)


def _level(record: Record) -> Input | None:
    if is_control(record):
        return None
    epoch = epoch_of(record)
    store, _, slot = (record.key or b"").decode(errors="replace").partition("/")
    fault = _fault_of(record.value) if epoch is None and record.value is not None else None
    return WrittenLevel(store, slot, epoch, record.value is None, fault)


def _fault_of(value: bytes) -> str | None:
    try:
        SlotLevel.decode(value)
    except InvalidMessage as exc:
        return exc.reason
    return None


def _catalogue(record: Record) -> Input:
    read_change(record)
    return CatalogueNews(record)


def _check_key(record: Record, *parts: str) -> None:
    # A record under another store's key may stand in a partition whose owner knows nothing of that store.
    if record.key != key_of(*parts).encode():
        raise InvalidMessage(f"record of {key_of(*parts)} under the key {record.key!r}")


def _check_time(at: datetime) -> None:
    if at.year not in YEARS:
        raise InvalidMessage(f"{at.isoformat()} is no time of this world")


def _check_names(frame: FrameFacings) -> None:
    # They stand in transitions, which are refused with names of another form: nobody could decide by this frame.
    require_frame_id(frame.frame_id)
    if len(frame.model) > NAME_MOST:
        raise InvalidMessage(f"the model's name has {len(frame.model)} characters; {NAME_MOST} are the most")


_READERS: Mapping[str, Callable[[Record], Input | None]] = MappingProxyType(
    {FACINGS: _facings, CAMERAS: _camera, ANSWERS: _answer, LEVELS: _level, CATALOGUE: _catalogue}
)
