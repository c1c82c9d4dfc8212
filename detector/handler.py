"""Frames in, facings out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from detector.contract import Facings, FrameFacings
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
    FOLLOW_MODELS = "follow_models"


@dataclass(frozen=True, eq=False)
class OnTrial:
    """A frame that the model on trial may be shown as well, and what was seen in it."""

    frame: DecodedFrame
    seen: Facings


Chore = Housekeeping | OnTrial


class DetectorHandler:
    """Looks at every frame of a batch.

    What it remembers of each camera's last frame saves work and is no state: without it a frame is seen anew.
    """

    def __init__(
        self, detector: Detector, gallery_of: GalleryOf, memory: Memory | None = None, trial_every: int = 20
    ) -> None:
        self._detector = detector
        self._gallery_of = gallery_of
        self._memory = memory or Memory()
        self._trial_every = trial_every
        self._on_trial = False
        self._frames = 0

    def take(self, detector: Detector, *, on_trial: bool) -> None:
        """Look at frames with this one from now on; what the last one saw is not remembered."""
        if detector is not self._detector:
            self._memory.forget()
        self._detector, self._on_trial = detector, on_trial

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

    def handle(self, state: None, batch: Sequence[Received[DecodedFrame]], now: datetime) -> Outcome[None, Chore]:
        """Facings of every frame; a tick asks for the catalogue and the models to be followed."""
        del state, now
        if not batch:
            return Outcome(state=None, effects=(Housekeeping.FOLLOW_CATALOGUE, Housekeeping.FOLLOW_MODELS))
        frames = [received.item for received in batch]
        asked = [
            FrameToSee(frame.image_bgr, self._gallery_of(frame.header.store), self._memory.recall(_camera(frame)))
            for frame in frames
        ]
        seen = self._detector.see_batch(asked)
        for frame, look in zip(frames, seen, strict=True):
            self._memory.keep(_camera(frame), look)
        told = zip(frames, asked, seen, strict=True)
        return Outcome(
            state=None, waves=(tuple(self._message(*each) for each in told),), effects=self._tried(frames, seen)
        )

    def _tried(self, frames: Sequence[DecodedFrame], seen: Sequence[LastLook]) -> tuple[OnTrial, ...]:
        """One frame of so many, where a model is on trial: it has a fraction of the time."""
        before = self._frames // self._trial_every
        self._frames += len(frames)
        if not self._on_trial or self._frames // self._trial_every == before:
            return ()
        return (OnTrial(frames[-1], seen[-1].facings),)

    def _message(self, frame: DecodedFrame, asked: FrameToSee, seen: LastLook) -> Message:
        return FrameFacings.of(
            frame.header, seen.facings, model=self._detector.model, gallery=asked.gallery.name
        ).message()


def _camera(frame: DecodedFrame) -> str:
    return f"{frame.header.store}/{frame.header.camera}"
