"""Pictures of things that stand before shelves, each cut out: the base of people, trolleys and cages."""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.dice import Dice
from simulator.packs.colours import Colour, any_colour, from_hsv, scaled

Image = NDArray[np.uint8]
Spot = tuple[float, float]
_VEIL = 70
"""Coverage of a grid's far side, 0..255."""


@dataclass(frozen=True, eq=False)
class Cutout:
    """``art`` (H, W, 3) BGR, its coverage ``cover`` (H, W) 0..255, and where the thing is: ``mask`` (H, W) 0 or 255.

    Mask and coverage differ where one looks through: between the wires of a trolley is trolley.
    """

    art: Image
    cover: Image
    mask: Image
    size_mm: tuple[float, float]


class Cutter:
    """A cutout being drawn part by part, back to front, in px from its upper left corner."""

    def __init__(self, size_wh: tuple[int, int]) -> None:
        width, height = size_wh
        self.art: Image = np.zeros((height, width, 3), np.uint8)
        self.cover: Image = np.zeros((height, width), np.uint8)
        self.hull: Image = np.zeros((height, width), np.uint8)

    def blank(self) -> Image:
        return np.zeros_like(self.cover)

    def lay(self, part: Image, stuff: Image, roundness: float = 0.5) -> None:
        """Cover ``part`` (H, W) 0..255 with ``stuff`` (H, W, 3), darker towards the part's edges."""
        soft = cv2.blur(part, (part.shape[1] // 14 | 1, part.shape[1] // 14 | 1))
        shade = (1 - roundness) + roundness * np.asarray(soft, np.float32) / 255
        inside = part > 127
        self.art[inside] = (stuff[inside] * shade[inside, None]).astype(np.uint8)
        self.cover[inside] = 255

    def line(self, start: Spot, end: Spot, colour: Colour, thick: int = 1) -> None:
        """A wire or rod."""
        ends = (round(start[0]), round(start[1])), (round(end[0]), round(end[1]))
        cv2.line(self.art, *ends, colour, thick)
        cv2.line(self.cover, *ends, 255, thick)

    def area(self, spots: list[Spot], colour: Colour) -> None:
        """An even area."""
        corners = np.rint(np.array(spots)).astype(np.int32)
        cv2.fillPoly(self.art, [corners], colour)
        cv2.fillPoly(self.cover, [corners], 255)

    def veil(self, spots: list[Spot], colour: Colour) -> None:
        """Let a little of what is behind an area be lost, where nothing was drawn yet."""
        part = self.blank()
        cv2.fillPoly(part, [np.rint(np.array(spots)).astype(np.int32)], 255)
        bare = (part > 0) & (self.cover == 0)
        self.art[bare] = colour
        self.cover[bare] = _VEIL

    def enclose(self, spots: list[Spot]) -> None:
        """Say that all within belongs to the thing, seen through or not."""
        cv2.fillPoly(self.hull, [np.rint(np.array(spots)).astype(np.int32)], 255)

    def done(self, size_mm: tuple[float, float]) -> Cutout:
        mask = np.where((self.cover > 127) | (self.hull > 0), 255, 0).astype(np.uint8)
        return Cutout(self.art, self.cover, mask, size_mm)


def tapered(part: Image, path: list[tuple[float, float, float]]) -> None:
    """Fill a limb along (x, y, radius) px."""
    for start, end in pairwise(path):
        for step in np.linspace(0, 1, 14):
            x, y, radius = (a + (b - a) * float(step) for a, b in zip(start, end, strict=True))
            cv2.circle(part, (round(x), round(y)), max(1, round(radius)), 255, -1)


def cloth(dice: Dice, size_wh: tuple[int, int], colour: Colour | None = None) -> Image:
    """A piece of clothing: plain, striped, checked or mottled, with folds."""
    width, height = size_wh
    base = colour or dice.pick(
        (any_colour(dice), scaled(any_colour(dice), 0.6), from_hsv(0.6, 0.3, dice.between(0.1, 0.9)))
    )
    stuff = np.empty((height, width, 3), np.float32)
    stuff[:] = base
    kind = (
        "plain"
        if colour and dice.chance(0.7)
        else dice.weighted({"plain": 5, "across": 1, "down": 0.6, "check": 0.7, "mottled": 1})
    )
    pitch, other = dice.whole(6, 30), np.array(any_colour(dice), np.float32)
    if kind in ("across", "check"):
        stuff[(np.arange(height) % pitch) < pitch // 2] = other
    if kind in ("down", "check"):
        columns = (np.arange(width) % pitch) < pitch // 2
        stuff[:, columns] = 0.5 * stuff[:, columns] + 0.5 * other
    if kind == "mottled":
        spots = cv2.resize(dice.field(height // 9, width // 9), (width, height))[..., None]
        stuff = np.where(spots > 0.55, other, stuff)
    folds = cv2.resize(dice.bell(18, 9), (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
    return np.asarray(np.clip(stuff * (1 + 0.13 * folds), 0, 255), np.uint8)


def moved(cutout: Cutout, across_px: int) -> Cutout:
    """The same, blurred as by walking."""
    if across_px < 2:
        return cutout
    edge = (across_px, 1)
    shown = cv2.blur((cutout.art * (cutout.cover[..., None] / 255.0)).astype(np.float32), edge)
    cover = cv2.blur(cutout.cover, edge)
    art = np.clip(shown * 255 / np.maximum(cover, 1)[..., None], 0, 255).astype(np.uint8)
    return Cutout(art, np.asarray(cover, np.uint8), cutout.mask, cutout.size_mm)
