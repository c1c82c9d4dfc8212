"""Pictures full of packs whose number, places and products are known, for measuring what their number costs."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.backends.base import Backend
from detector.gallery.gallery import Gallery, Reference, gallery_of
from detector.manifest import STRIDE_PX, RawMaps
from detector.pipeline import Detector
from detector.recognise.packshot import Packshot
from detector.train_recogniser.sets import rendered_products

SIZE_WH = (1280, 720)
_FACINGS_EACH = 2
_SEED = 77_000
_HOT, _COLD = 9.0, -9.0
_NOISE = 2.5

Image = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class FullShelf:
    """``picture_bgr`` (720, 1280, 3) with ``boxes_xyxy`` (N, 4) px of packs, each product in two places."""

    picture_bgr: Image
    boxes_xyxy: NDArray[np.float32]

    def jpeg(self, seed: int) -> bytes:
        """The picture as a camera sends it, with noise of its own."""
        noise = np.random.default_rng(seed).normal(0, _NOISE, self.picture_bgr.shape)
        done, encoded = cv2.imencode(".jpg", np.clip(self.picture_bgr + noise, 0, 255).astype(np.uint8))
        assert done
        return encoded.tobytes()


def full_shelf(facings: int, *, shift: int = 0) -> FullShelf:
    """So many packs in rows; another ``shift`` puts other products into every place."""
    boxes = _grid(facings)
    packs = fronts(-(-facings // _FACINGS_EACH) + shift)[shift:]
    picture = np.full((SIZE_WH[1], SIZE_WH[0], 3), 90, np.uint8)
    for place, (left, top, right, bottom) in enumerate(boxes.astype(int)):
        shown = cv2.resize(packs[place // _FACINGS_EACH].image_bgr, (right - left, bottom - top), None, 0, 0, 3)
        picture[top:bottom, left:right] = shown
    return FullShelf(picture, boxes)


def fronts(products: int) -> list[Packshot]:
    """The fronts of so many rendered products, in flavours."""
    return [pack for _, pack in rendered_products(products, _SEED)]


def gallery_for(detector: Detector, products: int) -> Gallery:
    """A gallery of so many, the first of which stand on full shelves."""
    looks = [detector.look_of(pack.image_bgr) for pack in fronts(products)]
    return gallery_of([Reference(f"{place:014}", f"{place}.jpg") for place in range(products)], looks)


def _grid(facings: int) -> NDArray[np.float32]:
    width, height = SIZE_WH
    rows = max(1, round(np.sqrt(facings * height / width / 1.6)))
    columns = -(-facings // rows)
    wide, high = width / columns, height / rows
    places = np.arange(facings)
    lefts, tops = places % columns * wide + 1, places // columns * high + 4
    return np.stack([lefts, tops, lefts + wide - 2, tops + high - 8], 1).round().astype(np.float32)


class Told:
    """Runs a network and then tells of a shelf's packs: the work behind it is measured by their number."""

    most_at_once = 1

    def __init__(self, backend: Backend, shelf: FullShelf) -> None:
        self._backend = backend
        self._boxes = shelf.boxes_xyxy / STRIDE_PX

    def run(self, images_bgr: NDArray[np.uint8]) -> RawMaps:
        """The network's own areas; heat and edges of the shelf's packs."""
        maps = self._backend.run(images_bgr)
        heat, edges = np.full_like(maps.heat, _COLD), np.ones_like(maps.edges)
        for left, top, right, bottom in self._boxes:
            row, column = int((top + bottom) / 2), int((left + right) / 2)
            x, y = column + 0.5, row + 0.5
            heat[0, 0, row, column] = _HOT
            edges[0, :, row, column] = x - left, y - top, right - x, bottom - y
        return replace(maps, heat=heat, edges=edges)
