"""The part of ``watch`` that is not a stage: it teaches the system the shelf, and tells what happens in sentences."""

from collections.abc import Callable, Mapping
from pathlib import PurePath
from urllib.parse import unquote, urlsplit

from analytics.contract import SlotState, StockEvent
from analytics.plan_learning.learn import LearnedView, Learner, Lesson, bare_catalogue, learned_catalogue
from deploy.runtime.open import targets_on
from detector.contract import FacingKind, FrameFacings
from ingest.contract import CameraState, CameraStatus, read_camera_record
from shelfstream.bus.api import Record
from shelfstream.bus.tail import Tail
from shelfstream.bus.topics import CAMERAS, EVENTS, FACINGS
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.publish import publish
from shelfstream.errors import Fault, Faults, InvalidMessage
from shelfstream.service import StageContext

_HERE = (SlotState.STOCKED, SlotState.LOW)

_SAY_SEEN_EVERY = 10


def event_told(event: StockEvent, names: Mapping[str, str]) -> str | None:
    """What a change of a slot's state means to somebody watching; ``None`` for what is no news."""
    step = event.transition
    name = names.get(step.gtin, event.slot)
    if step.state is SlotState.OUT:
        return f"{name} is gone"
    if step.before is SlotState.OUT and step.state in _HERE:
        return f"{name} is back"
    return None


def seen_told(seen: FrameFacings) -> str:
    """What the detector saw in a frame."""
    facings = sum(kind == FacingKind.FACING for kind in seen.kinds)
    gaps = sum(kind == FacingKind.GAP for kind in seen.kinds)
    return f"{_counted(facings, 'item')} and {_counted(gaps, 'gap')} in {seen.width_px}×{seen.height_px}"


def source_told(given: str, url: str) -> str | None:
    """Which file is shown, where that is another one than was named: a video of a folder."""
    name = PurePath(unquote(urlsplit(url).path)).name
    return f"Shows {name}." if url.startswith("file:") and name != PurePath(given).name else None


def camera_told(status: CameraStatus) -> str:
    """How the camera does."""
    if status.state is CameraState.ONLINE:
        return "The camera is online."
    return f"No pictures: {status.detail or 'the camera is offline'}."


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


Say = Callable[[str], None]


class Watcher:
    """``start`` publishes the camera; ``step`` is to be called again and again, from one thread."""

    def __init__(self, parts: StageContext, view: LearnedView, learner: Learner, say: Say) -> None:
        self._parts = parts
        self._view = view
        self._learner: Learner | None = learner
        self._say = say
        self._tail = Tail(parts.bus, (CAMERAS, FACINGS, EVENTS))
        self._names: dict[str, str] = {}
        self._camera = CameraState.ONLINE
        self.frames_seen = 0

    def start(self) -> None:
        """Tell the stages of the camera. Raises ``Faults``, ``Unavailable``."""
        self._publish(bare_catalogue(self._view))

    def step(self) -> None:
        """Take up what has come. Raises ``Unavailable``."""
        for record in self._tail.new():
            try:
                self._take(record)
            except InvalidMessage:
                # The stages put it to the dead letters.
                continue

    def close(self) -> None:
        """Let go of the bus."""
        self._tail.close()

    def _take(self, record: Record) -> None:
        match record.partition.topic:
            case topic if topic == FACINGS:
                self._take_facings(FrameFacings.decode(record.value))
            case topic if topic == EVENTS:
                sentence = event_told(StockEvent.decode(record.value), self._names)
                if sentence is not None:
                    self._say(sentence)
            case _:
                status = read_camera_record(record)
                if isinstance(status, CameraStatus) and status.state is not self._camera:
                    self._camera = status.state
                    self._say(camera_told(status))

    def _take_facings(self, seen: FrameFacings) -> None:
        self.frames_seen += 1
        if self.frames_seen == 1 or self.frames_seen % _SAY_SEEN_EVERY == 0:
            self._say(f"Frame {self.frames_seen}: {seen_told(seen)}")
        if self._learner is None:
            return
        lesson = self._learner.take(seen)
        if lesson is not None:
            self._teach(lesson)

    def _teach(self, lesson: Lesson) -> None:
        catalogue = learned_catalogue(self._view, lesson.places, lesson.size_wh)
        if not catalogue.slots:
            return
        self._learner = None
        self._names = {product.gtin: product.name for product in catalogue.products.values()}
        self._publish(catalogue)
        (bay,) = catalogue.bays.values()
        self._say(f"Learned {len(catalogue.slots)} places on {len(bay.shelves)} shelves; now take something away.")

    def _publish(self, catalogue: Catalogue) -> None:
        parts = self._parts
        with targets_on(parts.bus, parts.engine, parts.pictures) as targets:
            publish(catalogue, _no_pictures, targets, now=parts.clock.now())


def _no_pictures(store: str, name: str) -> bytes:
    raise Faults("watch", [Fault(f"{store}/{name}", "a learned product has no picture")])
