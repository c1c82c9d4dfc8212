"""Photographs of other things than the products to be recognised: parts of shelf pictures by chance."""

from pathlib import Path

import numpy as np

from detector.jpeg import Image
from detector.recognise.labelled import SUFFIXES, Example
from shelfstream.errors import Fault, Faults

_LEAST_SIDE, _MOST_SIDE = 0.15, 0.6


def crops_of(folder: Path, count: int, seed: int) -> list[Image]:
    """``count`` squares out of the pictures of a folder, as many of each. Raises ``Faults`` where there are none."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise Faults("training", [Fault(str(folder), "holds no JPEG or PNG pictures")])
    rng = np.random.default_rng(seed)
    each = -(-count // len(paths))
    return [_crop(Example("", path).picture(), rng) for path in paths for _ in range(each)][:count]


def _crop(picture: Image, rng: np.random.Generator) -> Image:
    height, width = picture.shape[:2]
    side = max(1, int(min(height, width) * rng.uniform(_LEAST_SIDE, _MOST_SIDE)))
    top, left = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
    return picture[top : top + side, left : left + side]
