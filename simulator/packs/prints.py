"""The print of a pack's front: panels, pictures, a brand's name, titles, badges and small text.

A brand fixes the layout and most colours; a variant changes the accent, the picture and the title, as the flavours
of one brand do. Everything follows from the two seeds.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from simulator.dice import Dice
from simulator.packs import lettering, motifs
from simulator.packs.colours import Colour, any_colour, brand_palette, mixed, readable_on, scaled, varied
from simulator.packs.photograph_prints import printed
from simulator.packs.print_layouts import Image, Sheet, banner, logo, medal, poster, split, tall, warning, wide

_BADGES: tuple[str, ...] = ("NEW", "2x", "-20%", "BIO", "XL", "+1", "3", "100%", "A+", "0%")


@dataclass(frozen=True)
class Print:
    """What is printed: the same two seeds and the same shape give the same picture."""

    brand: int
    variant: int
    name: str = ""
    """The brand's name as printed; left out: an invented one."""
    title: str = ""
    """What the product is called; left out: invented."""
    photograph: str = ""
    """The file of a photograph that is the front; left out: a drawn one."""


def draw_print(design: Print, size_wh: tuple[int, int]) -> Image:
    """The print (H, W, 3) BGR at a size; sizes of one shape show the same print."""
    width, height = size_wh
    brand, variant = Dice("brand", design.brand), Dice("variant", design.brand, design.variant)
    palette = varied(brand_palette(brand), variant)
    sheet = Sheet(
        np.empty((height, width, 3), np.uint8), palette, brand.child("layout"), variant, design.name, design.title
    )
    if design.photograph:
        _photographed(sheet, design.photograph)
    else:
        _drawn(sheet)
    return sheet.image


def _photographed(sheet: Sheet, photograph: str) -> None:
    """A photograph over the whole front, on some with a brand's name and small parts printed over it."""
    size_wh = (sheet.width, sheet.height)
    sheet.image[:] = printed(photograph, size_wh, Dice("photograph", Path(photograph).name, sheet.variant.seed()))
    if not sheet.brand.chance(0.4):
        return
    at = (sheet.width * 0.5, sheet.height * sheet.brand.between(0.12, 0.5))
    logo(sheet, at, (sheet.width * 0.8, sheet.height * sheet.brand.between(0.12, 0.3)))
    _extras(sheet)


def _drawn(sheet: Sheet) -> None:
    _ground(sheet)
    _panels(sheet)
    _pattern(sheet)
    if not sheet.name:
        _fields(sheet)
    if sheet.width > 1.7 * sheet.height:
        wide(sheet)
    elif sheet.height > 2.4 * sheet.width:
        tall(sheet)
    else:
        sheet.brand.pick((poster, poster, banner, split, warning, medal))(sheet)
    _extras(sheet)


def _ground(sheet: Sheet) -> None:
    palette = sheet.palette
    low = mixed(palette.ground, sheet.brand.pick((palette.quiet, palette.panel, scaled(palette.ground, 0.7))), 0.5)
    down = np.linspace(0, 1, sheet.height, dtype=np.float32)[:, None, None] ** sheet.brand.between(0.5, 3)
    if sheet.brand.chance(0.4):
        down = np.zeros((1, 1, 1), np.float32)
    start = np.array(palette.ground, np.float32)
    sheet.image[:] = (start + (np.array(low, np.float32) - start) * down).astype(np.uint8)


def _panels(sheet: Sheet) -> None:
    """One to three contrasting panels across the front: what makes parts of a pack look like packs of their own."""
    dice, width, height = sheet.brand, sheet.width, sheet.height
    colours = (sheet.palette.panel, sheet.palette.accent, sheet.palette.quiet, sheet.palette.spark)
    for _ in range(dice.weighted({0: 1, 1: 4, 2: 4, 3: 1.5})):
        colour = colours[dice.whole(0, 3)]
        kind = dice.between(0, 1)
        if kind < 0.42:
            top = dice.pick((0.0, dice.between(0.1, 0.8), dice.between(0.45, 0.8)))
            low = min(1.0, top + dice.between(0.08, 0.45))
            cv2.rectangle(sheet.image, (0, int(top * height)), (width, int(low * height)), colour, -1)
        elif kind < 0.55:
            left = dice.pick((0.0, dice.between(0.55, 0.85)))
            right = left + dice.between(0.12, 0.45)
            cv2.rectangle(sheet.image, (int(left * width), 0), (int(right * width), height), colour, -1)
        elif kind < 0.78:
            _slope(sheet, dice, colour)
        else:
            centre = (int(dice.between(0.1, 0.9) * width), int(dice.between(0.1, 1.0) * height))
            axes = (int(dice.between(0.35, 0.9) * width), int(dice.between(0.2, 0.5) * height))
            cv2.ellipse(sheet.image, centre, axes, dice.between(-25, 25), 0, 360, colour, -1, cv2.LINE_AA)


