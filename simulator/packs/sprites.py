"""A drawn pack: its front with what it covers, and what its side and top look like."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.packs.colours import Colour

Image = NDArray[np.uint8]
Plane = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Sprite:
    """A pack's front (H, W, 3) BGR with coverage (H, W) 0..255 (see-through packs lie between).

    ``side`` and ``top`` are ``None`` for round packs; else the side's print (H, S, 3) and the top's colour.
    """

    front: Image
    cover: Image
    side: Image | None
    top: Colour | None

    @property
    def solid(self) -> Image:
        """(H, W) 255 where the pack is, whether or not one sees through it."""
        return np.asarray(np.where(self.cover > 30, 255, 0), np.uint8)

    def scaled(self, size_wh: tuple[int, int], light: float) -> "Sprite":
        """The same pack at another size in another light."""
        how = cv2.INTER_AREA if size_wh[0] < self.front.shape[1] else cv2.INTER_LINEAR
        front = np.asarray(cv2.resize(self.front, size_wh, interpolation=how), np.uint8)
        cover = np.asarray(cv2.resize(self.cover, size_wh, interpolation=how), np.uint8)
        return Sprite(dimmed(front, light), cover, self.side, self.top)


def dimmed(image: Image, light: float) -> Image:
    """An image in more or less light."""
    return image if light == 1.0 else np.asarray(cv2.convertScaleAbs(image, alpha=light), np.uint8)


def shaded(image: Image, factor: Plane) -> Image:
    """An image times a shading map that broadcasts to (H, W)."""
    full = np.broadcast_to(factor, image.shape[:2])[..., None]
    return np.asarray(np.clip(image * full, 0, 255), np.uint8)


def lightened(image: Image, amount: Plane) -> Image:
    """An image with white light laid over it; ``amount`` 0..1 broadcasts to (H, W)."""
    full = np.broadcast_to(np.clip(amount, 0, 1), image.shape[:2])[..., None]
    return np.asarray(image + (255 - image.astype(np.float32)) * full, np.uint8)


def axes(height: int, width: int) -> tuple[Plane, Plane]:
    """X from -1 to 1 as (1, W) and y from 0 to 1 as (H, 1)."""
    return np.linspace(-1, 1, width, dtype=np.float32)[None], np.linspace(0, 1, height, dtype=np.float32)[:, None]


def wrinkles(noise: Plane, height: int, width: int) -> Plane:
    """Smooth noise from a small field, about 0..1, as (H, W)."""
    return np.asarray(cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
