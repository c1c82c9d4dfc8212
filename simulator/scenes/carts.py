"""What stands in aisles besides people: trolleys, baskets, roll cages, cartons, sacks."""

import cv2
import numpy as np

from simulator.dice import Dice
from simulator.packs.colours import Colour, any_colour, from_hsv, scaled
from simulator.scenes.cutouts import Cutout, Cutter, Image, Spot, cloth

_STEEL: tuple[Colour, ...] = ((170, 172, 175), (205, 205, 208), (120, 122, 125), (60, 60, 64))


def _mesh(cut: Cutter, quad: list[Spot], cells: tuple[int, int], colour: Colour, thick: int = 1) -> None:
    """Wires over a quadrilateral (upper left, upper right, lower right, lower left), their far side as a veil."""
    cut.veil(quad, scaled(colour, 0.6))
    corners = [np.array(each) for each in quad]
    for step in np.linspace(0, 1, cells[0] + 1):
        top, foot = corners[0] + (corners[1] - corners[0]) * step, corners[3] + (corners[2] - corners[3]) * step
        cut.line((float(top[0]), float(top[1])), (float(foot[0]), float(foot[1])), colour, thick)
    for step in np.linspace(0, 1, cells[1] + 1):
        left, right = corners[0] + (corners[3] - corners[0]) * step, corners[1] + (corners[2] - corners[1]) * step
        cut.line((float(left[0]), float(left[1])), (float(right[0]), float(right[1])), colour, thick)
    cut.enclose(quad)


def _load(cut: Cutter, dice: Dice, box: tuple[float, float, float, float], count: int) -> None:
    """Goods thrown together in x0, y0, x1, y1 (px)."""
    for _ in range(count):
        width, height = (box[2] - box[0]) * dice.between(0.12, 0.35), (box[3] - box[1]) * dice.between(0.3, 0.8)
        x, y = dice.between(box[0], max(box[0], box[2] - width)), box[3] - height * dice.between(0.9, 1.3)
        cut.area([(x, y), (x + width, y + dice.gauss(4)), (x + width, box[3]), (x, box[3])], any_colour(dice))


def trolley(dice: Dice) -> Cutout:
    """A wire trolley with handle and child seat, from its side or its end."""
    cut, wire, trim = Cutter((330, 340)), dice.pick(_STEEL), any_colour(dice)
    aside = dice.chance(0.6)
    left, right = (20, 310) if aside else (85, 250)
    wires: list[Spot] = [
        (left, 95.0),
        (right, 75.0 if aside else 95.0),
        (right - 22, 215.0),
        (left + 40 * aside + 10, 225.0),
    ]
    if dice.chance(0.6):
        _load(cut, dice, (left + 50, 110, right - 30, 215), dice.whole(2, 9))
    _mesh(cut, wires, (dice.whole(14, 26), dice.whole(5, 9)), wire)
    cut.line(wires[0], wires[1], scaled(wire, 1.1), 5)
    for x in (left + 30, right - 25):
        cut.line((x, 220), (x + dice.gauss(4), 315), scaled(wire, 0.8), 5)
        cv2.circle(cut.art, (round(x), 322), 12, (40, 40, 42), -1)
        cv2.circle(cut.cover, (round(x), 322), 12, 255, -1)
    cut.line((left + 25, 300), (right - 20, 300), scaled(wire, 0.7), 5)
    if aside:
        cut.line((right, 78), (right + 8, 45), wire, 5)
        cut.area([(right - 60, 62), (right + 14, 40), (right + 16, 52), (right - 56, 74)], trim)
    else:
        cut.area([(left - 8, 62), (right + 8, 62), (right + 8, 78), (left - 8, 78)], trim)
    if dice.chance(0.6):
        seat = right - 55
        cut.area(
            [(seat, 82), (right - 8, 80), (right - 10, 140), (seat + 4, 144)], scaled(trim, dice.between(0.6, 1.2))
        )
    return cut.done((1000.0, 1030.0))


