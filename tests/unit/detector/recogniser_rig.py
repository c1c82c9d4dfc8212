"""Products that a network without training can tell apart: by their colours."""

from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Image = NDArray[np.uint8]

COLOURS = {"apple": (40, 40, 200), "lime": (40, 190, 60), "plum": (150, 30, 90), "corn": (30, 200, 230)}
SIDE_PX = 64


class Colours(nn.Module):
    """(N, 6): mean and spread of each channel."""

    def forward(self, pictures_bgr: Tensor) -> Tensor:
        values = pictures_bgr.float().flatten(1, 2) / 64
        return torch.cat([values.mean(1), values.std(1)], 1)


class ColourNetwork:
    """The same, as run time calls it."""

    side_px = SIDE_PX

    def run(self, pictures_bgr: NDArray[np.uint8]) -> NDArray[np.float32]:
        looks: NDArray[np.float32] = Colours()(torch.from_numpy(pictures_bgr)).numpy()
        return looks


def packshot(product: str, side_px: int = 120) -> Image:
    """A disc of the product's colour on white."""
    picture = np.full((side_px, side_px, 3), 255, np.uint8)
    cv2.circle(picture, (side_px // 2, side_px // 2), side_px // 3, COLOURS[product], -1)
    return picture


def photograph(product: str, seed: int = 0, side_px: int = 120) -> Image:
    """The product close by, before something grey, with noise."""
    rng = np.random.default_rng(seed)
    picture = np.full((side_px, side_px, 3), rng.integers(60, 140), np.uint8)
    cv2.circle(picture, (side_px // 2, side_px // 2), int(side_px * rng.uniform(0.45, 0.6)), COLOURS[product], -1)
    return np.asarray(np.clip(picture + rng.normal(0, 6, picture.shape), 0, 255), np.uint8)


def product_folder(folder: Path, *, each: int = 4, packshots: bool = False) -> Path:
    """A folder per product."""
    for product in COLOURS:
        (folder / product).mkdir(parents=True)
        for seed in range(each):
            picture = packshot(product) if packshots else photograph(product, seed)
            cv2.imwrite(str(folder / product / f"{seed}.png"), picture)
    return folder
