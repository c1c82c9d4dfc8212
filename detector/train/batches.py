"""Makes batches of crops of rendered scenes and labelled photographs, in the background and for ever."""

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from detector.train.coco_pictures import Photograph
from detector.train.crops import Labelled, random_crop, vary_picture
from detector.train.labelled import labelled_scene, opened, scene_labels
from detector.train.loss import Wanted
from detector.train.targets import targets_of

_CROPS_PER_SCENE = 2
_LIST_EVERY = 100

Batch = tuple[Tensor, Wanted]


@dataclass(frozen=True)
class TrainingPictures:
    """What is trained on: the rendered scenes of a folder, and photographs, a share of what is drawn."""

    scenes: Path
    photographs: list[Photograph]
    photograph_share: float = 0.0

    def drawn(self, rng: np.random.Generator) -> Iterator[Labelled]:
        """One after the other by chance, for ever; scenes that are rendered meanwhile are drawn from as well."""
        while True:
            scenes = scene_labels(self.scenes)
            for _ in range(_LIST_EVERY):
                if self.photographs and rng.random() < self.photograph_share:
                    yield opened(self.photographs[int(rng.integers(len(self.photographs)))])
                else:
                    yield labelled_scene(scenes[int(rng.integers(len(scenes)))])


class Crops(IterableDataset[tuple[Tensor, ...]]):
    """An endless stream of crops with their targets; two of each scene, which takes long to open."""

    def __init__(self, pictures: TrainingPictures, seed: int) -> None:
        super().__init__()
        self._pictures = pictures
        self._seed = seed

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        cv2.setNumThreads(1)
        worker = get_worker_info()
        rng = np.random.default_rng([self._seed, worker.id if worker else 0])
        for scene in self._pictures.drawn(rng):
            for _ in range(_CROPS_PER_SCENE):
                yield self._sample(scene, rng)

    @staticmethod
    def _sample(scene: Labelled, rng: np.random.Generator) -> tuple[Tensor, ...]:
        crop = random_crop(scene, rng)
        targets = targets_of(crop)
        picture = torch.from_numpy(vary_picture(crop.image_bgr, rng))
        return picture, *(torch.from_numpy(each) for each in astuple(targets))


def batches(pictures: TrainingPictures, *, seed: int, size: int, workers: int) -> Iterator[Batch]:
    """Batches of ``size`` crops for ever: pictures (N, 384, 384, 3) uint8 BGR, and what is wanted of them."""
    loader = DataLoader(Crops(pictures, seed), batch_size=size, num_workers=workers)
    for picture, *wanted in loader:
        yield picture, Wanted(*wanted)
