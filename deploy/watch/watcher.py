"""The part of ``watch`` that is not a stage: it teaches the system the shelf, and tells what happens to it."""

from collections.abc import Callable
from contextlib import ExitStack, closing

from analytics.contract import StockEvent
from deploy.watch.learner import Learner, Lesson
from deploy.watch.shelving import View, bare_catalogue, learned_catalogue
from deploy.watch.tail import Tail
from deploy.watch.telling import camera_told, event_told, seen_told
from detector.contract import FrameFacings
from ingest.contract import CameraState, CameraStatus, read_camera_record
from shelfstream.bus.records import Record
from shelfstream.bus.topics import CAMERAS, EVENTS, FACINGS
from shelfstream.catalogue.publish import Outlets, publish
from shelfstream.catalogue.whole import Catalogue
from shelfstream.errors import Fault, Faults, InvalidMessage
from shelfstream.parts import Parts

Say = Callable[[str], None]
_SAY_SEEN_EVERY = 10


class Watcher:
    """``start`` publishes the camera; ``step`` is to be called again and again, from one thread."""

    def __init__(self, parts: Parts, view: View, learner: Learner, say: Say) -> None:
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
                self._look(FrameFacings.decode(record.value))
            case topic if topic == EVENTS:
                told = event_told(StockEvent.decode(record.value), self._names)
                if told is not None:
                    self._say(told)
            case _:
                status = read_camera_record(record)
                if isinstance(status, CameraStatus) and status.state is not self._camera:
                    self._camera = status.state
                    self._say(camera_told(status))

    def _look(self, seen: FrameFacings) -> None:
        self.frames_seen += 1
        if self.frames_seen == 1 or self.frames_seen % _SAY_SEEN_EVERY == 0:
            self._say(f"Frame {self.frames_seen}: {seen_told(seen)}")
        if self._learner is None:
            return
        lesson = self._learner.look(seen)
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
        if parts.engine is None:
            raise Faults("watch", [Fault("sql", "is needed for what was learned")])
        with ExitStack() as stack:
            outlets = Outlets(
                pictures=parts.pictures,
                engine=parts.engine,
                producer=stack.enter_context(closing(parts.bus.producer())),
                reader=stack.enter_context(closing(parts.bus.reader())),
                admin=stack.enter_context(closing(parts.bus.admin())),
            )
            publish(catalogue, _no_pictures, outlets, now=parts.clock.now())


def _no_pictures(store: str, name: str) -> bytes:
    raise Faults("watch", [Fault(f"{store}/{name}", "a learned product has no picture")])
