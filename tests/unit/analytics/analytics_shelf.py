"""A small store for the tests: one bay of two shelves, three slots each, and a camera whose pixels are millimetres."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import get_args

import numpy as np

from analytics.believing.sensor import SeenAs
from analytics.contract import SlotLevel, Versions
from analytics.looking.bay_frame import BayFrame
from analytics.looking.observe import APPEARANCES, NOT_VISIBLE, Appearance, Observations
from analytics.plans.slot_views import BayInPicture, bays_of
from analytics.settings import AnalyticsSettings
from analytics.slot_rules import SlotRules
from detector.contract import FacingKind, Facings, FrameFacings
from ingest.contract import FrameHeader, Visibility
from shelfstream.catalogue.catalogue import Catalogue, CatalogueSnapshot
from shelfstream.catalogue.model import (
    Bay,
    Calibration,
    Camera,
    CatalogueEntity,
    OpeningHours,
    PointPair,
    Product,
    Shelf,
    Slot,
    Store,
    Weekday,
)
from shelfstream.identifiers import gtin_check_digit

STORE = "mill-road"
CAMERA = "c1"
BAY = "b1"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SIZE_WH = (900, 1000)
SETTINGS = AnalyticsSettings()
RULES = SlotRules(SETTINGS)
SLOTS = ("s1-1", "s1-2", "s1-3", "s2-1", "s2-2", "s2-3")
_WIDTH = 300.0
_SHELVES = {"s1": 100.0, "s2": 550.0}
_CLEARANCE = 400.0
_FACINGS = 3
NEED = 2
SEEN_AS = {
    Appearance.FULL: SeenAs.THREE,
    Appearance.PARTIAL: SeenAs.ONE,
    Appearance.GAP: SeenAs.GAP,
    Appearance.BARE: SeenAs.BARE,
    Appearance.BLANK: SeenAs.BLANK,
    Appearance.WRONG: SeenAs.WRONG,
    Appearance.DARK: SeenAs.BLANK,
}


def gtin_of(place: int) -> str:
    """A valid GTIN of one's own for each place."""
    body = f"{400000000000 + place:013d}"
    return body + str(gtin_check_digit(body))


GTINS = tuple(gtin_of(place) for place in range(len(SLOTS) + 1))


def slot(place: int, **changes: object) -> Slot:
    """One of the six slots: three facings wide."""
    shelf, column = ("s1", place) if place < 3 else ("s2", place - 3)
    plain = Slot(
        store=STORE,
        id=SLOTS[place],
        bay=BAY,
        shelf=shelf,
        gtin=GTINS[place],
        x_min_mm=column * _WIDTH,
        x_max_mm=(column + 1) * _WIDTH,
        facings_wide=_FACINGS,
        presentation_min=NEED,
    )
    return plain.model_copy(update=changes)


def entities() -> list[CatalogueEntity]:
    """The whole store."""
    always = OpeningHours(opens="00:00", closes="24:00")
    hours: dict[Weekday, tuple[OpeningHours, ...]] = dict.fromkeys(get_args(Weekday), (always,))
    store = Store(id=STORE, name="Mill Road", time_zone="Europe/Berlin", hours=hours)
    shelves = tuple(Shelf(id=name, y_mm=y_mm, clearance_mm=_CLEARANCE) for name, y_mm in _SHELVES.items())
    bay = Bay(store=STORE, id=BAY, width_mm=SIZE_WH[0], height_mm=SIZE_WH[1], shelves=shelves)
    products = [
        Product(store=STORE, gtin=gtin, name=f"Product {gtin}", price="2.50", sales_per_day=24) for gtin in GTINS
    ]
    return [store, bay, camera(), *products, *(slot(place) for place in range(len(SLOTS)))]


def camera(name: str = CAMERA, stale_after_s: float = 30.0) -> Camera:
    """A camera in which a pixel is a millimetre, y turned over."""
    wide, high = SIZE_WH
    points = tuple(
        PointPair(image_px=(float(x), float(y)), bay_mm=(float(x), float(high - y)))
        for x, y in ((0, 0), (wide, 0), (wide, high), (0, high))
    )
    return Camera(
        store=STORE,
        id=name,
        url="sim://mill-road/c1",
        stale_after_s=stale_after_s,
        calibrations=(Calibration(bay=BAY, points=points),),
    )


def snapshot(found: list[CatalogueEntity] | None = None) -> CatalogueSnapshot:
    """The catalogue as a stage sees it."""
    return CatalogueSnapshot(1, Catalogue.of(found if found is not None else entities()))