def basket(dice: Dice) -> Cutout:
    """A hand basket on the floor."""
    cut, colour = Cutter((180, 130)), any_colour(dice)
    _load(cut, dice, (30, 30, 150, 110), dice.whole(0, 5))
    cut.area([(10, 62), (170, 62), (155, 125), (25, 125)], colour)
    for x in range(24, 160, 13):
        cut.line((x, 74), (x * 0.85 + 14, 118), scaled(colour, 0.6), 4)
    cut.area([(5, 55), (175, 55), (175, 66), (5, 66)], scaled(colour, 1.2))
    cv2.ellipse(cut.art, (90, 58), (70, 48), 0, 180, 360, (40, 40, 42), 5)
    cv2.ellipse(cut.cover, (90, 58), (70, 48), 0, 180, 360, 255, 5)
    return cut.done((480.0, 350.0))


def roll_cage(dice: Dice) -> Cutout:
    """A tall cage on wheels, part full of cartons."""
    cut, wire = Cutter((200, 420)), dice.pick(_STEEL)
    foot = 395.0
    while foot > 395 * dice.between(0.05, 0.8):
        high, x = dice.between(35, 80), 12.0
        while x < 180:
            wide = dice.between(45, 110)
            tone = _carton_colour(dice)
            cut.area([(x, foot - high), (min(188, x + wide), foot - high), (min(188, x + wide), foot), (x, foot)], tone)
            cut.line((x, foot - high), (min(188, x + wide), foot - high), scaled(tone, 0.6), 2)
            cut.line((x, foot - high), (x, foot), scaled(tone, 0.5), 2)
            x += wide
        foot -= high
    _mesh(cut, [(8, 8), (192, 8), (192, 396), (8, 396)], (dice.whole(6, 12), dice.whole(6, 18)), wire, 2)
    for x in (8, 192):
        cut.line((x, 6), (x, 398), scaled(wire, 1.1), 7)
        cut.line((x, 398), (x, 418), (40, 40, 42), 12)
    return cut.done((800.0, 1750.0))


def _carton_colour(dice: Dice) -> Colour:
    brown = from_hsv(dice.between(0.06, 0.1), dice.between(0.25, 0.5), dice.between(0.45, 0.8))
    return dice.pick((brown, brown, brown, (225, 228, 230), any_colour(dice)))


def carton_face(dice: Dice) -> Image:
    """One side of a carton (60, 80, 3): tape, an edge, some print."""
    colour, art = _carton_colour(dice), np.empty((60, 80, 3), np.uint8)
    art[:] = colour
    cv2.rectangle(art, (0, 0), (79, 59), scaled(colour, 0.6), 1)
    if dice.chance(0.6):
        cv2.rectangle(art, (36, 0), (44, dice.pick((14, 59))), scaled(colour, dice.pick((0.85, 1.15))), -1)
    if dice.chance(0.7):
        x, y = dice.whole(4, 40), dice.whole(8, 30)
        cv2.rectangle(
            art,
            (x, y),
            (x + dice.whole(12, 36), y + dice.whole(6, 24)),
            dice.pick(((245, 245, 245), any_colour(dice))),
            -1,
        )
    noise = cv2.resize(dice.bell(8, 10), (80, 60))[..., None]
    return np.asarray(np.clip(art * (1 + 0.06 * noise), 0, 255), np.uint8)


def sack(dice: Dice) -> Cutout:
    """A full sack or a bale in film."""
    cut = Cutter((160, 200))
    part = cut.blank()
    cv2.ellipse(part, (80, 110), (66, 84), 0, 0, 360, 255, -1)
    cv2.rectangle(part, (24, 60), (136, 190), 255, -1)
    cv2.fillPoly(part, [np.array([(50, 40), (40, 6), (120, 10), (108, 44)], np.int32)], 255)
    white = dice.pick(((228, 230, 234), (200, 215, 225), any_colour(dice)))
    cut.lay(part, cloth(dice, (160, 200), white), 0.6)
    return cut.done((480.0, 620.0))
