"""A store of many bays, each seen by a camera of its own, as analytics shows it in Redis."""

import io
from base64 import b64encode
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import numpy as np
import redis
from PIL import Image

from analytics.contract import Belief, SlotLevel, SlotState, plate_id
from analytics.live.writer import RedisProjection
from analytics.store_state.state import ShownStore, StoreState
from detector.contract import FrameFacings
from ingest.contract import CameraState, CameraStatus
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import (
    Bay,
    Calibration,
    Camera,
    CatalogueEntity,
    PointPair,
    Product,
    Shelf,
    Slot,
    Store,
)
from shelfstream.clock import SystemClock
from shelfstream.file_store import PictureStore
from shelfstream.identifiers import gtin_check_digit

STORE = "big-market"
_SHELVES, _ON_SHELF = 6, 10
_WIDTH_PX, _HEIGHT_PX = 1280, 720
_WIDTH_MM, _HEIGHT_MM = 1250.0, 2000.0
_MIND_BYTES = 1_500


def catalogue(bays: int) -> Catalogue:
    """So many bays of sixty slots."""
    store = Store.model_validate(
        {"id": STORE, "name": "Big market", "time_zone": "Europe/Berlin", "hours": dict.fromkeys(_DAYS, _OPEN)}
    )
    entities: list[CatalogueEntity] = [store]
    for bay in range(bays):
        entities += _bay(bay)
    return Catalogue.of(entities)


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_OPEN = [{"opens": "00:00", "closes": "24:00"}]


def _bay(number: int) -> list[CatalogueEntity]:
    shelves = tuple(Shelf(id=f"s{each}", y_mm=100 + 300 * each, clearance_mm=280) for each in range(_SHELVES))
    bay = f"bay-{number:03}"
    corners = ((0, 0, 0, 2000), (_WIDTH_PX, 0, 1250, 2000), (_WIDTH_PX, _HEIGHT_PX, 1250, 0), (0, _HEIGHT_PX, 0, 0))
    points = tuple(PointPair(image_px=(x, y), bay_mm=(a, b)) for x, y, a, b in corners)
    found: list[CatalogueEntity] = [
        Bay(store=STORE, id=bay, name=f"Bay {number}", aisle=f"A{number // 10}", width_mm=_WIDTH_MM,
            height_mm=_HEIGHT_MM, walking_order=number, shelves=shelves),
        Camera(store=STORE, id=f"cam-{number:03}", url="sim://", calibrations=(Calibration(bay=bay, points=points),)),
    ]  # fmt: skip
    for place in range(_SHELVES * _ON_SHELF):
        gtin = _gtin(number * _SHELVES * _ON_SHELF + place)
        left = place % _ON_SHELF * 125.0
        found.append(Product(store=STORE, gtin=gtin, name=f"Product {number}-{place}", price="1.99", sales_per_day=12))
        found.append(
            Slot(store=STORE, id=f"{bay}-{place:02}", bay=bay, shelf=f"s{place // _ON_SHELF}", gtin=gtin,
                 x_min_mm=left, x_max_mm=left + 125.0, facings_wide=2)
        )  # fmt: skip
    return found


def _gtin(number: int) -> str:
    body = f"0400{number:09}"
    return f"{body}{gtin_check_digit(body)}"


class Shown:
    """What analytics shows of the store, and how it changes."""

    def __init__(self, client: "redis.Redis", catalogue: Catalogue, pictures: PictureStore) -> None:
        self._projection = RedisProjection(client, SystemClock())
        self._pictures = pictures
        self._sequence = count(1)
        self._rng = np.random.default_rng(1)
        now = SystemClock().now()
        slots = {slot.id: _level(slot, now, self._rng) for slot in catalogue.slots.values()}
        cameras = {each.id: self._status(each.id, now) for each in catalogue.cameras.values()}
        self._state = StoreState(slots, cameras, {camera: self._seen(camera, now) for camera in cameras})
        self._projection.project([ShownStore(STORE, 1, self._state)])

    def frame(self, camera: str) -> str:
        """A frame of one camera is taken in: one slot of its bay runs out, or is filled again; the slot's name."""
        now, bay = SystemClock().now(), camera.replace("cam", "bay")
        slot = f"{bay}-{self._rng.integers(_SHELVES * _ON_SHELF):02}"
        before = self._state.slots[slot]
        is_out = before.state is SlotState.OUT
        state = SlotState.STOCKED if is_out else SlotState.OUT
        told = {"state": state, "since": now, "updated_at": now, "revision": before.revision + 1}
        changed = before.model_copy(update=told)
        facings = {**self._state.facings, camera: self._seen(camera, now)}
        self._state = replace(self._state, slots={**self._state.slots, slot: changed}, facings=facings)
        shown = ShownStore(STORE, 1, self._state, slots=frozenset({slot}), facings=frozenset({camera}))
        self._projection.project([shown])
        return slot

    def _seen(self, camera: str, now: datetime) -> FrameFacings:
        boxes = [
            (x * 64.0, y * 100.0, x * 64.0 + 56.0, y * 100.0 + 90.0)
            for y in range(_SHELVES)
            for x in range(2 * _ON_SHELF)
        ]
        seen = FrameFacings(
            store=STORE, camera=camera, epoch=1, sequence=next(self._sequence), captured_at=now, received_at=now,
            width_px=_WIDTH_PX, height_px=_HEIGHT_PX, model="benchmark", boxes_xyxy=tuple(boxes),
            scores=(0.9,) * len(boxes), kinds=(0,) * len(boxes),
        )  # fmt: skip
        self._pictures.put(plate_id(seen.frame_id), _JPEG)
        return seen

    @staticmethod
    def _status(camera: str, now: datetime) -> CameraStatus:
        return CameraStatus(store=STORE, camera=camera, epoch=1, state=CameraState.ONLINE, since=now, at=now)


def _level(slot: Slot, now: datetime, rng: np.random.Generator) -> SlotLevel:
    """As large as those of a running store: with the belief in full of one camera."""
    state = SlotState.OUT if rng.random() < 0.03 else SlotState.STOCKED
    mind = b64encode(rng.bytes(_MIND_BYTES)).decode()
    return SlotLevel(
        store=STORE, slot=slot.id, bay=slot.bay, gtin=slot.gtin, revision=1, transition_sequence=1, state=state,
        since=now - timedelta(minutes=7), belief=Belief(stocked=0.9, low=0.05, out=0.05, misplaced=0.0), level=0.9,
        last_seen_at=now, updated_at=now, minds={slot.bay.replace("bay", "cam"): mind},
    )  # fmt: skip


def _jpeg() -> bytes:
    written = io.BytesIO()
    noise = np.random.default_rng(2).integers(0, 255, (_HEIGHT_PX // 8, _WIDTH_PX // 8, 3), np.uint8)
    Image.fromarray(noise).resize((_WIDTH_PX, _HEIGHT_PX)).save(written, "JPEG", quality=80)
    return written.getvalue()


_JPEG = _jpeg()
