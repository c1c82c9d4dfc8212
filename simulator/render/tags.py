"""Price tags, promotion cards, wobblers, signs, clip strips: what hangs before the goods and is none of them."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.dice import Dice
from simulator.packs import lettering
from simulator.packs.bodies import draw_pack
from simulator.packs.colours import WHITE, Colour, any_colour, readable_on, scaled
from simulator.packs.pack import Shape, random_pack
from simulator.packs.prints import Print, draw_print
from simulator.packs.sprites import Sprite
from simulator.render.canvas import Canvas

Image = NDArray[np.uint8]
_YELLOW: Colour = (60, 225, 250)
_RED: Colour = (40, 35, 205)


def price(dice: Dice) -> str:
    """A price as tags print it."""
    return f"{dice.whole(0, 29)}.{dice.pick(('49', '99', '90', '29', '79', '19', '59', '00'))}"


@lru_cache(maxsize=512)
def tag_art(style: int, number: int, promotion: bool, electronic: bool = False) -> Image:
    """A tag's face, (44, 72, 3): tags of one style share colours and layout."""
    if electronic and not promotion:
        return _electronic_art(style, number)
    layout, dice = Dice("tag", style, promotion), Dice("tag", style, number)
    paper = (
        layout.pick((_YELLOW, _YELLOW, WHITE, (0, 200, 255), _RED))
        if promotion
        else layout.pick((WHITE, WHITE, (235, 240, 232), _YELLOW, (210, 225, 235)))
    )
    art = np.empty((44, 72, 3), np.uint8)
    art[:] = paper
    ink = readable_on(paper, layout)
    strip = layout.pick((0, 0, 9, 13))
    if strip:
        art[:strip] = layout.pick((any_colour(layout), (40, 40, 200), (245, 245, 245)))
    big = 0.62 if promotion else layout.pick((0.34, 0.5))
    at = (36 if promotion else layout.pick((22, 48)), strip + (44 - strip) * layout.between(0.5, 0.7))
    lettering.write(
        art, lettering.word_mask(price(dice), "sans", 800), at, (64 * (1.0 if promotion else 0.6), 44 * big), ink
    )
    if not promotion or layout.chance(0.4):
        left = 4 if at[0] > 36 or promotion else 42
        lettering.fine_lines(art, (left, strip + 3, left + 26, strip + 14), scaled(ink, 0.8), dice)
    if layout.chance(0.4):
        for x in range(5, 25, 2):
            cv2.line(art, (x, 31), (x, 40), (60, 60, 60), 1 + dice.whole(0, 1) // 2)
    cv2.rectangle(art, (0, 0), (71, 43), scaled(paper, 0.7), 1)
    return art


def _electronic_art(style: int, number: int) -> Image:
    """An electronic label: grey paper behind glass in a frame, some with a red field."""
    layout, dice = Dice("electronic", style), Dice("electronic", style, number)
    art = np.empty((44, 72, 3), np.uint8)
    art[:] = layout.pick(((235, 235, 235), (70, 70, 72), (30, 30, 32)))
    paper = layout.pick(((205, 212, 210), (222, 226, 225)))
    cv2.rectangle(art, (5, 4), (66, 39), paper, -1)
    sale = dice.chance(0.2)
    if sale:
        cv2.rectangle(art, (5, 24), (66, 39), _RED, -1)
    digits = lettering.word_mask(price(dice), "sans", 800)
    lettering.write(art, digits, (layout.pick((36, 46)), 30), (38, 17), WHITE if sale else (30, 30, 30))
    lettering.fine_lines(art, (8, 7, 40, 19), (45, 45, 45), dice)
    return art


@dataclass(frozen=True)
class Tag:
    """One tag: tags of one style look alike, the number gives price and text."""

    style: int
    number: int
    width_mm: float
    promotion: bool = False
    electronic: bool = False


def paint_tag(canvas: Canvas, tag: Tag, upper_left_mm: tuple[float, float], *, labelled: bool = False) -> None:
    """A tag in the front plane; ``labelled`` tags are instances of the scene."""
    art = tag_art(tag.style, tag.number, tag.promotion, tag.electronic)
    size = (tag.width_mm * canvas.scale, tag.width_mm * canvas.scale * 44 / 72)
    corner = canvas.front(*upper_left_mm)
    instance = canvas.tally.tag(max(2, round(size[0])) * max(2, round(size[1]))) if labelled else 0
    canvas.paste(Sprite(art, _full(art), None, None), (corner[0], corner[1] + size[1]), size, 1.0, instance)


@lru_cache(maxsize=64)
def _full_cover(height: int, width: int) -> Image:
    return np.full((height, width), 255, np.uint8)


def _full(art: Image) -> Image:
    return _full_cover(art.shape[0], art.shape[1])


def paint_sign(canvas: Canvas, dice: Dice, corner_mm: tuple[float, float], size_mm: tuple[float, float]) -> None:
    """A wobbler, banner or poster that sticks out before the goods."""
    art = draw_print(Print(dice.seed(), 0), (max(24, int(size_mm[0] / size_mm[1] * 90)), 90))
    cover = np.full(art.shape[:2], 255, np.uint8)
    if dice.chance(0.35):
        cover[:] = 0
        cv2.ellipse(cover, (art.shape[1] // 2, 45), (art.shape[1] // 2, 44), 0, 0, 360, 255, -1)
    if dice.chance(0.4):
        art[:] = any_colour(dice)
        words = lettering.word_mask(lettering.title(dice), "sans", 800)
        lettering.write(
            art,
            words,
            (art.shape[1] / 2, 45),
            (art.shape[1] * 0.9, 60),
            readable_on((art[0, 0, 0], art[0, 0, 1], art[0, 0, 2]), dice),
        )
    corner = canvas.front(*corner_mm)
    canvas.paste(Sprite(art, cover, None, None), corner, (size_mm[0] * canvas.scale, size_mm[1] * canvas.scale), 1.05)


def paint_clip_strip(canvas: Canvas, dice: Dice, x_mm: float, top_mm: float) -> None:
    """A strip of small packs hanging before the shelves, belonging to no slot."""
    pack = random_pack(dice.pick((Shape.HANGING, Shape.POUCH, Shape.BOX)), dice, 140)
    sprite = draw_pack(pack, pack.height_mm * canvas.scale)
    pitch = pack.height_mm * dice.between(0.7, 0.95)
    lean = dice.between(-0.05, 0.05)
    for step in range(dice.whole(3, 9)):
        at = canvas.front(x_mm + step * pitch * lean + dice.gauss(4), top_mm - step * pitch)
        canvas.paste(sprite, at, (pack.width_mm * canvas.scale, pack.height_mm * canvas.scale), 1.0)
