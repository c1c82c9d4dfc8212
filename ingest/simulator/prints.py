"""The print of a pack's front: panels, pictures, a brand's name, titles, badges and small text.

A brand fixes the layout and most colours; a variant changes the accent, the picture and the title, as the flavours
of one brand do. Everything follows from the two seeds.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.simulator import lettering, motifs
from ingest.simulator.colours import Colour, Palette, brand_palette, mixed, readable_on, scaled, varied
from ingest.simulator.dice import Dice

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Print:
    """What is printed: the same two seeds and the same shape give the same picture."""

    brand: int
    variant: int
    name: str = ""
    """The brand's name as printed; left out: an invented one."""
    title: str = ""
    """What the product is called; left out: invented."""


@dataclass
class _Sheet:
    """A print in the making. ``brand`` and ``variant`` are streams of chance."""

    image: Image
    palette: Palette
    brand: Dice
    variant: Dice
    design: Print

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


def draw_print(design: Print, size_wh: tuple[int, int]) -> Image:
    """The print (H, W, 3) BGR at a size; sizes of one shape show the same print."""
    width, height = size_wh
    brand, variant = Dice("brand", design.brand), Dice("variant", design.brand, design.variant)
    palette = varied(brand_palette(brand), variant)
    sheet = _Sheet(np.empty((height, width, 3), np.uint8), palette, brand.child("layout"), variant, design)
    _ground(sheet)
    _panels(sheet)
    _pattern(sheet)
    if width > 1.7 * height:
        _wide(sheet)
    elif height > 2.4 * width:
        _tall(sheet)
    else:
        sheet.brand.pick((_poster, _poster, _banner, _split, _warning, _medal))(sheet)
    _extras(sheet)
    return sheet.image


def _ground(sheet: _Sheet) -> None:
    palette = sheet.palette
    low = mixed(palette.ground, sheet.brand.pick((palette.quiet, palette.panel, scaled(palette.ground, 0.7))), 0.5)
    down = np.linspace(0, 1, sheet.height, dtype=np.float32)[:, None, None] ** sheet.brand.between(0.5, 3)
    if sheet.brand.chance(0.4):
        down = np.zeros((1, 1, 1), np.float32)
    start = np.array(palette.ground, np.float32)
    sheet.image[:] = (start + (np.array(low, np.float32) - start) * down).astype(np.uint8)


def _panels(sheet: _Sheet) -> None:
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


def _slope(sheet: _Sheet, dice: Dice, colour: Colour) -> None:
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


def _pattern(sheet: _Sheet) -> None:
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


def _logo(sheet: _Sheet, centre: tuple[float, float], room: tuple[float, float]) -> None:
    """The brand's name, on a plate or with an outline, alike on all variants."""
    dice = sheet.brand.child("logo")
    face, weight = lettering.typeface(dice)
    name = sheet.design.name or lettering.brand_name(dice)
    mask = lettering.word_mask(name, face, max(weight, 600))
    if not sheet.design.name and dice.chance(0.15):
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


def _plate(sheet: _Sheet, centre: tuple[float, float], room: tuple[float, float], colour: Colour, dice: Dice) -> None:
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


def _titles(sheet: _Sheet, centre: tuple[float, float], room: tuple[float, float]) -> None:
    """The variant's name in one to three lines."""
    layout, words = sheet.brand.child("titles"), sheet.variant.child("words")
    face, weight = lettering.typeface(layout)
    lines = layout.whole(1, 3)
    row = room[1] / lines
    colour = readable_on(sheet.ground_at(*centre), words, layout.pick((None, sheet.palette.accent)))
    for line in range(lines):
        text = lettering.title(words) if line == 0 or words.chance(0.6) else lettering.small_print(words)
        text = sheet.design.title if line == 0 and sheet.design.title else text
        share = 1.0 if line == 0 else layout.between(0.45, 0.8)
        at = (centre[0], centre[1] - room[1] / 2 + row * (line + 0.5))
        lettering.write(sheet.image, lettering.word_mask(text, face, weight), at, (room[0] * share, row * 0.8), colour)


def _picture(sheet: _Sheet, box: tuple[float, float, float, float]) -> None:
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


def _poster(sheet: _Sheet) -> None:
    """Name above, picture below, title where there is room."""
    width, height, dice = sheet.width, sheet.height, sheet.brand
    split = dice.between(0.38, 0.6)
    reach = dice.between(0.0, 0.2)
    _picture(sheet, (width * reach, height * split, width * (1 - reach * dice.between(0, 1)), height * 1.02))
    _logo(sheet, (width / 2, height * dice.between(0.13, 0.24)), (width * 0.88, height * dice.between(0.14, 0.26)))
    _titles(sheet, (width / 2, height * (split - 0.08)), (width * 0.8, height * dice.between(0.1, 0.22)))


