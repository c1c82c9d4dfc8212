"""Frames in, facings out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from detector.contract import FrameFacings
from detector.gallery.gallery import Gallery
from detector.jpeg import Image
from detector.naming.memory import LastLook, Memory
from detector.pipeline import Detector, FrameToSee
from ingest.contract import FrameHeader, read_frame
from shelfstream.bus.api import Message, Record
from shelfstream.bus.stage import Outcome, Received
from shelfstream.errors import InvalidMessage

GalleryOf = Callable[[str], Gallery]
"""The gallery of a store as it is now."""


@dataclass(frozen=True, eq=False)
class DecodedFrame:
    """A decoded frame."""

    header: FrameHeader
    image_bgr: Image


class Housekeeping(Enum):
    """What the detector asks for on a tick, done outside of the handler."""

    FOLLOW_CATALOGUE = "follow_catalogue"


class DetectorHandler:
    """Looks at every frame of a batch.

    What it remembers of each camera's last frame saves work and is no state: without it a frame is seen anew.
    """

    def __init__(self, detector: Detector, gallery_of: GalleryOf, memory: Memory | None = None) -> None:
        self._detector = detector
        self._gallery_of = gallery_of
        self._memory = memory or Memory()

    def decode(self, record: Record) -> DecodedFrame:
        """Header and picture of a frame. Raises ``InvalidMessage``: a spoilt picture is told of here, by itself."""
        header, jpeg = read_frame(record)
        image = self._detector.open_jpeg(jpeg)
        found = (image.shape[1], image.shape[0])
        if found != (header.width_px, header.height_px):
            raise InvalidMessage(
                f"the header says {header.width_px}×{header.height_px} px, the JPEG has {found[0]}×{found[1]}"
            )
        return DecodedFrame(header, image)

    def handle(
        self, state: None, batch: Sequence[Received[DecodedFrame]], now: datetime
    ) -> Outcome[None, Housekeeping]:
        """Facings of every frame; a tick asks for the catalogue to be followed."""
        del state, now
        if not batch:
            return Outcome(state=None, effects=(Housekeeping.FOLLOW_CATALOGUE,))
        frames = [received.item for received in batch]
        asked = [
            FrameToSee(frame.image_bgr, self._gallery_of(frame.header.store), self._memory.recall(_camera(frame)))
            for frame in frames
        ]
        seen = self._detector.see_batch(asked)
        for frame, look in zip(frames, seen, strict=True):
            self._memory.keep(_camera(frame), look)
        told = zip(frames, asked, seen, strict=True)
        return Outcome(state=None, waves=(tuple(self._message(*each) for each in told),))

    def _message(self, frame: DecodedFrame, asked: FrameToSee, seen: LastLook) -> Message:
        return FrameFacings.of(
            frame.header, seen.facings, model=self._detector.model, gallery=asked.gallery.name
        ).message()


def _camera(frame: DecodedFrame) -> str:
    return f"{frame.header.store}/{frame.header.camera}"
