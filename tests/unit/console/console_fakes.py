"""A small store and everything the console reads, in memory, to be changed under its feet."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
from pydantic import SecretStr

from alerts.contract import AlertStatus, alert_id_of
from alerts.links import AnswerLinks
from alerts.model import InboxAlert
from analytics.contract import (  # fmt: skip
    Belief,
    Onset,
    SlotLevel,
    SlotState,
    Transition,
    UnknownReason,
    event_id_of,
    evidence_id,
    plate_id,
)
from analytics.history.oos import OosInterval
from console.answering import Answering
from console.console_data import ConsoleData
from console.health.machine import Machine
from console.settings import ConsoleSettings
from console.setup.desk import CatalogueDesk
from console.setup.eyes import Eyes
from console.sources import ConsoleSources
from detector.contract import FrameFacings
from detector.train.label_folder import TeachingFolder
from ingest.contract import CameraState, CameraStatus
from shelfstream.catalogue.catalogue import Catalogue, CatalogueSnapshot
from shelfstream.catalogue.model import Bay, Calibration, Camera, PointPair, Product, Shelf, Slot, Store
from shelfstream.clock import Clock, SystemClock
from shelfstream.errors import Unavailable
from tests.unit.console.console_ports import FakeHistory, FakeInbox, FakePictures, FakeProducer

GTIN_MILK, GTIN_BUTTER, GTIN_CREAM = "04006381333931", "04012345678901", "00012345678905"
WIDTH_PX, HEIGHT_PX = 640, 360
STORE = "main-street"


def catalogue(camera_interval_s: float = 2.0) -> Catalogue:
    """One store, two bays (the second seen by no camera), four slots."""
    corners = ((64, 36, 0, 1800), (576, 36, 1250, 1800), (576, 324, 1250, 0), (64, 324, 0, 0))
    pairs = tuple(PointPair(image_px=(x, y), bay_mm=(a, b)) for x, y, a, b in corners)
    shelves = (Shelf(id="s1", y_mm=100, clearance_mm=600), Shelf(id="s2", y_mm=900, clearance_mm=600))
    return Catalogue.of(
        [
            Store(id=STORE, name="Main Street", time_zone="Europe/Berlin", hours={}),
            Product(store=STORE, gtin=GTIN_MILK, name="Whole milk", brand="Meadow"),
            Product(store=STORE, gtin=GTIN_BUTTER, name="Butter"),
            Bay(store=STORE, id="dairy", name="Milk & cream", aisle="A3", width_mm=1250, height_mm=1800,
                walking_order=2, shelves=shelves),
            Bay(store=STORE, id="end", name="Aisle end", width_mm=900, height_mm=1800, walking_order=1,
                shelves=shelves[:1]),
            slot("milk", GTIN_MILK, "s1", 0, 600),
            slot("butter", GTIN_BUTTER, "s1", 600, 1200),
            slot("cream", GTIN_CREAM, "s2", 0, 600),
            slot("offer", GTIN_BUTTER, "s1", 0, 400, bay="end"),
            Camera(store=STORE, id="cam-1", name="Opposite dairy", url="rtsp://camera/1", interval_s=camera_interval_s,
                   calibrations=(Calibration(bay="dairy", points=pairs),)),
        ]
    )  # fmt: skip


def sound_catalogue() -> Catalogue:
    """The same with every product, as a folder must have it."""
    return Catalogue.of([*catalogue().entities(), Product(store=STORE, gtin=GTIN_CREAM, name="Cream")])


def slot(identifier: str, gtin: str, shelf: str, left: float, right: float, *, bay: str = "dairy") -> Slot:
    """One slot, three wide."""
    return Slot(
        store=STORE, id=identifier, bay=bay, shelf=shelf, gtin=gtin, x_min_mm=left, x_max_mm=right, facings_wide=3
    )


def level(
    identifier: str, gtin: str, state: SlotState, since: datetime, *, reason: UnknownReason | None = None,
    bay: str = "dairy", sequence: int = 7,
) -> SlotLevel:  # fmt: skip
    """A level whose newest transition led to this state."""
    step = Transition(
        sequence=sequence, gtin=gtin, before=SlotState.STOCKED, state=state, reason=reason,
        onset=Onset(earliest=since, latest=since, level=0.9), decided_at=since, confidence=0.97,
    )  # fmt: skip
    return SlotLevel(
        store=STORE, slot=identifier, bay=bay, gtin=gtin, revision=1, transition_sequence=sequence, state=state,
        reason=reason, since=since, belief=Belief(stocked=0.1, low=0.1, out=0.7, misplaced=0.1),
        level=0.0 if state is SlotState.OUT else 0.9, units_missing=3 if state is SlotState.OUT else None,
        last_seen_at=since, updated_at=since, transitions=(step,),
    )  # fmt: skip


def alert(identifier: str, gtin: str, at: datetime, *, bay: str = "dairy", sequence: int = 7) -> InboxAlert:
    """An open alert of a slot that is out."""
    return InboxAlert(
        alert_id=alert_id_of(STORE, identifier, sequence, 1), store=STORE, slot=identifier, bay=bay, gtin=gtin,
        state=SlotState.OUT, status=AlertStatus.RAISED, step=1, event_id=event_id_of(STORE, identifier, sequence),
        raised_at=at, onset_earliest=at, onset_latest=at, level=0.0, acknowledged_at=None, acknowledged_by=None,
        escalated_at=None,
        answer=None, answered_at=None, cleared_at=None, cleared_why=None, sent_at=None,
    )  # fmt: skip


def oos(identifier: str, gtin: str, product: str, began: datetime, minutes: float) -> OosInterval:
    """A stretch out of stock that has ended."""
    ended = began + timedelta(minutes=minutes)
    return OosInterval(
        store=STORE, slot=identifier, bay="dairy", gtin=gtin, product=product, began_earliest=began, began_at=began,
        ended_earliest=ended, ended_at=ended, minutes_out=minutes, minutes_out_min=minutes - 1,
        minutes_out_max=minutes + 1, lost_sales=1.25, confidence=0.95, event_id=f"{identifier}-{began.isoformat()}",
    )  # fmt: skip


def facings(sequence: int, at: datetime) -> FrameFacings:
    """What was seen in one frame of the camera: two facings and a gap."""
    return FrameFacings(
        store=STORE, camera="cam-1", epoch=1, sequence=sequence, captured_at=at, received_at=at, width_px=WIDTH_PX,
        height_px=HEIGHT_PX, model="test", boxes_xyxy=((70, 230, 120, 300), (125, 230, 175, 300), (320, 220, 500, 300)),
        scores=(0.9, 0.8, 0.7), kinds=(0, 0, 1),
    )  # fmt: skip


def jpeg(brightness: int = 130) -> bytes:
    """A picture of the camera's size with some texture."""
    image = np.full((HEIGHT_PX, WIDTH_PX, 3), brightness, np.uint8)
    image[::24, :] = 60
    image[:, ::40] = (90, 120, 160)
    return cv2.imencode(".jpg", image)[1].tobytes()


