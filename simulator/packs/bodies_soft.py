"""Soft packs: pouches, bread bags, packs of pads and tissues, hanging bags and cards, tubes."""

import cv2
import numpy as np

from simulator.dice import Dice
from simulator.packs.colours import from_hsv, scaled
from simulator.packs.pack import Pack, Shape
from simulator.packs.print_layouts import Image
from simulator.packs.sprites import Plane, Sprite, axes, lightened, shaded, wrinkles

# Share of bags of clear film, with a label on it.
_SEE_THROUGH = 0.25


def draw_soft(pack: Pack, art: Image, dice: Dice) -> Sprite:
    """A soft pack: bulged, wrinkled, glossy, with seals."""
    if pack.shape is Shape.TUBE:
        return _tube(art, dice)
    if pack.shape is Shape.LOAF:
        return _loaf(art, dice)
    if pack.shape is Shape.PILLOW:
        return _lying(art, dice)
    height, width = art.shape[:2]
    folds = wrinkles(dice.field(dice.whole(3, 7), dice.whole(2, 6)), height, width)
    front = _crumpled(_see_through(art, dice) if dice.chance(_SEE_THROUGH) else art, folds, dice)
    front = _seals(front, dice)
    cover = _pillow(height, width, dice)
    if pack.shape is Shape.HANGING:
        hole = (width // 2, max(2, int(height * 0.05)))
        cv2.ellipse(cover, hole, (max(2, width // 12), max(1, height // 60)), 0, 0, 360, 0, -1)
    return Sprite(front, cover, None, None)


def _see_through(art: Image, dice: Dice) -> Image:
    """A bag of clear film: the goods in it (pasta, nuts, rice, sweets, salad), and the print on a label."""
    height, width = art.shape[:2]
    hue, grains = dice.pick((0.08, 0.1, 0.12, 0.3, dice.between(0, 1))), dice.whole(5, 34)
    tone = np.array(from_hsv(hue, dice.between(0.05, 0.8), dice.between(0.35, 0.95)), np.float32)
    rows = max(3, round(grains * height / width))
    how = dice.pick((cv2.INTER_CUBIC, cv2.INTER_NEAREST))
    heap = np.asarray(cv2.resize(dice.field(rows, grains), (width, height), interpolation=how), np.float32)
    front = np.clip(tone * (0.55 + 0.6 * heap[..., None]), 0, 255).astype(np.uint8)
    top, foot = sorted((dice.between(0.05, 0.45), dice.between(0.5, 0.95)))
    left, right = (0.0, 1.0) if dice.chance(0.5) else (dice.between(0.05, 0.3), dice.between(0.7, 0.95))
    rows_px = slice(int(top * height), max(int(top * height) + 2, int(foot * height)))
    columns_px = slice(int(left * width), max(int(left * width) + 2, int(right * width)))
    size = (columns_px.stop - columns_px.start, rows_px.stop - rows_px.start)
    front[rows_px, columns_px] = cv2.resize(art, size, interpolation=cv2.INTER_AREA)
    return front


def _crumpled(art: Image, folds: Plane, dice: Dice) -> Image:
    x, y = axes(*art.shape[:2])
    bulge = 1.06 - dice.between(0.1, 0.4) * np.abs(x) ** 3 - dice.between(0.05, 0.25) * (2 * np.abs(y - 0.45)) ** 3
    front = shaded(art, (0.8 + 0.36 * folds) * bulge)
    return lightened(front, np.clip(folds - dice.between(0.6, 0.8), 0, 1) * dice.between(0.3, 2.0))


def _seals(front: Image, dice: Dice) -> Image:
    """The crimped strips at top and, often, bottom."""
    height = front.shape[0]
    strip = max(2, int(height * dice.between(0.035, 0.08)))
    tint = np.array(dice.pick(((225, 225, 228), scaled(from_hsv(dice.between(0, 1), 0.6, 0.8), 1.0))), np.float32)
    edges = [slice(0, strip)] + ([slice(height - strip, height)] if dice.chance(0.6) else [])
    for edge in edges:
        front[edge] = front[edge] * 0.6 + tint * 0.4
        front[edge][::2] = front[edge][::2] * 0.82
    return front


def _pillow(height: int, width: int, dice: Dice) -> Image:
    """The outline of a filled bag: waists at the seals, slightly uneven sides."""
    x, y = axes(height, width)
    sides = 1 - dice.between(0.01, 0.08) * np.abs(np.sin(y * dice.between(2, 9) + dice.between(0, 6)))
    ends = np.clip(1 - dice.between(0.0, 0.12) * (2 * np.abs(y - 0.5)) ** 6, 0, 1)
    ragged = 0.02 * wrinkles(dice.field(7, 1), height, 1)
    return np.asarray(np.where(np.abs(x) <= sides * ends - ragged, 255, 0), np.uint8)


def _lying(art: Image, dice: Dice) -> Sprite:
    """A soft pack with square corners under tight film: pads, tissues, noodles; glossy, a little sunk."""
    height, width = art.shape[:2]
    folds = wrinkles(dice.field(dice.whole(2, 5), dice.whole(3, 7)), height, width)
    x, y = axes(height, width)
    front = shaded(art, (0.84 + 0.28 * folds) * (1.05 - dice.between(0.1, 0.45) * (2 * np.abs(y - 0.42)) ** 4))
    front = lightened(front, np.clip(folds - dice.between(0.5, 0.75), 0, 1) * dice.between(0.3, 2.2))
    square = dice.between(5, 14)
    sunk = dice.between(0.0, 0.1) * (1 - np.abs(x) ** 2) * (1 if dice.chance(0.5) else 0)
    shell = (np.abs(x) ** square + np.abs(2 * (y - sunk / 2) / (1 - sunk) - 1) ** square) <= 1
    return Sprite(front, np.where(shell & (y >= sunk), 255, 0).astype(np.uint8), None, None)


def _loaf(art: Image, dice: Dice) -> Sprite:
    """A bread bag on its side or end: clear film over a brown loaf, a printed field, much gloss."""
    height, width = art.shape[:2]
    x, y = axes(height, width)
    crust = from_hsv(dice.between(0.06, 0.1), dice.between(0.35, 0.7), dice.between(0.55, 0.9))
    front = np.empty_like(art)
    front[:] = crust
    left, right = sorted((dice.between(0.0, 0.3), dice.between(0.65, 1.0)))
    low, high = int(left * width), int(right * width)
    if dice.chance(0.35):
        low, high = 0, width
    front[:, low:high] = cv2.resize(art, (high - low, height), interpolation=cv2.INTER_AREA)
    folds = wrinkles(dice.field(dice.whole(3, 6), dice.whole(5, 9)), height, width)
    front = _crumpled(front, folds, dice)
    lumps = 0.06 * np.sin(x * dice.between(3, 8) + dice.between(0, 6)) + 0.05 * wrinkles(dice.field(1, 6), 1, width)
    shell = (np.abs(2 * y - 1.02 - lumps) ** 2.6 + np.abs(x) ** dice.between(4, 8)) <= 1
    return Sprite(front, np.where(shell, 255, 0).astype(np.uint8), None, None)


def _tube(art: Image, dice: Dice) -> Sprite:
    """A tube standing on its cap, crimped at the top."""
    height, width = art.shape[:2]
    x, y = axes(height, width)
    cap = int(height * dice.between(0.1, 0.24))
    half = np.where(y < 0.05, 1.0, 1.0 - (1 - dice.between(0.7, 0.95)) * y)
    front = art.copy()
    colour = dice.pick(((245, 245, 245), (205, 205, 208), (40, 40, 40), from_hsv(dice.between(0, 1), 0.7, 0.7)))
    front[-cap:] = colour
    front[-cap : -cap + 2] = scaled(colour, 0.6)
    crimp = max(2, height // 25)
    front[:crimp:2] = front[:crimp:2] * 0.8
    turn = np.asarray(np.clip(x / half, -1, 1), np.float32)
    roundness = np.clip(y * 1.6, 0, 1)
    front = shaded(front, 1.03 - 0.5 * roundness * np.abs(turn) ** 3)
    streak = np.exp(-(((turn + dice.between(-0.5, 0.5)) / 0.15) ** 2)) * dice.between(0.1, 0.4)
    front = lightened(front, np.asarray(streak, np.float32))
    return Sprite(front, np.where(np.abs(x) <= half, 255, 0).astype(np.uint8), None, None)