def _banner(sheet: _Sheet) -> None:
    """A broad band with the name across the middle; picture above or below."""
    width, height, dice = sheet.width, sheet.height, sheet.brand
    top, band = dice.between(0.3, 0.55), dice.between(0.16, 0.32)
    above = dice.chance(0.5)
    low, high = (0.0, top + 0.1) if above else (top + band - 0.1, 1.0)
    _picture(sheet, (width * 0.08, height * low, width * 0.92, height * high))
    cv2.rectangle(sheet.image, (0, int(top * height)), (width, int((top + band) * height)), sheet.palette.panel, -1)
    _logo(sheet, (width / 2, height * (top + band / 2)), (width * 0.9, height * band * 0.8))
    _titles(sheet, (width / 2, height * (0.14 if not above else (top + band + 1) / 2)), (width * 0.8, height * 0.16))


def _split(sheet: _Sheet) -> None:
    """Left and right halves of different content."""
    width, height, dice = sheet.width, sheet.height, sheet.brand
    at = dice.between(0.35, 0.65)
    cv2.rectangle(sheet.image, (int(at * width), 0), (width, height), sheet.palette.panel, -1)
    _picture(sheet, (width * at * 0.9, height * dice.between(0.2, 0.5), width, height * dice.between(0.8, 1.0)))
    _logo(sheet, (width * at / 2 + width * 0.04, height * 0.25), (width * max(at, 0.5) * 0.95, height * 0.25))
    _titles(sheet, (width * at / 2, height * 0.62), (width * at * 0.9, height * 0.3))


def _warning(sheet: _Sheet) -> None:
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
    _logo(sheet, (width / 2, middle), (width * 0.86, height * (1 - at) * 0.45))
    _titles(sheet, (width / 2, middle + height * (1 - at) * 0.33), (width * 0.6, height * 0.07))


def _medal(sheet: _Sheet) -> None:
    """A large round label with everything in it."""
    width, height, dice = sheet.width, sheet.height, sheet.brand
    centre, radius = (
        (width // 2, int(height * dice.between(0.42, 0.56))),
        int(min(width, height) * dice.between(0.36, 0.5)),
    )
    cv2.circle(sheet.image, centre, radius, sheet.palette.panel, -1, cv2.LINE_AA)
    cv2.circle(sheet.image, centre, radius, sheet.palette.spark, max(1, radius // 12), cv2.LINE_AA)
    box = (centre[0] - radius * 0.6, centre[1] - radius * 0.1, centre[0] + radius * 0.6, centre[1] + radius * 0.95)
    _picture(sheet, box)
    _logo(sheet, (centre[0], centre[1] - radius * 0.42), (radius * 1.6, radius * 0.55))
    _titles(sheet, (centre[0], height * dice.pick((0.08, 0.93))), (width * 0.85, height * 0.1))


def _wide(sheet: _Sheet) -> None:
    """Long flat packs: name at one side, title beside it, picture at the end."""
    width, height, dice = sheet.width, sheet.height, sheet.brand
    mirrored = dice.chance(0.3)

    def place(share: float) -> float:
        return width * (1 - share if mirrored else share)

    end = sorted((place(dice.between(0.66, 0.8)), place(1.0)))
    _picture(sheet, (end[0], 0, end[1], height))
    _logo(sheet, (place(0.26), height * dice.between(0.4, 0.6)), (width * 0.42, height * dice.between(0.5, 0.85)))
    _titles(sheet, (place(0.58), height * dice.between(0.35, 0.65)), (width * 0.26, height * 0.55))


def _tall(sheet: _Sheet) -> None:
    """Tall narrow fronts: the name upright or set along the height."""
    width, height, dice = sheet.width, sheet.height, sheet.brand
    _picture(sheet, (width * 0.05, height * dice.between(0.55, 0.7), width * 0.95, height * dice.between(0.85, 1.0)))
    if dice.chance(0.35):
        turned = np.ascontiguousarray(np.rot90(sheet.image, 1 if dice.chance(0.5) else -1))
        side = _Sheet(turned, sheet.palette, dice, sheet.variant, sheet.design)
        _logo(side, (height * 0.5, width * 0.5), (height * 0.5, width * 0.62))
        sheet.image[:] = np.rot90(turned, -1 if np.array_equal(np.rot90(turned, -1).shape, sheet.image.shape) else 1)
    else:
        _logo(sheet, (width / 2, height * dice.between(0.2, 0.36)), (width * 0.92, height * dice.between(0.1, 0.2)))
    _titles(sheet, (width / 2, height * 0.48), (width * 0.85, height * 0.1))


def _extras(sheet: _Sheet) -> None:
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


_BADGES: tuple[str, ...] = ("NEW", "2x", "-20%", "BIO", "XL", "+1", "3", "100%", "A+", "0%")
_Badge = Callable[[_Sheet, Dice], None]


def _badge(sheet: _Sheet, dice: Dice) -> None:
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
