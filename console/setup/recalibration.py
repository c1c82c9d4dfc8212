"""Cameras that were moved are calibrated anew by the products that they see, where the settings allow it."""

import threading
from collections.abc import Iterable

import structlog

from analytics.photographs.verdict import Proposal, propose_bays
from console.reading import CatalogueSource, Live
from console.setup.desk import CatalogueDesk
from console.views.models import moved_cameras
from detector.contract import FrameFacings
from shelfstream.catalogue.model import Camera
from shelfstream.errors import Faults, InvalidMessage, Unavailable

_LOOK_EVERY_S = 5.0
_log = structlog.get_logger(__name__)


def recalibrated(camera: Camera, proposals: Iterable[Proposal]) -> Camera | None:
    """The camera with new calibrations; ``None`` unless the proposal for each of its bays is sure."""
    sure = {each.bay: each.calibration() for each in proposals if each.sure}
    if not camera.calibrations or any(each.bay not in sure for each in camera.calibrations):
        return None
    return camera.model_copy(update={"calibrations": tuple(sure[each.bay] for each in camera.calibrations)})


class Recalibration:
    """Looks after all cameras of the catalogue, in a thread of its own: a proposal takes seconds."""

    def __init__(self, live: Live, catalogue: CatalogueSource, desk: CatalogueDesk) -> None:
        self._live = live
        self._catalogue = catalogue
        self._desk = desk
        self._looked_at: dict[tuple[str, str], str] = {}

    def run(self, stop: threading.Event) -> None:
        """Look until ``stop`` is set."""
        while not stop.wait(_LOOK_EVERY_S):
            self.step()

    def step(self) -> None:
        """Calibrate what was moved since the last look; what cannot be read or written is tried again later."""
        for store in self._catalogue.snapshot.catalogue.stores:
            try:
                moved = moved_cameras(self._live.slots(store).values())
                facings = self._live.facings(store) if moved else {}
                for camera in sorted(moved & facings.keys()):
                    self._calibrate(store, camera, facings[camera])
            except (Unavailable, InvalidMessage, Faults) as exc:
                _log.warning("recalibration_waits", store=store, detail=str(exc))

    def _calibrate(self, store: str, camera_id: str, seen: FrameFacings) -> None:
        catalogue = self._catalogue.snapshot.catalogue
        camera = catalogue.cameras.get((store, camera_id))
        if camera is None or self._looked_at.get((store, camera_id)) == seen.frame_id:
            return
        self._looked_at[store, camera_id] = seen.frame_id
        bays = [each.bay for each in camera.calibrations]
        size_wh = (seen.width_px, seen.height_px)
        proposals = propose_bays(catalogue, store, bays, seen.facings(), size_wh)
        anew = recalibrated(camera, proposals)
        if anew is None:
            why = "; ".join(f"bay {each.bay}: {each.why}" for each in proposals if not each.sure)
            _log.warning("camera_moved", store=store, camera=camera_id, why=why)
            return
        self._desk.put_camera(anew)
        _log.info("camera_recalibrated", store=store, camera=camera_id, bays=bays)
