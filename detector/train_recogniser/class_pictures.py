"""Pictures for the classifier, varied by torchvision's transforms as a store varies them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, from_numpy
from torchvision.transforms import v2

from detector.jpeg import Image
from detector.recognise.composites import composite
from detector.recognise.labelled import LabelledPicture
from detector.recognise.looks import squared
from detector.train_recogniser.pictures import Pictures

_LEAST_AREA = 0.35
_RATIOS = (0.75, 1.33)


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far pictures are varied; each step happens by chance.

    ``mirrored`` only where a mirrored product is the same product: a print is not. ``erased`` is the chance that a part
    is hidden, as by a hand or a price tag; ``deformed`` and ``turned_deg`` are for soft packs and hands.
    """

    mirrored: bool = False
    turned_deg: float = 12.0
    deformed: float = 0.25
    coloured: float = 0.3
    erased: float = 0.35


def transforms_of(how: Augmentation, side_px: int) -> v2.Compose:
    """(3, H, W) uint8 RGB of any size to (3, side, side) uint8."""
    steps: list[torch.nn.Module] = [
        v2.RandomResizedCrop(side_px, scale=(_LEAST_AREA, 1.0), ratio=_RATIOS, antialias=True),
        v2.RandomApply([v2.RandomPerspective(how.deformed, p=1.0)], 0.4),
        v2.RandomApply([v2.RandomRotation(how.turned_deg, interpolation=v2.InterpolationMode.BILINEAR)], 0.5),
        v2.ColorJitter(brightness=how.coloured, contrast=how.coloured, saturation=how.coloured, hue=how.coloured / 10),
        v2.RandomApply([v2.GaussianBlur(9, (0.1, 4.0))], 0.35),
        v2.RandomErasing(how.erased, scale=(0.02, 0.25), value=114),
    ]
    if how.mirrored:
        steps.insert(1, v2.RandomHorizontalFlip())
    return v2.Compose(steps)


class ClassPictures(Pictures):
    """Labelled pictures (side, side, 3) uint8 BGR with the numbers of their classes.

    With an augmentation each is another one in each epoch, and the same again for the same seed; without, as it is.
    Packshots on white are shown as they might look in a store while one learns.
    """

    def __init__(
        self,
        examples: Sequence[LabelledPicture],
        products: Sequence[str],
        side_px: int,
        *,
        augmentation: Augmentation | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        numbers = {product: number for number, product in enumerate(products)}
        self._examples = examples
        self._labels = [numbers[example.product] for example in examples]
        self._side_px = side_px
        self._transforms = None if augmentation is None else transforms_of(augmentation, side_px)
        self._seed = seed

    def __len__(self) -> int:
        return len(self._examples)

    def __getitem__(self, place: int) -> tuple[Tensor, int]:
        seeds = np.random.default_rng([self._seed, self.epoch, place])
        example, label = self._examples[place], self._labels[place]
        if self._transforms is None:
            return from_numpy(squared(example.picture(), self._side_px)), label
        pack = example.packshot()
        picture = example.picture() if pack is None else composite(pack, self._side_px, seeds)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(seeds.integers(2**62)))
            varied = self._transforms(_rgb(picture))
        return varied.flip(0).permute(1, 2, 0).contiguous(), label


def _rgb(picture_bgr: Image) -> Tensor:
    return from_numpy(np.ascontiguousarray(picture_bgr[..., ::-1])).permute(2, 0, 1)