def bay() -> BayInPicture:
    """The bay as the camera sees it."""
    (found,) = bays_of(camera(), snapshot(), SETTINGS.look.margin_share)
    return found


def facings(shown: Mapping[int, str]) -> Facings:
    """What the detector sees when each place looks as told; places that are not told are full.

    ``full``, ``partial`` (one of three), ``gap``, ``bare`` (nothing at all is seen), ``wrong`` (a product that is not
    planned there), ``beside`` (that of the place on its right).
    """
    boxes: list[tuple[float, float, float, float]] = []
    kinds: list[FacingKind] = []
    rows: list[int] = []
    for place in range(len(SLOTS)):
        look = shown.get(place, "full")
        standing = {"full": _FACINGS, "wrong": _FACINGS, "beside": _FACINGS, "partial": 1}.get(look, 0)
        for column in range(_FACINGS):
            if look == "bare" or (column >= standing and look not in {"gap", "partial"}):
                continue
            boxes.append(_box(place, column))
            kinds.append(FacingKind.FACING if column < standing else FacingKind.GAP)
            rows.append({"wrong": len(SLOTS), "beside": place + 1}.get(look, place))
    count = len(boxes)
    candidates = np.full((count, 5), -1, np.int32)
    candidate_scores = np.zeros((count, 5), np.float32)
    candidates[:, 0] = rows
    candidate_scores[:, 0] = 0.9
    gaps = np.array([kind is FacingKind.GAP for kind in kinds], dtype=bool)
    candidates[gaps], candidate_scores[gaps] = -1, 0
    return Facings(
        boxes_xyxy=np.array(boxes, np.float32).reshape(-1, 4),
        scores=np.full(count, 0.8, np.float32),
        kinds=np.array(kinds, np.int32),
        candidates=candidates,
        candidate_scores=candidate_scores,
        gtins=GTINS,
    )


def _box(place: int, column: int) -> tuple[float, float, float, float]:
    shelf, across = ("s1", place) if place < 3 else ("s2", place - 3)
    left = across * _WIDTH + column * _WIDTH / _FACINGS
    foot = SIZE_WH[1] - _SHELVES[shelf]
    return left + 3, foot - 350, left + _WIDTH / _FACINGS - 3, foot


def frame(
    sequence: int,
    shown: Mapping[int, str] | None = None,
    *,
    at_s: float | None = None,
    epoch: int = 0,
    camera_name: str = CAMERA,
    visibility: Visibility | None = None,
) -> FrameFacings:
    """The facings of one frame, by default one every two seconds."""
    at = START + timedelta(seconds=2.0 * sequence if at_s is None else at_s)
    header = FrameHeader(
        store=STORE,
        camera=camera_name,
        epoch=epoch,
        sequence=sequence,
        captured_at=at,
        received_at=at,
        width_px=SIZE_WH[0],
        height_px=SIZE_WH[1],
        visibility=visibility,
    )
    return FrameFacings.of(header, facings(shown or {}), model="test-model")


@dataclass(frozen=True, slots=True)
class SlotLook:
    """One frame of one slot, three facings wide. ``appearance`` is ``None`` when the slot cannot be seen."""

    number: int
    appearance: Appearance | None
    at: datetime
    camera: str = CAMERA
    epoch: int = 0
    store: str = STORE

    @property
    def frame(self) -> BayFrame:
        """The frame, of a bay of one slot."""
        frame_id = f"{self.store}/{self.camera}/{self.epoch}-{self.number}"
        return BayFrame(self.camera, self.epoch, self.number, self.at, frame_id, Versions(), (_FACINGS,), (NEED,))

    @property
    def seen(self) -> Observations:
        """What is seen of that one slot."""
        return observations(self.appearance)


def observations(*appearances: Appearance | None) -> Observations:
    """A bay whose slots of three facings look so: full ones show three of them, partial ones one."""
    places = [NOT_VISIBLE if each is None else APPEARANCES.index(each) for each in appearances]
    looks = [SeenAs.BLANK if each is None else SEEN_AS[each] for each in appearances]
    return Observations(np.array(places, np.intp), np.array(looks, np.intp))


def looked_at(level: SlotLevel, look: SlotLook) -> SlotLevel:
    """The level after one frame."""
    (stepped,) = RULES.step_bay([level], look.frame, look.seen)
    return stepped
