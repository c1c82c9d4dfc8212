"""A simulated camera: asked for a picture at a time, it gives a JPEG.

Its catalogue needs more for that than being free of faults, which is checked first.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

import numpy as np

from shelfstream.catalogue.folder.notation import point_text
from shelfstream.catalogue.geometry import fit_homography, project, straightened
from shelfstream.catalogue.model import Bay, Calibration
from shelfstream.clock import Clock
from simulator.dice import Dice, hashed, unit
from simulator.render import optics
from simulator.store.bay_painter import BayPainter, BayPicture
from simulator.store.bay_view import bay_points, bay_view
from simulator.store.sim_time import SimUrl
from simulator.store.store import SimulatedStore

_OFF_MOST_PX = 6.0

_LOOK = optics.CameraLook(
    gamma=0.8, contrast=1.0, lift=0.02, colourfulness=0.9, blur_px=0.5, grain=2.2, vignette=0.16, quality=88
)
_VISIT_S = 60.0
_WALK_S = 7.0
_WALK_MARGIN_MM = 500.0


def check_simulated(store: SimulatedStore, camera_id: str) -> None:
    """Raise ``ValueError`` that says what to write where a camera cannot be simulated as its catalogue has it.

    The simulator hangs its camera where the whole bay is in sight. A calibration that says otherwise would put all
    that is seen into the wrong slots.
    """
    camera, bay = store.camera(camera_id), store.bay_of(camera_id)
    if not store.slots_of(bay):
        raise ValueError(f"camera {camera_id!r} cannot be simulated: bay {bay.id!r} has no slots")
    if len(camera.calibrations) > 1:
        raise ValueError(f"camera {camera_id!r} cannot be simulated: it has calibrations for more bays than one")
    off_px = _off_px(camera.calibrations[0], bay)
    if off_px > _OFF_MOST_PX:
        message = "; ".join(point_text(pair.image_px, pair.bay_mm) for pair in bay_points(bay))
        raise ValueError(
            f"the calibration of camera {camera_id!r} is up to {off_px:.0f} px off what the simulator shows of bay "
            f"{bay.id!r}; write these points: {message}"
        )


def _off_px(calibration: Calibration, bay: Bay) -> float:
    """How far the calibration puts a corner of the bay from where the simulator does, at most."""
    spots = np.array([pair.bay_mm for pair in calibration.points], np.float64)
    pixels = straightened(calibration.lens, np.array([pair.image_px for pair in calibration.points], np.float64))
    xs, ys = (0.0, bay.width_mm), (0.0, bay.height_mm)
    corners = np.array(list(chain.from_iterable(((x, y) for y in ys) for x in xs)))
    expected = project(fit_homography(spots, pixels), corners)
    shown = project(bay_view(bay).image_from_front(), corners)
    return float(np.linalg.norm(expected - shown, axis=1).max())


@dataclass(frozen=True)
class _Visit:
    """Somebody who walks past a bay."""

    who: int
    x_mm: float


class SimCamera:
    """One camera of a simulated store. The same URL and time give the same bytes in every process."""

    def __init__(self, url: str, clock: Clock) -> None:
        """Raises ``ValueError`` if the URL names no camera that can be simulated, ``Faults`` for a faulty catalogue."""
        self._url = SimUrl.parse(url)
        self._clock = clock
        store = SimulatedStore.open(self._url.seed, self._url.catalogue, self._url.store)
        check_simulated(store, self._url.camera)
        self._painter = BayPainter(store, self._url.camera)

    def frame(self) -> bytes:
        """The picture as of now."""
        return self.frame_at(self._clock.now())

    def frame_at(self, now: datetime) -> bytes:
        """The picture at a wall-clock time: a JPEG of 1280×720."""
        picture = self.picture_at(now)
        moment = round(now.timestamp() * 1000)
        dice = Dice("frame", self._url.seed, self._url.camera, moment)
        drift = 1 + 0.03 * (unit("light", self._url.camera, moment // 30_000) - 0.5)
        look = replace(_LOOK, gains_bgr=(0.97 * drift, 1.0 * drift, 1.02 * drift))
        return optics.jpeg(optics.exposed(picture.image, look, dice), look.quality)

    def picture_at(self, now: datetime) -> BayPicture:
        """What is before the lens at a wall-clock time, with the ids of the facings: for the truth."""
        visits = self._visits(now) if self._url.people else ()
        return self._painter.picture(self._url.time.seconds_at(now), tuple((each.who, each.x_mm) for each in visits))

    def _visits(self, now: datetime) -> tuple[_Visit, ...]:
        """About once a minute somebody walks past, for some seconds of wall-clock time."""
        seconds = now.timestamp()
        number = int(seconds // _VISIT_S)
        key = ("visit", self._url.seed, self._url.camera, number)
        begins = number * _VISIT_S + unit(*key) * (_VISIT_S - _WALK_S)
        share = (seconds - begins) / _WALK_S
        if not 0 <= share <= 1 or unit("comes", *key) < 0.25:
            return ()
        if unit("way", *key) < 0.5:
            share = 1 - share
        x = -_WALK_MARGIN_MM + share * (self._painter.bay.width_mm + 2 * _WALK_MARGIN_MM)
        return (_Visit(hashed(*key) % 100_000, x),)
