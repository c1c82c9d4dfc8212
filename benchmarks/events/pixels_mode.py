"""What the shipped detector sees on rendered pictures of the same store: slower, and nothing about its errors assumed.

Trolleys and cages before a bay are drawn as people who stand there; fog and dim light are drawn as such.
"""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.events.market import TIME, Condition, Market, Moment
from detector.contract import Facings
from detector.gallery.gallery import Gallery, Reference, gallery_of
from detector.pipeline import Detector, open_detector
from detector.settings import DetectorSettings
from simulator.dice import Dice
from simulator.render import optics
from simulator.render.optics import CameraLook
from simulator.store.bay_painter import BayPainter
from simulator.store.bay_view import SIZE_WH
from simulator.store.demo_store import reference_picture

_LOOK = CameraLook(
    gamma=0.8, contrast=1.0, lift=0.02, colourfulness=0.9, blur_px=0.5, grain=2.2, vignette=0.16, quality=88
)
_PEOPLE_MM = 450.0
_DIM_GAIN, _FOG_BLUR_PX = 0.55, 6.0

Image = NDArray[np.uint8]


class SeenPixels:
    """One camera's pictures and the detector that looks at them: asked moment by moment."""

    def __init__(self, market: Market, camera: str) -> None:
        self._market, self._camera = market, camera
        self._painter = BayPainter(market.store, camera)
        self._detector = open_detector(DetectorSettings())
        self._gallery = _gallery(self._detector, market)
        self._px_per_mm = SIZE_WH[0] / (1.2 * market.bay_of(camera).width_mm)

    def see(self, moment: Moment) -> Facings:
        """What is seen of the bay at one moment."""
        if moment.condition.dark:
            return Facings.empty()
        return self._detector.see(self._detector.open_jpeg(self.picture(moment)), self._gallery)

    def picture(self, moment: Moment) -> bytes:
        """The picture of a moment: a JPEG."""
        at_s, condition = TIME.seconds_at(moment.at), moment.condition
        seen = self._painter.picture(at_s, _people(condition)).image
        dice = Dice("pixels", self._market.seed, self._camera, round(at_s))
        gain = _DIM_GAIN if condition.errors > self._market.difficulty.errors else 1.0
        look = replace(_LOOK, gains_bgr=(0.97 * gain, 1.0 * gain, 1.02 * gain))
        image = optics.exposed(_moved(seen, condition, self._px_per_mm), look, dice)
        if condition.foggy:
            image = np.asarray(cv2.GaussianBlur(image, (0, 0), _FOG_BLUR_PX), np.uint8)
        return optics.jpeg(image, look.quality)


def _people(condition: Condition) -> tuple[tuple[int, float], ...]:
    people = []
    for each in condition.hidden:
        count = max(1, round((each.x1_mm - each.x0_mm) / _PEOPLE_MM))
        step = (each.x1_mm - each.x0_mm) / count
        people += [(each.number * 10 + place, each.x0_mm + (place + 0.5) * step) for place in range(count)]
    return tuple(people)


def _moved(image: Image, condition: Condition, px_per_mm: float) -> Image:
    """The picture of a camera that hangs off by this much."""
    if condition.off_mm == (0.0, 0.0):
        return image
    right, up = condition.off_mm
    moves = np.array([[1, 0, right * px_per_mm], [0, 1, -up * px_per_mm]], np.float64)
    size = (image.shape[1], image.shape[0])
    return np.asarray(cv2.warpAffine(image, moves, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _gallery(detector: Detector, market: Market) -> Gallery:
    """One packshot of every product."""
    references, looks = [], []
    for product in sorted(market.catalogue.products.values(), key=lambda each: each.gtin):
        references.append(Reference(product.gtin, f"{product.gtin}.jpg"))
        looks.append(detector.look_of(detector.open_photograph(reference_picture(product))))
    return gallery_of(references, looks)
