"""Keeps pictures: plates at once, crops as soon as their frame is there, nothing for longer than it may be kept."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import structlog

from analytics.contract import evidence_id, plate_id
from analytics.evidence.cleaning import LATE_SHARE
from analytics.evidence.handler import Crop, Effect, Plate, Tidy
from analytics.evidence.settings import KeeperSettings
from analytics.metrics import EVIDENCE_GIVEN_UP, EVIDENCE_KEPT, PLATES_KEPT
from analytics.plans.slot_views import Plan
from detector.jpeg import Image
from shelfstream.catalogue.geometry import Corners, slot_fronts
from shelfstream.clock import Clock
from shelfstream.file_store import PictureStore
from shelfstream.metrics import Metrics

_log = structlog.get_logger(__name__)

_SIDE_MIN_PX = 8
_OUTLINES_PER_SIDE = 120
_FAR_PX = 1 << 14
_DARK, _WHITE = (30, 30, 30), (255, 255, 255)


def slot_corners(plan: Plan, store: str, camera: str, slot: str) -> Corners | None:
    """Front (4, 2) of a slot in a camera's picture, ``None`` where the plan or the calibration has none."""
    catalogue = plan.snapshot.catalogue
    watching = catalogue.cameras.get((store, camera))
    fronts = slot_fronts(catalogue, watching) if watching is not None else ()
    return next((corners for planned, corners in fronts if planned.id == slot), None)


def crop_jpeg(jpeg: bytes, corners: Corners, margin_share: float, quality: int) -> bytes | None:
    """The picture around four corners, these drawn on it, as JPEG; ``None`` if nothing of it lies in the picture, or
    nothing decodes.
    """
    if not np.isfinite(corners).all():
        return None
    try:
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    if image is None:
        return None
    margin = (corners.max(axis=0) - corners.min(axis=0)) * margin_share
    size = np.array([image.shape[1], image.shape[0]], dtype=np.float64)
    left, top = np.clip(np.rint(corners.min(axis=0) - margin), 0, size).astype(int)
    right, bottom = np.clip(np.rint(corners.max(axis=0) + margin), 0, size).astype(int)
    if right - left < _SIDE_MIN_PX or bottom - top < _SIDE_MIN_PX:
        return None
    cut = np.array(image[top:bottom, left:right], np.uint8)
    _outline(cut, corners - (left, top))
    done, encoded = cv2.imencode(".jpg", cut, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return encoded.tobytes() if done else None


def _outline(cut: Image, corners: Corners) -> None:
    """Draw the place that is meant: white, with a dark rim, so that it shows on anything."""
    line = np.clip(np.rint(corners), -_FAR_PX, _FAR_PX).astype(np.int32)
    thick = max(1, round(min(cut.shape[:2]) / _OUTLINES_PER_SIDE))
    for colour, width in ((_DARK, 2 * thick + 1), (_WHITE, thick)):
        cv2.polylines(cut, [line], True, colour, width, cv2.LINE_AA)


@dataclass(frozen=True, slots=True)
class _Waiting:
    crop: Crop
    until_s: float


class EvidenceStore:
    """Applies the keeper's effects. Applying one twice is applying it once. Raises ``Unavailable`` like the store.

    Crops that wait for their frame are held in memory: a crash loses those few, never an event.
    """

    def __init__(
        self,
        pictures: PictureStore,
        plan: Callable[[], Plan],
        settings: KeeperSettings,
        *,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._pictures = pictures
        self._plan = plan
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()

    def apply(self, effects: Sequence[Effect]) -> None:
        """Make effects true, in order; then try the crops that a new plate may serve."""
        served: set[str] = set()
        for effect in effects:
            match effect:
                case Plate():
                    self._keep(effect)
                    served.add(effect.frame_id)
                case Crop():
                    self._await(effect)
                    served.add(effect.frame_id)
                case Tidy():
                    served.update(waiting.crop.frame_id for waiting in self._waiting.values())
        for name, waiting in list(self._waiting.items()):
            if waiting.crop.frame_id in served:
                self._try(name, waiting)

    def _keep(self, plate: Plate) -> None:
        late_s = (self._clock.now() - plate.appended_at).total_seconds()
        if late_s <= LATE_SHARE * self._settings.plates_keep_s:
            self._pictures.put(plate_id(plate.frame_id), plate.jpeg)
            self._metrics.count(PLATES_KEPT)

    def _await(self, crop: Crop) -> None:
        name = evidence_id(crop.store, crop.event_id, crop.moment)
        if name in self._waiting:
            return
        self._waiting[name] = _Waiting(crop, self._clock.monotonic_s() + self._settings.picture_wait_s)
        while len(self._waiting) > self._settings.waiting_max:
            dropped, _ = self._waiting.popitem(last=False)
            self._give_up(dropped, "too many crops wait")

    def _try(self, name: str, waiting: _Waiting) -> None:
        crop = waiting.crop
        jpeg = self._pictures.get(plate_id(crop.frame_id))
        if jpeg is None:
            if self._clock.monotonic_s() > waiting.until_s:
                del self._waiting[name]
                self._give_up(name, "its frame did not come in time")
            return
        camera = crop.frame_id.split("/")[1]
        corners = slot_corners(self._plan(), crop.store, camera, crop.slot)
        cut = None
        if corners is not None:
            cut = crop_jpeg(jpeg, corners, self._settings.crop_margin_share, self._settings.jpeg_quality)
        if cut is not None:
            self._pictures.put(name, cut)
            self._metrics.count(EVIDENCE_KEPT, moment=crop.moment)
        del self._waiting[name]
        if cut is None:
            self._give_up(name, "the slot is not in the picture")

    def _give_up(self, name: str, why: str) -> None:
        self._metrics.count(EVIDENCE_GIVEN_UP)
        _log.warning("evidence_given_up", picture=name, why=why)
