"""Shoppers and staff as they stand before shelves: turned away, aside or to the camera, some reaching for goods."""

from dataclasses import dataclass

import cv2
import numpy as np

from simulator.dice import Dice
from simulator.packs.colours import Colour, any_colour, from_hsv
from simulator.scenes.cutouts import Cutout, Cutter, Image, cloth, moved, tapered

_TALL_PX = 420
_WIDE = 0.72
"""Width of the cutout over the person's height: room for arms."""
_SKINS: tuple[Colour, ...] = (
    (190, 205, 235),
    (150, 180, 225),
    (110, 145, 200),
    (70, 100, 150),
    (45, 65, 100),
    (30, 42, 66),
)


@dataclass(frozen=True)
class _Build:
    """A body's measures, shares of its height from the feet up, and how it faces: 0 away, 1 aside, 2 to us."""

    girth: float
    stride: float
    faces: int
    skin: Colour


class _Figure:
    """One person being drawn."""

    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self.size = (round(_TALL_PX * _WIDE), _TALL_PX)
        self.cut = Cutter(self.size)
        faces = dice.weighted({0: 4, 1: 3, 2: 1.5})
        self.build = _Build(dice.between(0.8, 1.35), dice.between(-0.07, 0.07), faces, dice.pick(_SKINS))
        self.top = cloth(dice, self.size)

    def spot(self, across: float, up: float, radius: float = 0.0) -> tuple[float, float, float]:
        """Shares of the height from the feet's middle, as px."""
        return (_WIDE / 2 + across) * _TALL_PX, (1 - up) * _TALL_PX, radius * _TALL_PX

    def limb(self, path: list[tuple[float, float, float]], stuff: Image, roundness: float = 0.5) -> None:
        part = self.cut.blank()
        tapered(part, [self.spot(*each) for each in path])
        self.cut.lay(part, stuff, roundness)

    def legs(self) -> None:
        dice, build = self.dice, self.build
        trousers = cloth(dice, self.size, dice.pick(((60, 45, 35), (30, 30, 32), (90, 70, 50), (110, 120, 130), None)))
        shoes = self.plain(dice.pick(((25, 25, 28), (235, 235, 238), (40, 60, 110))))
        bare, wide = dice.chance(0.15), 0.045 * build.girth
        for side in (-1, 1):
            hip, foot = side * 0.05 * build.girth, side * (0.05 + build.stride)
            lower = self.plain(build.skin) if bare else trousers
            self.limb([(hip, 0.48, wide * 1.25), (foot * 1.05, 0.27, wide)], trousers)
            self.limb([(foot * 1.05, 0.27, wide * 0.95), (foot, 0.05, wide * 0.65)], lower)
            toe = 0.04 * (side if build.faces != 1 else 1)
            self.limb([(foot, 0.025, 0.022), (foot + toe, 0.02, 0.018)], shoes)
        if dice.chance(0.2):
            hem = dice.between(0.15, 0.35)
            self.limb([(0, 0.5, 0.09 * build.girth), (0, hem, 0.11 * build.girth)], self.top)

    def torso(self) -> None:
        girth = self.build.girth * (0.75 if self.build.faces == 1 else 1.0)
        low = self.dice.between(0.4, 0.5)
        outline = [(0.035, 0.85), (0.115, 0.81), (0.125, 0.74), (0.1 * max(1, girth), 0.62), (0.105 * girth, low)]
        shape = outline + [(-across, up) for across, up in reversed(outline)]
        corners = [self.spot(across * max(0.8, girth**0.5), up)[:2] for across, up in shape]
        part = self.cut.blank()
        cv2.fillPoly(part, [np.rint(np.array(corners)).astype(np.int32)], 255)
        part = np.asarray(np.where(cv2.GaussianBlur(part, (0, 0), 4) > 127, 255, 0), np.uint8)
        self.cut.lay(part, self.top)
        if self.dice.chance(0.15):
            self.limb([(0, 0.76, 0.05), (0, 0.6, 0.06)], cloth(self.dice, self.size))

    def arm(self, side: int) -> None:
        """Hanging, bent before the body, or reaching for the shelf."""
        dice, across = self.dice, side * 0.125 * self.build.girth**0.5
        how = dice.weighted({"down": 5, "bent": 3, "reach": 2})
        if how == "down":
            elbow, hand = (across + side * 0.025, 0.63), (across + side * dice.between(-0.02, 0.05), 0.47)
        elif how == "bent":
            elbow, hand = (across + side * 0.03, 0.63), (across * dice.between(0.2, 0.9), dice.between(0.58, 0.7))
        else:
            high = dice.between(0.6, 1.0)
            elbow, hand = (across + side * 0.07, (0.76 + high) / 2), (across + side * dice.between(0.08, 0.18), high)
        skin = self.plain(self.build.skin)
        short = dice.chance(0.35)
        self.limb([(across, 0.79, 0.036), (*elbow, 0.03)], self.top)
        self.limb([(*elbow, 0.028), (*hand, 0.021)], skin if short else self.top)
        self.limb([(*hand, 0.021), (hand[0], hand[1] - 0.02, 0.02)], skin)

    def head(self) -> None:
        dice, build = self.dice, self.build
        skin = self.plain(build.skin)
        hair = self.plain(
            from_hsv(dice.between(0.04, 0.12), dice.between(0.1, 0.6), dice.pick((0.08, 0.12, 0.25, 0.6, 0.8)))
        )
        turn = {0: 0.0, 1: dice.pick((-0.012, 0.012)), 2: 0.0}[build.faces]
        self.limb([(0, 0.86, 0.032), (0, 0.84, 0.045)], skin)
        self.limb([(turn, 0.94, 0.049), (turn, 0.905, 0.042)], skin)
        long = dice.chance(0.4)
        if build.faces == 0:
            self.limb([(0, 0.95, 0.05), (0, 0.91, 0.044)], hair)
        else:
            self.limb([(-turn, 0.968, 0.034), (turn, 0.964, 0.04)], hair)
            self.limb([(-turn * 3, 0.955, 0.032), (-turn * 3, 0.93, 0.025)], hair)
            if build.faces == 2:
                self.limb([(0, 0.945, 0.034), (0, 0.905, 0.03)], skin)
        if long:
            self.limb([(-turn * 3, 0.93, 0.035), (-turn * 3, dice.between(0.74, 0.87), 0.03)], hair)
            if build.faces == 2:
                self.limb([(0, 0.945, 0.032), (0, 0.905, 0.028)], skin)
        if dice.chance(0.2):
            self.limb([(-0.01, 0.972, 0.036), (0.01, 0.972, 0.036)], self.plain(any_colour(dice)))

    def plain(self, colour: Colour) -> Image:
        stuff = np.empty((self.size[1], self.size[0], 3), np.uint8)
        stuff[:] = colour
        return stuff


def person(dice: Dice) -> Cutout:
    """Somebody, whole, from the feet up."""
    figure = _Figure(dice)
    figure.legs()
    sides = (-1, 1) if dice.chance(0.5) else (1, -1)
    figure.arm(sides[0])
    figure.torso()
    figure.arm(sides[1])
    figure.head()
    tall_mm = dice.between(1480, 1900)
    walking = dice.whole(3, 16) if dice.chance(0.3) else 0
    return moved(figure.cut.done((tall_mm * _WIDE, tall_mm)), walking)