@dataclass
class FakeLive:
    """Redis as the console sees it; ``away`` makes it fail."""

    levels: dict[str, SlotLevel] = field(default_factory=dict)
    seen: dict[str, FrameFacings] = field(default_factory=dict)
    status: dict[str, CameraStatus] = field(default_factory=dict)
    written: datetime | None = None
    away: bool = False
    reads: int = 0

    def _check(self) -> None:
        self.reads += 1
        if self.away:
            raise Unavailable("Redis: connection refused")

    def stores(self) -> list[str]:
        self._check()
        return [STORE]

    def slots(self, store: str) -> dict[str, SlotLevel]:
        self._check()
        return dict(self.levels)

    def out_since(self, store: str) -> list[tuple[str, datetime]]:
        self._check()
        return [(each.slot, each.since) for each in self.levels.values() if each.state is SlotState.OUT]

    def cameras(self, store: str) -> dict[str, CameraStatus]:
        self._check()
        return dict(self.status)

    def facings(self, store: str) -> dict[str, FrameFacings]:
        self._check()
        return dict(self.seen)

    def written_at(self, store: str) -> datetime | None:
        self._check()
        return self.written


LINKS = AnswerLinks((SecretStr("a key that was made by chance for tests"),))
"""Links in messages, as alerts signs them."""


@dataclass
class FakeCatalogue:
    """The live catalogue."""

    snapshot: CatalogueSnapshot


class World:
    """A store in use: milk is out with an alert, butter is low, cream and the offer were never seen."""

    def __init__(
        self,
        clock: Clock | None = None,
        settings: ConsoleSettings | None = None,
        desk: CatalogueDesk | None = None,
        teaching: TeachingFolder | None = None,
        machine: Machine | None = None,
    ) -> None:
        self.clock = clock or SystemClock()
        self.live, self.inbox, self.history = FakeLive(), FakeInbox(), FakeHistory()
        self.pictures, self.producer = FakePictures(), FakeProducer()
        self.catalogue = FakeCatalogue(CatalogueSnapshot(1, catalogue()))
        self.settings = settings or ConsoleSettings(refresh_s=0.2, answer_within_s=0.5)
        answering = Answering(
            self.producer, self.clock, within_s=self.settings.answer_within_s, by=self.settings.answered_by
        )
        eyes = Eyes(self.pictures, None)
        sources = ConsoleSources(
            self.live, self.inbox, self.history, self.pictures, self.catalogue, answering, eyes, desk, teaching, machine
        )
        self.console_data = ConsoleData(sources, self.settings, self.clock)
        self._sequence, self._frames = 6, 0
        self.fill()

    def fill(self) -> None:
        """Make it as at the start, whatever was done to it."""
        now = self.clock.now().astimezone(UTC)
        since = now - timedelta(minutes=4)
        # A new transition each time, so that answers to the alert before it are answers to another one.
        self._sequence += 1
        self.live.away = self.inbox.away = self.history.away = self.pictures.away = self.producer.holds = False
        self.live.levels = {
            "milk": level("milk", GTIN_MILK, SlotState.OUT, since, sequence=self._sequence),
            "butter": level("butter", GTIN_BUTTER, SlotState.LOW, since),
        }
        self.live.written = now
        online = CameraStatus(store=STORE, camera="cam-1", epoch=1, state=CameraState.ONLINE, since=since, at=now)
        self.live.status = {"cam-1": online}
        self.inbox.alerts.clear()
        self.inbox.waiting.clear()
        self.producer.sent.clear()
        self.milk_alert = alert("milk", GTIN_MILK, since, sequence=self._sequence)
        self.inbox.add(self.milk_alert)
        self.history.rows = [oos("milk", GTIN_MILK, "Whole milk", now - timedelta(hours=3), 12.5)]
        self.pictures.clear()
        for moment in ("before", "after"):
            self.pictures[evidence_id(STORE, self.milk_alert.event_id, moment)] = jpeg(100)
        self.photograph(now)

    def photograph(self, at: datetime, *, kept: bool = True) -> FrameFacings:
        """The detector has seen the next frame; the keeper has kept its plate, or not yet."""
        self._frames += 1
        seen = facings(self._frames, at)
        self.live.seen = {"cam-1": seen}
        if kept:
            self.pictures[plate_id(seen.frame_id)] = jpeg()
        return seen