def _fields(sheet: Sheet) -> None:
    """On some, a field of another colour, pattern or picture at an end or in a corner, as if another pack stood there.

    Real fronts of pads, toothpaste and sweets have them, and parts of packs are what is taken for packs most often.
    """
    dice, width, height = sheet.brand.child("fields"), sheet.width, sheet.height
    if not dice.chance(0.3):
        return
    for _ in range(dice.weighted({1: 4, 2: 1})):
        across, down = dice.pick(((1.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)))
        wide = round(width * (dice.between(0.2, 0.55) if across else 1.0))
        high = round(height * (dice.between(0.2, 0.55) if down else 1.0))
        left, top = dice.pick((0, width - wide)), dice.pick((0, height - high))
        colour = dice.pick((any_colour(dice), sheet.palette.accent, sheet.palette.quiet, (240, 240, 240), (28, 26, 30)))
        cv2.rectangle(sheet.image, (left, top), (left + wide, top + high), colour, -1)
        box = (float(left), float(top), float(left + wide), float(top + high))
        inside = sheet.variant.child("fields")
        motifs.lay(sheet.image, motifs.photograph(inside) if dice.chance(0.3) else motifs.motif(inside), box)
        if dice.chance(0.5):
            lettering.fine_lines(sheet.image, box, readable_on(colour, dice), inside)


def _slope(sheet: Sheet, dice: Dice, colour: Colour) -> None:
    """A panel with a slanted or waving upper edge, sometimes with a line along it."""
    xs = np.linspace(0, sheet.width, 17)
    wave = dice.between(0, 0.09) * np.sin(np.linspace(0, dice.between(2, 7), 17) + dice.between(0, 6))
    edge = (dice.between(0.25, 0.85) + dice.between(-0.25, 0.25) * (xs / sheet.width - 0.5) + wave) * sheet.height
    foot = sheet.height * (1.0 if dice.chance(0.7) else dice.between(0.6, 1.0))
    outline = np.concatenate([np.stack([xs, edge], 1), [[sheet.width, foot], [0, foot]]]).astype(np.int32)
    cv2.fillPoly(sheet.image, [outline], colour, cv2.LINE_AA)
    if dice.chance(0.5):
        trim = np.stack([xs, edge], 1).astype(np.int32)
        cv2.polylines(sheet.image, [trim], False, sheet.palette.spark, max(1, sheet.height // 50), cv2.LINE_AA)


def _pattern(sheet: Sheet) -> None:
    """Sometimes a field of small repeated shapes."""
    dice = sheet.brand
    if not dice.chance(0.22):
        return
    colour = mixed(sheet.palette.ground, dice.pick((sheet.palette.accent, sheet.palette.quiet)), dice.between(0.3, 0.9))
    pitch = max(5, int(min(sheet.width, sheet.height) * dice.between(0.07, 0.25)))
    shape = dice.pick(("dots", "stripes", "checks", "slants"))
    for index, y in enumerate(range(0, sheet.height, pitch)):
        if shape == "stripes":
            cv2.line(sheet.image, (0, y), (sheet.width, y), colour, max(1, pitch // 4))
            continue
        for x in range((index % 2) * pitch // 2, sheet.width, pitch):
            if shape == "dots":
                cv2.circle(sheet.image, (x, y), max(1, pitch // 4), colour, -1, cv2.LINE_AA)
            elif shape == "checks":
                cv2.rectangle(sheet.image, (x, y), (x + pitch // 2, y + pitch - 1), colour, -1)
            else:
                cv2.line(sheet.image, (x, y), (x + pitch, y + pitch), colour, max(1, pitch // 5), cv2.LINE_AA)


def _extras(sheet: Sheet) -> None:
    """Badges, small text, weights, frames: the many small parts of a real print."""
    dice = sheet.variant.child("extras")
    for _ in range(dice.weighted({0: 3, 1: 4, 2: 2})):
        _badge(sheet, dice)
    for _ in range(dice.weighted({1: 3, 2: 4, 3: 3, 4: 1})):
        x, y = dice.between(0.04, 0.6) * sheet.width, dice.between(0.04, 0.9) * sheet.height
        box = (x, y, x + sheet.width * dice.between(0.15, 0.4), y + sheet.height * dice.between(0.03, 0.1))
        lettering.fine_lines(sheet.image, box, readable_on(sheet.ground_at(x, y), dice), dice)
    if dice.chance(0.5):
        x, y = dice.between(0.2, 0.8) * sheet.width, dice.between(0.9, 0.96) * sheet.height
        mask = lettering.word_mask(lettering.small_print(dice), "sans", 600)
        room = (sheet.width * 0.35, sheet.height * 0.06)
        lettering.write(sheet.image, mask, (x, y), room, readable_on(sheet.ground_at(x, y), dice))
    if sheet.brand.chance(0.15):
        frame = (sheet.width - 1, sheet.height - 1)
        cv2.rectangle(sheet.image, (0, 0), frame, sheet.palette.spark, max(1, min(frame) // 25))


def _badge(sheet: Sheet, dice: Dice) -> None:
    size = min(sheet.width, sheet.height) * dice.between(0.16, 0.34)
    x, y = (
        dice.between(0.12, 0.88) * sheet.width,
        dice.pick((dice.between(0.1, 0.3), dice.between(0.6, 0.92))) * sheet.height,
    )
    colour = dice.pick((sheet.palette.accent, sheet.palette.spark, (40, 40, 210), (40, 210, 250), (60, 140, 40)))
    if dice.chance(0.7):
        cv2.circle(sheet.image, (int(x), int(y)), max(2, int(size / 2)), colour, -1, cv2.LINE_AA)
    else:
        corner = (int(x - size * 0.7), int(y - size / 3))
        cv2.rectangle(sheet.image, corner, (int(x + size * 0.7), int(y + size / 3)), colour, -1)
    mask = lettering.word_mask(dice.pick(_BADGES), "sans", 900)
    lettering.write(sheet.image, mask, (x, y), (size * 0.75, size * 0.45), readable_on(colour, dice))
