"""What a pack is: its shape, its size in millimetres and its print."""

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from simulator.dice import Dice, hashed
from simulator.packs.prints import Print


class Shape(StrEnum):
    """Forms of packs."""

    BOX = "box"
    SLIM = "slim"
    SMALL = "small"
    FLAT = "flat"
    END = "end"
    """A long flat box that shows its small end."""
    CARTON = "carton"
    BOTTLE = "bottle"
    SQUAT = "squat"
    JUG = "jug"
    CAN = "can"
    JAR = "jar"
    AEROSOL = "aerosol"
    TUB = "tub"
    TUBE = "tube"
    POUCH = "pouch"
    LOAF = "loaf"
    HANGING = "hanging"
    MULTI = "multi"
    PILLOW = "pillow"
    """A soft pack that lies, as of pads, tissues or noodles."""


BOXY = frozenset({Shape.BOX, Shape.SLIM, Shape.SMALL, Shape.FLAT, Shape.END, Shape.CARTON, Shape.MULTI})
"""Shapes with flat sides, seen from the side as a second face."""


@dataclass(frozen=True)
class Size:
    """How large packs of a shape are (mm) and how many are stacked at most."""

    width_mm: tuple[float, float]
    ratio: tuple[float, float]
    """Height by width."""
    depth_mm: tuple[float, float]
    stack: int


SIZES: dict[Shape, Size] = {
    Shape.BOX: Size((60, 170), (0.55, 1.5), (50, 120), 3),
    Shape.SLIM: Size((140, 210), (1.3, 1.6), (50, 80), 1),
    Shape.SMALL: Size((52, 60), (1.45, 1.65), (20, 26), 2),
    Shape.FLAT: Size((120, 215), (0.2, 0.42), (35, 60), 6),
    Shape.END: Size((35, 62), (0.65, 1.35), (120, 215), 6),
    Shape.CARTON: Size((65, 95), (2.0, 2.9), (65, 95), 1),
    Shape.BOTTLE: Size((58, 95), (3.0, 4.1), (58, 95), 1),
    Shape.SQUAT: Size((55, 90), (1.9, 3.2), (38, 60), 1),
    Shape.JUG: Size((120, 170), (1.5, 2.0), (90, 120), 1),
    Shape.CAN: Size((53, 85), (1.25, 2.5), (53, 85), 2),
    Shape.JAR: Size((60, 95), (1.0, 1.7), (60, 95), 2),
    Shape.AEROSOL: Size((42, 60), (2.6, 4.0), (42, 60), 1),
    Shape.TUB: Size((80, 140), (0.5, 1.05), (80, 140), 3),
    Shape.TUBE: Size((42, 62), (2.3, 3.2), (35, 45), 1),
    Shape.POUCH: Size((90, 220), (1.0, 1.6), (40, 90), 2),
    Shape.LOAF: Size((190, 290), (0.5, 0.8), (110, 140), 2),
    Shape.HANGING: Size((80, 160), (1.1, 1.9), (15, 40), 1),
    Shape.MULTI: Size((190, 330), (0.5, 1.0), (120, 200), 3),
    Shape.PILLOW: Size((85, 190), (0.36, 0.85), (60, 120), 5),
}


@dataclass(frozen=True)
class Pack:
    """One product's pack. ``form`` seeds everything about its body that is not its print."""

    shape: Shape
    width_mm: float
    height_mm: float
    depth_mm: float
    print: Print
    form: int

    @property
    def id(self) -> int:
        """A number that is the same for the same print on the same body; 1 .. 2**31 - 1."""
        return (
            hashed(self.shape, self.print.brand, self.print.variant, self.form, *_photograph_of(self.print))
            % (2**31 - 1)
            + 1
        )


def _photograph_of(design: Print) -> tuple[str, ...]:
    """Its file's name: where the folder lies changes no pack."""
    return (Path(design.photograph).name,) if design.photograph else ()


def random_pack(shape: Shape, dice: Dice, tallest_mm: float) -> Pack:
    """A pack of a shape that is no taller than ``tallest_mm``."""
    size = SIZES[shape]
    width = dice.between(*size.width_mm)
    height = width * dice.between(*size.ratio)
    shrink = min(1.0, tallest_mm / height)
    design = Print(dice.seed(), dice.whole(0, 9))
    return Pack(shape, width * shrink, height * shrink, dice.between(*size.depth_mm), design, dice.seed())


def sibling(pack: Pack, dice: Dice) -> Pack:
    """Another flavour of the same brand on the same body."""
    design = replace(pack.print, variant=(pack.print.variant + dice.whole(1, 9)) % 10)
    return Pack(pack.shape, pack.width_mm, pack.height_mm, pack.depth_mm, design, pack.form)
