"""Colours as packs have them. All colours are BGR, 0..255."""

import colorsys
from dataclasses import dataclass

from simulator.dice import Dice

Colour = tuple[int, int, int]

WHITE: Colour = (246, 247, 247)
INK: Colour = (28, 24, 24)
# fmt: off
_BRAND_HUES = (
    0.0, 0.0, 0.01, 0.98, 0.97, 0.03, 0.06, 0.09, 0.12, 0.14, 0.15, 0.24,
    0.33, 0.38, 0.52, 0.57, 0.59, 0.6, 0.62, 0.63, 0.76, 0.9,
)
# fmt: on


def from_hsv(hue: float, saturation: float, value: float) -> Colour:
    """A colour from hue, saturation and value in 0..1 (hue wraps)."""
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, min(max(saturation, 0.0), 1.0), min(max(value, 0.0), 1.0))
    return int(blue * 255), int(green * 255), int(red * 255)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """``share`` of the way from one colour to the other."""
    return (
        int(one[0] + (other[0] - one[0]) * share),
        int(one[1] + (other[1] - one[1]) * share),
        int(one[2] + (other[2] - one[2]) * share),
    )


def scaled(colour: Colour, factor: float) -> Colour:
    """A colour in more or less light."""
    return min(255, int(colour[0] * factor)), min(255, int(colour[1] * factor)), min(255, int(colour[2] * factor))


def brightness(colour: Colour) -> float:
    """Luma, 0..255."""
    return 0.114 * colour[0] + 0.587 * colour[1] + 0.299 * colour[2]


def readable_on(ground: Colour, dice: Dice, wish: Colour | None = None) -> Colour:
    """A letter colour that stands out from its ground; the wished one if it does."""
    if wish is not None and abs(brightness(wish) - brightness(ground)) > 70:
        return wish
    if brightness(ground) > 135:
        return dice.pick((INK, INK, (90, 40, 20), (40, 30, 120), (30, 60, 30), (30, 30, 170)))
    return dice.pick((WHITE, WHITE, WHITE, (190, 235, 250), (90, 215, 250)))


@dataclass(frozen=True)
class Palette:
    """The colours of one print: ground, panel, accent, and two more for small things."""

    ground: Colour
    panel: Colour
    accent: Colour
    spark: Colour
    quiet: Colour


def any_colour(dice: Dice) -> Colour:
    """A pack colour: two in five are white, cream, black or brown, the rest printed in a brand's hue."""
    kind = dice.between(0, 1)
    if kind < 0.28:
        return from_hsv(dice.between(0.05, 0.2), dice.between(0, 0.12), dice.between(0.86, 1.0))
    if kind < 0.36:
        return from_hsv(dice.between(0, 1), dice.between(0, 0.3), dice.between(0.07, 0.2))
    if kind < 0.42:
        return from_hsv(dice.between(0.05, 0.13), dice.between(0.15, 0.6), dice.between(0.3, 0.8))
    hue = dice.pick(_BRAND_HUES) + dice.gauss(0.015)
    return from_hsv(hue, dice.between(0.45, 0.97), dice.between(0.35, 0.97))


def brand_palette(dice: Dice) -> Palette:
    """Colours that one brand keeps on all its packs."""
    ground = any_colour(dice)
    panel = any_colour(dice)
    if abs(brightness(panel) - brightness(ground)) < 45:
        panel = mixed(panel, WHITE if brightness(ground) < 128 else INK, dice.between(0.5, 0.85))
    quiet = mixed(ground, WHITE, dice.between(0.3, 0.8))
    return Palette(ground, panel, any_colour(dice), any_colour(dice), quiet)


def varied(palette: Palette, dice: Dice) -> Palette:
    """The same brand's next flavour: often only the accent changes, sometimes the ground does."""
    kind = dice.between(0, 1)
    accent, spark = any_colour(dice), any_colour(dice)
    if kind < 0.45:
        return Palette(palette.ground, palette.panel, accent, spark, palette.quiet)
    if kind < 0.75:
        return Palette(palette.ground, any_colour(dice), accent, spark, palette.quiet)
    ground = any_colour(dice)
    return Palette(ground, palette.panel, accent, spark, mixed(ground, WHITE, 0.5))
