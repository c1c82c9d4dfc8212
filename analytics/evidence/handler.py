"""Frames and events in, pictures to keep out; nothing is sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from analytics.contract import EvidenceMoment, SlotState, StockEvent, read_event
from analytics.evidence.settings import KeeperSettings
from ingest.contract import read_frame, require_frame_id
from shelfstream.bus.api import Record
from shelfstream.bus.stage import Outcome, Received
from shelfstream.bus.topics import EVENTS
from shelfstream.errors import InvalidMessage
from shelfstream.picture_file import whole_picture


@dataclass(frozen=True, slots=True)
class Plate:
    """A frame to be kept for a while."""

    frame_id: str
    jpeg: bytes = field(repr=False)
    appended_at: datetime


@dataclass(frozen=True, slots=True)
class Crop:
    """A slot to be cut out of a frame and kept with an event."""

    store: str
    slot: str
    event_id: str
    moment: EvidenceMoment
    frame_id: str


@dataclass(frozen=True, slots=True)
class Tidy:
    """Time has passed: try again what waits."""


Item = Plate | StockEvent
Effect = Plate | Crop | Tidy


class KeeperHandler:
    """Decides what is kept. It has no state: what waits for its frame is the evidence's business."""

    def __init__(self, settings: KeeperSettings) -> None:
        self._settings = settings

    def decode(self, record: Record) -> Item | None:
        """Parse a frame or an event. Raises ``InvalidMessage``, also for frames that are no honest JPEG."""
        if record.partition.topic == EVENTS:
            return read_event(record)
        header, jpeg = read_frame(record)
        require_frame_id(header.frame_id)
        self._check(jpeg)
        return Plate(header.frame_id, jpeg, record.appended_at)

    def handle(self, state: None, batch: Sequence[Received[Item]], now: datetime) -> Outcome[None, Effect]:
        """Every plate, and the crops that events call for. Nothing here goes by time: a backlog's own is long past."""
        del now
        effects: list[Effect] = [] if batch else [Tidy()]
        for received in batch:
            match received.item:
                case Plate() as plate:
                    effects.append(plate)
                case StockEvent() as event:
                    effects.extend(crops_of(event))
        return Outcome(state, effects=tuple(effects))

    def _check(self, jpeg: bytes) -> None:
        if len(jpeg) > self._settings.picture_bytes_max:
            raise InvalidMessage(f"frame of {len(jpeg)} bytes; {self._settings.picture_bytes_max} are the most")
        try:
            found, _ = whole_picture(jpeg, self._settings.picture_pixels_max)
        except ValueError as exc:
            raise InvalidMessage(f"frame whose picture {exc}") from exc
        if found.suffix != "jpg":
            raise InvalidMessage("frame whose picture is no JPEG")


def crops_of(event: StockEvent) -> list[Crop]:
    """What shows an event: where the former state was last seen, and where the new one was decided.

    A slot that turns UNKNOWN shows nothing, and neither does one that is stocked when it is first seen.
    """
    step = event.transition
    first_look = step.before is SlotState.UNKNOWN and step.state is SlotState.STOCKED
    if not step.frames or step.state is SlotState.UNKNOWN or first_look:
        return []
    moments: list[tuple[EvidenceMoment, str]] = [("after", step.frames[-1])]
    if step.onset.earliest < step.onset.latest and len(step.frames) > 1:
        moments.append(("before", step.frames[0]))
    return [Crop(event.store, event.slot, event.event_id, moment, frame) for moment, frame in moments]
