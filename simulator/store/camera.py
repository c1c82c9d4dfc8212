"""A simulated camera: asked for a picture at a time, it gives a JPEG."""

from dataclasses import dataclass, replace
from datetime import datetime

from shelfstream.clock import Clock
from simulator.dice import Dice, hashed, unit
from simulator.render import optics
from simulator.store.bay_painter import BayPainter, BayPicture
from simulator.store.checks import check_simulated
from simulator.store.sim_time import SimUrl
from simulator.store.store import SimulatedStore

_LOOK = optics.Look(
    gamma=0.8, contrast=1.0, lift=0.02, colourfulness=0.9, blur_px=0.5, grain=2.2, vignette=0.16, quality=88
)
_VISIT_S = 60.0
_WALK_S = 7.0
_WALK_MARGIN_MM = 500.0


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
