"""Reads rendered scenes from a folder and makes batches of crops of them, in the background and for ever."""

from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from detector.train.crops import Labelled, random_crop, vary_picture
from detector.train.loss import Wanted
from detector.train.targets import targets_of
from shelfstream.errors import Fault, Faults

_CROPS_PER_SCENE = 2
_FACING, _GAP = 0, 1

Batch = tuple[Tensor, Wanted]


def read_scene(picture: Path) -> Labelled:
    """A scene as ``shelfstream simulate scenes`` writes it: NAME.jpg with NAME.npz beside it."""
    image = cv2.imread(str(picture), cv2.IMREAD_COLOR)
    with np.load(picture.with_suffix(".npz"), allow_pickle=False) as labels:
        kinds = labels["kinds"].astype(np.int32)
        known = np.isin(kinds, (_FACING, _GAP))
        return Labelled(
            image_bgr=np.asarray(image, np.uint8),
            ids=labels["ids"].astype(np.int32),
            boxes_xyxy=labels["boxes_xyxy"].astype(np.float32)[known],
            kinds=kinds[known],
            visible=labels["visible_fraction"].astype(np.float32)[known],
            products=labels["product_ids"].astype(np.int64)[known],
        )


def scene_pictures(folder: Path) -> list[Path]:
    """The pictures of a scene folder that have labels. Raises ``Faults`` where there are none."""
    found = sorted(path for path in folder.glob("*.jpg") if path.with_suffix(".npz").exists())
    if not found:
        raise Faults("training", [Fault(str(folder), "holds no scenes; make some with: shelfstream simulate scenes")])
    return found


class Crops(IterableDataset[tuple[Tensor, ...]]):
    """An endless stream of crops with their targets; two of each scene, so that prints meet themselves."""

    def __init__(self, pictures: list[Path], seed: int) -> None:
        super().__init__()
        self._pictures = pictures
        self._seed = seed

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        cv2.setNumThreads(1)
        worker = get_worker_info()
        rng = np.random.default_rng([self._seed, worker.id if worker else 0])
        while True:
            scene = read_scene(self._pictures[int(rng.integers(len(self._pictures)))])
            for _ in range(_CROPS_PER_SCENE):
                yield self._sample(scene, rng)

    @staticmethod
    def _sample(scene: Labelled, rng: np.random.Generator) -> tuple[Tensor, ...]:
        crop = random_crop(scene, rng)
        targets = targets_of(crop, rng)
        picture = torch.from_numpy(vary_picture(crop.image_bgr, rng))
        return picture, *(torch.from_numpy(each) for each in astuple(targets))


def batches(pictures: list[Path], *, seed: int, size: int, workers: int) -> Iterator[Batch]:
    """Batches of ``size`` crops for ever: pictures (N, 384, 384, 3) uint8 BGR, and what is wanted of them."""
    loader = DataLoader(Crops(pictures, seed), batch_size=size, num_workers=workers)
    for picture, *wanted in loader:
        yield picture, Wanted(*wanted)
