"""Pictures on packs: small illustrations, drawn with soft shading and cached by what they are made of."""

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.dice import Dice
from simulator.packs.colours import Colour, from_hsv, mixed, scaled

Image = NDArray[np.uint8]
Cutout = NDArray[np.uint8]
"""(SIDE_PX, SIDE_PX, 4): BGR and coverage."""

SIDE_PX = 128
_HUE_STEPS = 12
_NATURAL_HUES = (0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 11)
"""Steps of hue as food and flowers have them: red, orange and yellow before blue and violet."""


def _blank() -> Cutout:
    return np.zeros((SIDE_PX, SIDE_PX, 4), np.uint8)


def _opaque(colour: Colour) -> tuple[int, int, int, int]:
    return (*colour, 255)


def _blob(art: Cutout, centre: tuple[float, float], axes: tuple[float, float], angle: float, colour: Colour) -> None:
    """A rounded thing lit from the upper left: dark rim, body, light spot."""
    at = (int(centre[0]), int(centre[1]))
    wide, high = max(1, int(axes[0])), max(1, int(axes[1]))
    cv2.ellipse(art, at, (wide, high), angle, 0, 360, _opaque(scaled(colour, 0.6)), -1, cv2.LINE_AA)
    inner = (at[0] - wide // 8, at[1] - high // 8)
    cv2.ellipse(
        art, inner, (max(1, wide * 7 // 8), max(1, high * 7 // 8)), angle, 0, 360, _opaque(colour), -1, cv2.LINE_AA
    )
    spot = (at[0] - wide // 3, at[1] - high // 3)
    light = mixed(colour, (255, 255, 255), 0.45)
    cv2.ellipse(art, spot, (max(1, wide // 3), max(1, high // 4)), angle, 0, 360, _opaque(light), -1, cv2.LINE_AA)


def _pile(art: Cutout, hue: float, dice: Dice) -> None:
    count, size, oval = dice.whole(8, 60), dice.between(6, 20), dice.between(0.45, 1.0)
    colour = from_hsv(hue, dice.between(0.3, 0.9), dice.between(0.35, 0.95))
    for step in range(count):
        low = step / count
        x = 64 + (dice.between(-1, 1)) * (24 + 36 * low)
        y = 40 + 70 * low + dice.gauss(6)
        _blob(art, (x, y), (size, size * oval), dice.between(0, 180), scaled(colour, dice.between(0.75, 1.2)))


def _fruit(art: Cutout, hue: float, dice: Dice) -> None:
    colour = from_hsv(hue, dice.between(0.6, 0.95), dice.between(0.6, 0.95))
    for _ in range(dice.whole(1, 3)):
        centre = (64 + dice.gauss(18), 70 + dice.gauss(12))
        radius = dice.between(28, 48)
        _blob(art, centre, (radius, radius * dice.between(0.85, 1.2)), dice.between(-20, 20), colour)
    _leaf(art, (70, 30), dice.between(20, 40), dice.between(-60, 60), from_hsv(0.3, 0.7, 0.5))


def _leaf(art: Cutout, centre: tuple[float, float], length: float, angle: float, colour: Colour) -> None:
    at = (int(centre[0]), int(centre[1]))
    cv2.ellipse(art, at, (int(length), max(2, int(length * 0.35))), angle, 0, 360, _opaque(colour), -1, cv2.LINE_AA)
    turn = np.deg2rad(angle)
    tip = (int(centre[0] + length * np.cos(turn)), int(centre[1] + length * np.sin(turn)))
    cv2.line(art, at, tip, _opaque(mixed(colour, (255, 255, 255), 0.4)), 2, cv2.LINE_AA)


def _sprig(art: Cutout, hue: float, dice: Dice) -> None:
    green = from_hsv(0.33 + dice.gauss(0.05), dice.between(0.4, 0.9), dice.between(0.3, 0.8))
    for step in range(dice.whole(4, 11)):
        at = (64 + dice.gauss(22), 30 + step * 8 + dice.gauss(5))
        _leaf(art, at, dice.between(14, 34), dice.between(0, 360), scaled(green, dice.between(0.7, 1.3)))
    for _ in range(dice.whole(0, 4)):
        at = (64 + dice.gauss(28), 70 + dice.gauss(20))
        _blob(art, at, (11, 11), 0, from_hsv(hue, 0.8, 0.85))


def _citrus(art: Cutout, hue: float, dice: Dice) -> None:
    for _ in range(dice.whole(1, 3)):
        x, y, radius = int(64 + dice.gauss(20)), int(64 + dice.gauss(20)), dice.whole(26, 46)
        rind = from_hsv(hue, 0.85, 0.9)
        cv2.circle(art, (x, y), radius, _opaque(rind), -1, cv2.LINE_AA)
        cv2.circle(art, (x, y), radius * 7 // 8, _opaque(mixed(rind, (255, 255, 255), 0.75)), -1, cv2.LINE_AA)
        for wedge in range(8):
            pulp = mixed(rind, (255, 255, 255), 0.15)
            turn = wedge * 45 + 7
            cv2.ellipse(art, (x, y), (radius * 6 // 8,) * 2, turn, 0, 33, _opaque(pulp), -1, cv2.LINE_AA)


def _bowl(art: Cutout, hue: float, dice: Dice) -> None:
    china = from_hsv(dice.between(0, 1), dice.between(0, 0.4), dice.between(0.8, 1))
    cv2.ellipse(art, (64, 78), (58, 44), 0, 0, 180, _opaque(scaled(china, 0.8)), -1, cv2.LINE_AA)
    cv2.ellipse(art, (60, 78), (50, 38), 0, 0, 180, _opaque(china), -1, cv2.LINE_AA)
    cv2.ellipse(art, (64, 76), (60, 20), 0, 0, 360, _opaque(mixed(china, (255, 255, 255), 0.5)), -1, cv2.LINE_AA)
    food = from_hsv(hue, dice.between(0.4, 0.9), dice.between(0.4, 0.95))
    size = dice.between(5, 13)
    for _ in range(dice.whole(14, 40)):
        turn, far = dice.between(0, 6.28), dice.between(0, 1) ** 0.5
        at = (64 + 50 * far * np.cos(turn), 72 + 15 * far * np.sin(turn) - dice.between(0, 14))
        _blob(art, at, (size, size * 0.7), dice.between(0, 180), scaled(food, dice.between(0.7, 1.25)))


def _cup(art: Cutout, hue: float, dice: Dice) -> None:
    china = from_hsv(hue, dice.between(0, 0.6), dice.between(0.7, 1))
    corners = np.array([[28, 50], [96, 50], [84, 108], [40, 108]], np.int32)
    cv2.ellipse(art, (98, 72), (17, 18), 0, 0, 360, _opaque(scaled(china, 0.8)), 6, cv2.LINE_AA)
    cv2.fillPoly(art, [corners], _opaque(china), cv2.LINE_AA)
    cv2.ellipse(art, (62, 50), (34, 11), 0, 0, 360, _opaque(mixed(china, (255, 255, 255), 0.5)), -1, cv2.LINE_AA)
    cv2.ellipse(
        art, (62, 51), (29, 8), 0, 0, 360, _opaque(from_hsv(0.07, 0.8, dice.between(0.2, 0.6))), -1, cv2.LINE_AA
    )
    for x in (50, 66, 78):
        cv2.ellipse(art, (x, 28), (6, 16), dice.gauss(15), 0, 360, (235, 235, 235, 90), 3, cv2.LINE_AA)


def _flower(art: Cutout, hue: float, dice: Dice) -> None:
    for _ in range(dice.whole(1, 4)):
        x, y, size = 64 + dice.gauss(25), 64 + dice.gauss(25), dice.between(14, 34)
        petals = dice.whole(5, 9)
        petal = from_hsv(hue + dice.gauss(0.02), dice.between(0.1, 0.8), dice.between(0.7, 1))
        for step in range(petals):
            _leaf(art, (x + size * 0.8 * np.cos(6.283 * step / petals), y + size * 0.8 * np.sin(6.283 * step / petals)),
                  size * 0.7, 360 * step / petals, petal)  # fmt: skip
        _blob(art, (x, y), (size * 0.35, size * 0.35), 0, from_hsv(0.13, 0.8, 0.95))


def _splash(art: Cutout, hue: float, dice: Dice) -> None:
    colour = from_hsv(hue, dice.between(0, 0.5), dice.between(0.8, 1))
    turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    rays = 34 + 22 * dice.field(40) * (1 + 0.4 * np.sin(turns * dice.whole(3, 7)))
    outline = np.stack([64 + rays * np.cos(turns), 64 + rays * 0.8 * np.sin(turns)], 1).astype(np.int32)
    cv2.fillPoly(art, [outline], _opaque(scaled(colour, 0.85)), cv2.LINE_AA)
    inner = ((outline - 64) * 0.8 + 62).astype(np.int32)
    cv2.fillPoly(art, [inner], _opaque(colour), cv2.LINE_AA)
    for _ in range(6):
        _blob(art, (64 + dice.gauss(45), 64 + dice.gauss(35)), (5, 6), 0, colour)


def _photo(art: Cutout, hue: float, dice: Dice) -> None:
    """Something out of focus, as photographs on packs look from afar: smooth noise in three or four colours."""
    levels = np.zeros((SIDE_PX, SIDE_PX), np.float32)
    for cells, weight in ((3, 1.0), (6, 0.6), (14, 0.35), (36, 0.2)):
        part = cv2.resize(dice.field(cells, cells), (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC)
        levels += weight * part
    levels = np.clip((levels - levels.min()) / (float(np.ptp(levels)) + 1e-6), 0, 1)
    stops = np.array(
        [from_hsv(hue + dice.gauss(0.08), dice.between(0.2, 0.9), value) for value in (0.12, 0.45, 0.75, 0.98)],
        np.float32,
    )
    at = levels * 2.999
    low = at.astype(np.int32)
    art[..., :3] = (stops[low] + (stops[low + 1] - stops[low]) * (at - low)[..., None]).astype(np.uint8)
    art[..., 3] = 255


def _scene(art: Cutout, hue: float, dice: Dice) -> None:
    _photo(art, 0.58, dice)
    sky = from_hsv(0.57, dice.between(0.2, 0.6), 0.95)
    art[: dice.whole(40, 70), :, :3] = sky
    for step in range(3):
        ridge = 50 + 20 * step + 14 * np.sin(np.linspace(0, dice.between(2, 8), 33) + dice.between(0, 6))
        line = np.stack([np.linspace(0, 127, 33), ridge], 1)
        area = np.concatenate([line, [[127, 127], [0, 127]]]).astype(np.int32)
        cv2.fillPoly(art, [area], _opaque(from_hsv(hue + 0.04 * step, 0.6, 0.75 - 0.15 * step)), cv2.LINE_AA)
    cv2.circle(art, (dice.whole(20, 108), 28), dice.whole(8, 16), _opaque(from_hsv(0.13, 0.5, 1.0)), -1, cv2.LINE_AA)


def _mascot(art: Cutout, hue: float, dice: Dice) -> None:
    skin = from_hsv(hue, dice.between(0.3, 0.8), dice.between(0.6, 1))
    _blob(art, (64, 100), (34, 34), 0, from_hsv(dice.between(0, 1), 0.8, 0.8))
    for side in (-1, 1):
        _blob(art, (64 + 26 * side, 24), (9, dice.between(9, 26)), 12 * side, skin)
    _blob(art, (64, 54), (34, 32), 0, skin)
    for side in (-1, 1):
        _blob(art, (64 + 12 * side, 48), (9, 11), 0, (245, 245, 245))
        cv2.circle(art, (64 + 11 * side, 50), 4, (20, 20, 20, 255), -1, cv2.LINE_AA)
    cv2.ellipse(art, (64, 66), (14, 9), 0, 0, 180, (40, 30, 150, 255), -1, cv2.LINE_AA)


def _drops(art: Cutout, hue: float, dice: Dice) -> None:
    for _ in range(dice.whole(5, 24)):
        size = dice.between(4, 20)
        colour = from_hsv(hue + dice.gauss(0.05), dice.between(0.2, 0.8), dice.between(0.6, 1))
        _blob(art, (dice.between(8, 120), dice.between(8, 120)), (size, size), 0, colour)


def _emblem(art: Cutout, hue: float, dice: Dice) -> None:
    points = dice.whole(5, 16)
    turns = np.arange(points * 2) * np.pi / points
    rays = np.where(np.arange(points * 2) % 2, dice.between(28, 46), 58.0)
    outline = np.stack([64 + rays * np.cos(turns), 64 + rays * np.sin(turns)], 1).astype(np.int32)
    cv2.fillPoly(art, [outline], _opaque(from_hsv(hue, 0.85, 0.85)), cv2.LINE_AA)
    cv2.circle(art, (64, 64), 26, _opaque(from_hsv(hue + 0.5, 0.3, 0.97)), -1, cv2.LINE_AA)
    cv2.circle(art, (64, 64), 20, _opaque(from_hsv(hue, 0.9, 0.5)), 3, cv2.LINE_AA)


_Painter = Callable[[Cutout, float, Dice], None]
_PAINTERS: tuple[_Painter, ...] = (
    _pile, _pile, _fruit, _sprig, _citrus, _bowl, _cup, _flower,
    _splash, _photo, _photo, _scene, _mascot, _drops, _emblem,
)  # fmt: skip


@lru_cache(maxsize=768)
def _drawn(painter: int, hue_step: int, variant: int) -> Cutout:
    art = _blank()
    dice = Dice("motif", painter, hue_step, variant)
    _PAINTERS[painter](art, hue_step / _HUE_STEPS + dice.gauss(0.02), dice)
    return art


def motif(dice: Dice) -> Cutout:
    """A picture of something: one of about 1,400, drawn when first asked for."""
    return _drawn(dice.whole(0, len(_PAINTERS) - 1), dice.pick(_NATURAL_HUES), dice.whole(0, 7))


def photograph(dice: Dice) -> Cutout:
    """A full-bleed picture that leaves nothing uncovered."""
    return _drawn(dice.pick((9, 10, 11)), dice.pick(_NATURAL_HUES), dice.whole(0, 15))


def lay(image: Image, art: Cutout, box_xyxy: tuple[float, float, float, float]) -> None:
    """Scale a picture into a box of ``image``; what falls outside is cut off."""
    left, top = round(box_xyxy[0]), round(box_xyxy[1])
    width, height = max(2, round(box_xyxy[2]) - left), max(2, round(box_xyxy[3]) - top)
    scaled_art = cv2.resize(art, (width, height), interpolation=cv2.INTER_AREA)
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + width, image.shape[1]), min(top + height, image.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    source = scaled_art[y0 - top : y1 - top, x0 - left : x1 - left]
    share = source[..., 3:].astype(np.uint16)
    part = image[y0:y1, x0:x1]
    part[:] = ((part * (255 - share) + source[..., :3] * share) // 255).astype(np.uint8)
