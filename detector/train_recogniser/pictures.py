"""Pictures as training sees them: cropped, turned, relit; packshots as they might look in a store."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor, from_numpy
from torch.utils.data import Dataset

from detector.recognise.composites import composite, relit
from detector.recognise.labelled import LabelledPicture
from detector.recognise.looks import squared
from detector.recognise.packshot import Packshot, cut_out

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Variety:
    """How far a picture is changed: the least share of its side that is kept, degrees of turning, mirrored or not.

    A mirrored print is another print; a mirrored apple is an apple.
    """

    least_side: float = 0.55
    turn_deg: float = 15.0
    mirrored: bool = False


class Pictures(Dataset[tuple[Tensor, int]], ABC):
    """Pictures (side, side, 3) uint8 BGR with the numbers of their products.

    ``epoch`` may change how they are shown.
    """

    def __init__(self) -> None:
        self.epoch = 0

    @abstractmethod
    def __len__(self) -> int: ...


class PictureDataset(Pictures):
    """Pictures (side, side, 3) uint8 BGR with the numbers of their products.

    With ``variety`` each is another one in each epoch, and the same again for the same seed; without, as it is.
    """

    def __init__(
        self,
        examples: Sequence[LabelledPicture | tuple[str, Packshot]],
        products: Sequence[str],
        side_px: int,
        *,
        variety: Variety | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        numbers = {product: number for number, product in enumerate(products)}
        self._examples = examples
        self._labels = [numbers[_product_of(example)] for example in examples]
        self._side_px = side_px
        self._variety = variety
        self._seed = seed

    def __len__(self) -> int:
        return len(self._examples)

    def __getitem__(self, place: int) -> tuple[Tensor, int]:
        example = self._examples[place]
        rng = np.random.default_rng([self._seed, self.epoch, place])
        picture = (
            self._photograph(example, rng) if isinstance(example, LabelledPicture) else self._packshot(example[1], rng)
        )
        return from_numpy(picture), self._labels[place]

    def _photograph(self, example: LabelledPicture, rng: np.random.Generator) -> Image:
        picture = example.picture()
        product = cut_out(picture)
        if product is not None:
            return self._packshot(product, rng)
        if self._variety is None:
            return squared(picture, self._side_px)
        return varied(picture, self._side_px, self._variety, rng)

    def _packshot(self, product: Packshot, rng: np.random.Generator) -> Image:
        return composite(product, self._side_px, rng)


def _product_of(example: LabelledPicture | tuple[str, Packshot]) -> str:
    return example.product if isinstance(example, LabelledPicture) else example[0]


def varied(picture: Image, side_px: int, variety: Variety, rng: np.random.Generator) -> Image:
    """A part of the picture by chance, turned, perhaps mirrored, in another light."""
    height, width = picture.shape[:2]
    kept = rng.uniform(variety.least_side, 1.0)
    squeeze = np.exp(rng.normal(0, 0.08))
    scale = side_px / (kept * np.array([width * squeeze, height / squeeze]))
    if variety.mirrored and rng.random() < 0.5:
        scale[0] = -scale[0]
    turn = np.deg2rad(rng.uniform(-variety.turn_deg, variety.turn_deg))
    linear = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * scale
    middle = np.array([width, height]) * (0.5 + (1 - kept) / 2 * rng.uniform(-1, 1, 2))
    transform = np.column_stack([linear, side_px / 2 - linear @ middle])
    part = cv2.warpAffine(
        picture, transform, (side_px, side_px), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    return relit(part.astype(np.float32), rng)
