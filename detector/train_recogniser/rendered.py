"""Rendered packs as products to learn from: in flavours of one brand, so that look-alikes must be told apart."""

from collections.abc import Iterator

import cv2
import numpy as np

from detector.recognise.packshot import Cutout
from ingest.simulator.dice import Dice
from ingest.simulator.packs import Pack, Shape, random_pack, sibling
from ingest.simulator.prints import draw_print

_LONGER_PX = 320
_TALLEST_MM = 400.0
_FLAVOURS = 3


def rendered_products(count: int, seed: int) -> Iterator[tuple[str, Cutout]]:
    """Name and front of ``count`` distinct packs; the same for the same seed."""
    shapes = tuple(Shape)
    for number in range(count):
        dice = Dice("recogniser", seed, number // _FLAVOURS)
        pack = random_pack(shapes[dice.whole(0, len(shapes) - 1)], dice, _TALLEST_MM)
        for _ in range(number % _FLAVOURS):
            pack = sibling(pack, dice)
        yield f"rendered-{seed}-{number:05d}", _front(pack)


def _front(pack: Pack) -> Cutout:
    scale = _LONGER_PX / max(pack.width_mm, pack.height_mm)
    size_wh = (max(8, round(pack.width_mm * scale)), max(8, round(pack.height_mm * scale)))
    return Cutout(draw_print(pack.print, size_wh), _outline(size_wh, pack.shape))


def _outline(size_wh: tuple[int, int], shape: Shape) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Bottles have necks and jars have shoulders; what has flat sides is a rectangle."""
    width, height = size_wh
    mask = np.full((height, width), 255, np.uint8)
    if shape in (Shape.BOTTLE, Shape.SQUAT, Shape.AEROSOL):
        shoulder, neck = height // 4, width // 4
        cv2.rectangle(mask, (0, 0), (neck, shoulder), 0, -1)
        cv2.rectangle(mask, (width - neck, 0), (width, shoulder), 0, -1)
    return mask
