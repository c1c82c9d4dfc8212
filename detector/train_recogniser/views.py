"""Facings of many products as a detector cuts them out, made once before learning and kept in a file.

Making a view takes as long as learning from it, and a run goes through all of them several times.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from torch import Tensor, from_numpy

from detector.jpeg import Image
from detector.recognise.composites import relit
from detector.recognise.labelled import LabelledPicture
from detector.recognise.looks import squared
from detector.recognise.on_shelf import on_shelf
from detector.recognise.packshot import Packshot
from detector.train_recogniser.pictures import Pictures, Variety, varied

_FRONTS = 0.12
"""Share of the views that show a packshot as it is: this is what a gallery is made of."""
_JITTER_PX = 5
_CHUNK = 256
_PHOTOGRAPH = Variety(least_side=0.7, turn_deg=8.0)
_PHOTOGRAPH_PX = (28, 130)


@dataclass(frozen=True, eq=False)
class Shown:
    """One product's picture: what its views are made of."""

    number: int
    source: Packshot | Image


class _Job(NamedTuple):
    shown: Sequence[Shown]
    neighbours: Sequence[Packshot]
    side_px: int
    seed: int


class KeptViews(Pictures):
    """Views (side, side, 3) uint8 BGR and the numbers of their products, read from a file as they are asked for.

    With ``jitter`` each is cut and lit a little differently in each epoch.
    """

    def __init__(self, views: NDArray[np.uint8], labels: NDArray[np.int64], *, jitter: bool, seed: int = 0) -> None:
        super().__init__()
        self._views = views
        self._labels = labels
        self._jitter = jitter
        self._seed = seed

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, place: int) -> tuple[Tensor, int]:
        view = np.array(self._views[place])
        if self._jitter:
            view = _jittered(view, np.random.default_rng([self._seed, self.epoch, place]))
        return from_numpy(view), int(self._labels[place])


def _jittered(view: Image, rng: np.random.Generator) -> Image:
    side = view.shape[0]
    top, left, bottom, right = rng.integers(0, _JITTER_PX + 1, 4)
    gain = rng.uniform(0.85, 1.15)
    cut = squared(view[top : side - bottom, left : side - right], side)
    return np.asarray(np.clip(cut * gain, 0, 255), np.uint8)


def kept_views(
    folder: Path, name: str, shown: Sequence[Shown], side_px: int, *, seed: int, workers: int, console: Console
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """(views (N, side, side, 3) on disk, products (N,)): one view of each of ``shown``; those of a run before stay."""
    path = folder / f"{name}.npy"
    labels = np.array([each.number for each in shown], np.int64)
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        views = np.lib.format.open_memmap(new, "w+", np.uint8, (len(shown), side_px, side_px, 3))
        done = 0
        chunks = -(-len(shown) // _CHUNK)
        for part in track(_made(shown, side_px, seed, workers), f"making {name}", chunks, console=console):
            views[done : done + len(part)] = part
            done += len(part)
        views.flush()
        new.replace(path)
    return np.load(path, mmap_mode="r"), labels


def _made(shown: Sequence[Shown], side_px: int, seed: int, workers: int) -> Iterator[NDArray[np.uint8]]:
    packs = [each.source for each in shown if isinstance(each.source, Packshot)]
    jobs = []
    for begin in range(0, len(shown), _CHUNK):
        rng = np.random.default_rng([seed, begin])
        some = [packs[place] for place in rng.integers(0, len(packs), 16)] if packs else []
        jobs.append(_Job(shown[begin : begin + _CHUNK], some, side_px, seed + begin))
    if workers == 0:
        yield from map(_views, jobs)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(_views, jobs)


def _views(job: _Job) -> NDArray[np.uint8]:
    rng = np.random.default_rng(job.seed)
    return np.stack([_view(each.source, job.neighbours, job.side_px, rng) for each in job.shown])


def _view(source: Packshot | Image, neighbours: Sequence[Packshot], side_px: int, rng: np.random.Generator) -> Image:
    if not isinstance(source, Packshot):
        coarse = int(rng.integers(*_PHOTOGRAPH_PX))
        return squared(varied(source, coarse, _PHOTOGRAPH, rng), side_px)
    if rng.random() < _FRONTS:
        return squared(relit(squared(source.image_bgr, side_px).astype(np.float32), rng), side_px)
    return on_shelf(source, neighbours, side_px, rng)


def sources_of(pictures: Sequence[LabelledPicture]) -> list[Packshot | Image]:
    """What views are made of: cut out where that is possible, no larger than is seen of it."""
    found: list[Packshot | Image] = []
    for each in pictures:
        product = each.packshot()
        found.append(_small(each.picture()) if product is None else _small_pack(product))
    return found


def _small(picture: Image, longer_px: int = 220) -> Image:
    scale = longer_px / max(picture.shape[:2])
    return picture if scale >= 1 else _resized(picture, scale)


def _small_pack(pack: Packshot, longer_px: int = 220) -> Packshot:
    scale = longer_px / max(pack.mask.shape)
    return pack if scale >= 1 else Packshot(_resized(pack.image_bgr, scale), _resized(pack.mask, scale))


def _resized(picture: Image, scale: float) -> Image:
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
