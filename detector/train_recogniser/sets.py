"""The pictures of a run: to learn from and to validate with, of a folder and of rendered packs.

Rendered packs come in flavours of one brand, so that look-alikes must be told apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from detector.recognise.labelled import LabelledPicture, learn_and_validate
from detector.recognise.packshot import Packshot
from detector.train_recogniser.pictures import PictureDataset, Variety
from shelfstream.errors import Fault, Faults
from simulator.dice import Dice
from simulator.packs.pack import Pack, Shape, random_pack, sibling
from simulator.packs.prints import draw_print

_LONGER_PX = 320
_TALLEST_MM = 400.0
_FLAVOURS = 3

_HELD_OUT = 0.15
_VIEWS_PER_EPOCH = 8


def rendered_products(count: int, seed: int) -> Iterator[tuple[str, Packshot]]:
    """Name and front of ``count`` distinct packs; the same for the same seed."""
    shapes = tuple(Shape)
    for number in range(count):
        dice = Dice("recogniser", seed, number // _FLAVOURS)
        pack = random_pack(shapes[dice.whole(0, len(shapes) - 1)], dice, _TALLEST_MM)
        for _ in range(number % _FLAVOURS):
            pack = sibling(pack, dice)
        yield f"rendered-{seed}-{number:05d}", _front(pack)


def _front(pack: Pack) -> Packshot:
    scale = _LONGER_PX / max(pack.width_mm, pack.height_mm)
    size_wh = (max(8, round(pack.width_mm * scale)), max(8, round(pack.height_mm * scale)))
    return Packshot(draw_print(pack.print, size_wh), _outline(size_wh, pack.shape))


def _outline(size_wh: tuple[int, int], shape: Shape) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Bottles have necks and jars have shoulders; what has flat sides is a rectangle."""
    width, height = size_wh
    mask = np.full((height, width), 255, np.uint8)
    if shape in (Shape.BOTTLE, Shape.SQUAT, Shape.AEROSOL):
        shoulder, neck = height // 4, width // 4
        cv2.rectangle(mask, (0, 0), (neck, shoulder), 0, -1)
        cv2.rectangle(mask, (width - neck, 0), (width, shoulder), 0, -1)
    return mask


@dataclass(frozen=True, slots=True)
class TrainingSources:
    """A folder of labelled pictures and how many rendered packs beside it; ``seed`` decides both."""

    data: Path | None
    rendered: int
    seed: int


@dataclass(frozen=True, eq=False)
class Sets:
    """``products`` in the order of their numbers."""

    products: tuple[str, ...]
    learn: PictureDataset
    validate: PictureDataset


def sets_of(sources: TrainingSources, side_px: int, variety: Variety) -> Sets:
    """Raises ``Faults`` where there are fewer than two products."""
    learn: list[LabelledPicture | tuple[str, Packshot]] = []
    validate: list[LabelledPicture | tuple[str, Packshot]] = []
    if sources.data is not None:
        photographs, held_out = learn_and_validate(sources.data, _HELD_OUT, sources.seed)
        learn += photographs
        validate += held_out
    packs = list(rendered_products(sources.rendered, sources.seed))
    learn += packs * _VIEWS_PER_EPOCH
    products = tuple(sorted({each.product if isinstance(each, LabelledPicture) else each[0] for each in learn}))
    if len(products) < 2:
        raise Faults("training", [Fault(str(sources.data or "no --data"), "shows fewer than two products")])
    if not validate:
        validate += packs
    return Sets(
        products,
        PictureDataset(learn, products, side_px, variety=variety, seed=sources.seed),
        PictureDataset(validate, products, side_px, seed=sources.seed + 1),
    )
