"""How a print is laid out: the sheet, the parts that all layouts share, and where name, picture and titles go."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.dice import Dice
from simulator.packs import lettering, motifs
from simulator.packs.colours import Colour, Palette, readable_on, scaled

Image = NDArray[np.uint8]


@dataclass
class Sheet:
    """A print in the making. ``brand`` and ``variant`` are streams of chance."""

    image: Image
    palette: Palette
    brand: Dice
    variant: Dice
    name: str = ""
    """The brand's name as printed; left out: an invented one."""
    title: str = ""
    """What the product is called; left out: invented."""

    @property
    def width(self) -> int:
        return int(self.image.shape[1])

    @property
    def height(self) -> int:
        return int(self.image.shape[0])

    def ground_at(self, x: float, y: float) -> Colour:
        """The colour under a spot, averaged over its surroundings."""
        reach = max(2, min(self.width, self.height) // 12)
        column, row = int(np.clip(x, 0, self.width - 1)), int(np.clip(y, 0, self.height - 1))
        part = self.image[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
        blue, green, red = part.reshape(-1, 3).mean(0)
        return int(blue), int(green), int(red)


def logo(sheet: Sheet, centre: tuple[float, float], room: tuple[float, float]) -> None:
    """The brand's name, on a plate or with an outline, alike on all variants."""
    dice = sheet.brand.child("logo")
    face, weight = lettering.typeface(dice)
    name = sheet.name or lettering.brand_name(dice)
    mask = lettering.word_mask(name, face, max(weight, 600))
    if not sheet.name and dice.chance(0.15):
        mask = lettering.glyph_mask(dice.seed() % 5000, dice.whole(2, 4))
    if dice.chance(0.4):
        mask = lettering.bent(mask, dice)
    ground = sheet.ground_at(*centre)
    if dice.chance(0.45):
        ground = dice.pick(
            (sheet.palette.panel, sheet.palette.ground, sheet.palette.quiet, (245, 245, 245), (30, 25, 140))
        )
        _plate(sheet, centre, room, ground, dice)
        room = (room[0] * 0.84, room[1] * 0.72)
    colour = readable_on(ground, dice, dice.pick((None, sheet.palette.panel)))
    outline = dice.pick((None, None, (250, 250, 250), (20, 20, 20))) if dice.chance(0.5) else None
    lettering.write(sheet.image, mask, centre, room, colour, outline=outline)


def _plate(sheet: Sheet, centre: tuple[float, float], room: tuple[float, float], colour: Colour, dice: Dice) -> None:
    at, half = (int(centre[0]), int(centre[1])), (max(2, int(room[0] / 2)), max(2, int(room[1] / 2)))
    rim = dice.pick((sheet.palette.spark, (250, 250, 250), scaled(colour, 0.5)))
    if dice.chance(0.5):
        cv2.ellipse(sheet.image, at, half, dice.between(-8, 8), 0, 360, colour, -1, cv2.LINE_AA)
        if dice.chance(0.6):
            cv2.ellipse(sheet.image, at, half, 0, 0, 360, rim, max(1, half[1] // 10), cv2.LINE_AA)
        return
    corner, other = (at[0] - half[0], at[1] - half[1]), (at[0] + half[0], at[1] + half[1])
    cv2.rectangle(sheet.image, corner, other, colour, -1)
    if dice.chance(0.4):
        cv2.rectangle(sheet.image, corner, other, rim, max(1, half[1] // 10))


def titles(sheet: Sheet, centre: tuple[float, float], room: tuple[float, float]) -> None:
    """The variant's name in one to three lines."""
    layout, words = sheet.brand.child("titles"), sheet.variant.child("words")
    face, weight = lettering.typeface(layout)
    lines = layout.whole(1, 3)
    row = room[1] / lines
    colour = readable_on(sheet.ground_at(*centre), words, layout.pick((None, sheet.palette.accent)))
    for line in range(lines):
        text = lettering.title(words) if line == 0 or words.chance(0.6) else lettering.small_print(words)
        text = sheet.title if line == 0 and sheet.title else text
        share = 1.0 if line == 0 else layout.between(0.45, 0.8)
        at = (centre[0], centre[1] - room[1] / 2 + row * (line + 0.5))
        lettering.write(sheet.image, lettering.word_mask(text, face, weight), at, (room[0] * share, row * 0.8), colour)


def picture(sheet: Sheet, box: tuple[float, float, float, float]) -> None:
    """The variant's illustration, sometimes on a coloured patch, sometimes twice."""
    layout, dice = sheet.brand.child("picture"), sheet.variant.child("picture")
    if layout.chance(0.3):
        patch = (int(box[0]), int(box[1])), (int(box[2]), int(box[3]))
        cv2.rectangle(sheet.image, patch[0], patch[1], sheet.palette.accent, -1)
    art = motifs.photograph(dice) if layout.chance(0.25) else motifs.motif(dice)
    motifs.lay(sheet.image, art, box)
    if layout.chance(0.3):
        x, y = (box[2] - box[0]) * layout.between(-0.3, 0.5), (box[3] - box[1]) * layout.between(0.1, 0.5)
        size = min(box[2] - box[0], box[3] - box[1]) * layout.between(0.3, 0.6)
        motifs.lay(sheet.image, motifs.motif(dice), (box[0] + x, box[1] + y, box[0] + x + size, box[1] + y + size))


def poster(sheet: Sheet) -> None:
    """Name above, picture below, title where there is room."""
    width, height, dice = sheet.width, sheet.height, sheet.brand
    split = dice.between(0.38, 0.6)
    reach = dice.between(0.0, 0.2)
    picture(sheet, (width * reach, height * split, width * (1 - reach * dice.between(0, 1)), height * 1.02))
    logo(sheet, (width / 2, height * dice.between(0.13, 0.24)), (width * 0.88, height * dice.between(0.14, 0.26)))
    titles(sheet, (width / 2, height * (split - 0.08)), (width * 0.8, height * dice.between(0.1, 0.22)))


def banner(sheet: Sheet) -> None:
    """A broad band with the name across the middle; picture above or below."""
    width, height, dice = sheet.width, sheet.height, sheet.brand
    top, band = dice.between(0.3, 0.55), dice.between(0.16, 0.32)
    above = dice.chance(0.5)
    low, high = (0.0, top + 0.1) if above else (top + band - 0.1, 1.0)
    picture(sheet, (width * 0.08, height * low, width * 0.92, height * high))
    cv2.rectangle(sheet.image, (0, int(top * height)), (width, int((top + band) * height)), sheet.palette.panel, -1)
    logo(sheet, (width / 2, height * (top + band / 2)), (width * 0.9, height * band * 0.8))
    titles(sheet, (width / 2, height * (0.14 if not above else (top + band + 1) / 2)), (width * 0.8, height * 0.16))


def split(sheet: Sheet) -> None:
    """Left and right halves of different content."""
    width, height, dice = sheet.width, sheet.height, sheet.brand
    at = dice.between(0.35, 0.65)
    cv2.rectangle(sheet.image, (int(at * width), 0), (width, height), sheet.palette.panel, -1)
    picture(sheet, (width * at * 0.9, height * dice.between(0.2, 0.5), width, height * dice.between(0.8, 1.0)))
    logo(sheet, (width * at / 2 + width * 0.04, height * 0.25), (width * max(at, 0.5) * 0.95, height * 0.25))
    titles(sheet, (width * at / 2, height * 0.62), (width * at * 0.9, height * 0.3))


def warning(sheet: Sheet) -> None:
    """Name on one part and a photograph with a text field on the other, as tobacco and medicine packs have it."""
    width, height, dice = sheet.width, sheet.height, sheet.brand
    at, up = dice.between(0.35, 0.55), dice.chance(0.5)
    photo = (0.0, 0.0, width, height * at) if up else (0.0, height * (1 - at), width, height)
    if sheet.variant.chance(0.8):
        motifs.lay(sheet.image, motifs.photograph(sheet.variant), photo)
        motifs.lay(sheet.image, motifs.motif(sheet.variant), (photo[0] + width * 0.1, photo[1], photo[2], photo[3]))
    strip = (int(photo[3] - height * 0.09), int(photo[3]))
    cv2.rectangle(sheet.image, (0, strip[0]), (width, strip[1]), (22, 22, 22), -1)
    lettering.fine_lines(
        sheet.image, (width * 0.08, strip[0] + 1, width * 0.9, strip[1]), (235, 235, 235), sheet.variant
    )
    middle = height * ((1 + at) / 2 if up else (1 - at) / 2)
    logo(sheet, (width / 2, middle), (width * 0.86, height * (1 - at) * 0.45))
    titles(sheet, (width / 2, middle + height * (1 - at) * 0.33), (width * 0.6, height * 0.07))


def medal(sheet: Sheet) -> None:
    """A large round label with everything in it."""
    width, height, dice = sheet.width, sheet.height, sheet.brand
    centre, radius = (
        (width // 2, int(height * dice.between(0.42, 0.56))),
        int(min(width, height) * dice.between(0.36, 0.5)),
    )
    cv2.circle(sheet.image, centre, radius, sheet.palette.panel, -1, cv2.LINE_AA)
    cv2.circle(sheet.image, centre, radius, sheet.palette.spark, max(1, radius // 12), cv2.LINE_AA)
    box = (centre[0] - radius * 0.6, centre[1] - radius * 0.1, centre[0] + radius * 0.6, centre[1] + radius * 0.95)
    picture(sheet, box)
    logo(sheet, (centre[0], centre[1] - radius * 0.42), (radius * 1.6, radius * 0.55))
    titles(sheet, (centre[0], height * dice.pick((0.08, 0.93))), (width * 0.85, height * 0.1))


def wide(sheet: Sheet) -> None:
    """Long flat packs: name at one side, title beside it, picture at the end."""
    width, height, dice = sheet.width, sheet.height, sheet.brand
    mirrored = dice.chance(0.3)

    def place(share: float) -> float:
        return width * (1 - share if mirrored else share)

    if not sheet.name:
        _halved(sheet)
    end = sorted((place(dice.between(0.66, 0.8)), place(1.0)))
    picture(sheet, (end[0], 0, end[1], height))
    logo(sheet, (place(0.26), height * dice.between(0.4, 0.6)), (width * 0.42, height * dice.between(0.5, 0.85)))
    titles(sheet, (place(0.58), height * dice.between(0.35, 0.65)), (width * 0.26, height * 0.55))


def _halved(sheet: Sheet) -> None:
    """Two fields of different colours side by side on many long packs, so that one looks like two."""
    dice = sheet.brand.child("halves")
    if not dice.chance(0.45):
        return
    cut = int(sheet.width * dice.between(0.3, 0.7))
    colours = (sheet.palette.panel, sheet.palette.accent, sheet.palette.quiet, (245, 245, 245))
    for left, right in ((0, cut), (cut, sheet.width)):
        if dice.chance(0.75):
            cv2.rectangle(sheet.image, (left, 0), (right, sheet.height), dice.pick(colours), -1)
    motifs.lay(sheet.image, motifs.motif(sheet.variant.child("halves")), (cut, 0, cut + sheet.height, sheet.height))


def tall(sheet: Sheet) -> None:
    """Tall narrow fronts: the name upright or set along the height."""
    width, height, dice = sheet.width, sheet.height, sheet.brand
    picture(sheet, (width * 0.05, height * dice.between(0.55, 0.7), width * 0.95, height * dice.between(0.85, 1.0)))
    if dice.chance(0.35):
        turned = np.ascontiguousarray(np.rot90(sheet.image, 1 if dice.chance(0.5) else -1))
        side = Sheet(turned, sheet.palette, dice, sheet.variant, sheet.name, sheet.title)
        logo(side, (height * 0.5, width * 0.5), (height * 0.5, width * 0.62))
        sheet.image[:] = np.rot90(turned, -1 if np.array_equal(np.rot90(turned, -1).shape, sheet.image.shape) else 1)
    else:
        logo(sheet, (width / 2, height * dice.between(0.2, 0.36)), (width * 0.92, height * dice.between(0.1, 0.2)))
    titles(sheet, (width / 2, height * 0.48), (width * 0.85, height * 0.1))
