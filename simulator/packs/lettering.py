"""Words on packs: invented brand names, titles and claims, drawn once as masks, then stretched, slanted and bent."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.dice import Dice
from simulator.packs.colours import Colour

# fmt: off
HEADS = (
    "Ka", "Mi", "Lo", "Ve", "Bri", "Sol", "Nor", "Ta", "Fru", "Cho", "Pa", "Ze", "Ri", "Du", "Al", "Or", "Es",
    "Bel", "Cra", "Jo", "Hy", "Lu", "Sto", "Wi", "Q", "Gra", "Pe", "Ma", "Sno", "El",
)
MIDDLES = (
    "vo", "la", "ri", "na", "ba", "lo", "me", "ti", "co", "ra", "du", "si", "no", "ne", "mi", "ga", "fi", "lu",
)
TAILS = (
    "a", "o", "ra", "na", "x", "lo", "m", "tti", "nd", "s", "la", "ya", "ck", "rt", "ne", "y", "ll", "er", "is",
    "um", "on",
)
TITLES = (
    "Classic", "Original", "Extra", "Fresh", "Soft", "Care", "Light", "Crunch", "Herbal", "Lemon", "Honey",
    "Cocoa", "Mint", "Berry", "Natural", "Family", "Strong", "Mild", "Gold", "Zero", "Bio", "Pure", "Whole",
    "Grain", "Vanilla", "Apple", "Green", "Black", "Sport", "Active", "White", "Sensitive", "Repair", "Deep",
    "Clean", "Choco", "Roast", "Instant", "Creamy", "Spicy", "Garden", "Ocean", "Kids", "Value", "Fine",
    "Select", "Daily", "Power",
)
SMALL = (
    "net 250 g", "500 ml", "new recipe", "with vitamins", "no sugar", "3 x 100", "since 1924", "6 pack", "70 cl",
    "1 L", "20 bags", "+20 %", "100 %",
)
# fmt: on

Image = NDArray[np.uint8]
Mask = NDArray[np.uint8]

_FACES = ("sans", "sans", "sans", "italic", "uni", "hershey-serif", "hershey-script", "hershey-plain")
_HERSHEY = {
    "hershey-serif": cv2.FONT_HERSHEY_TRIPLEX,
    "hershey-script": cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
    "hershey-plain": cv2.FONT_HERSHEY_DUPLEX,
}
_MASK_HEIGHT_PX = 56


def brand_name(dice: Dice) -> str:
    """An invented name; some in capitals."""
    name = dice.pick(HEADS) + (dice.pick(MIDDLES) if dice.chance(0.6) else "") + dice.pick(TAILS)
    return name.upper() if dice.chance(0.4) else name


def title(dice: Dice) -> str:
    """What kind of product it is, in a word or two."""
    return dice.pick(TITLES) + (" " + dice.pick(TITLES) if dice.chance(0.35) else "")


def small_print(dice: Dice) -> str:
    """A claim or a weight."""
    return dice.pick(SMALL)


def typeface(dice: Dice) -> tuple[str, int]:
    """A face and its weight."""
    return dice.pick(_FACES), dice.pick((300, 400, 600, 700, 900))


@lru_cache(maxsize=64)
def _face(name: str) -> cv2.FontFace:
    return cv2.FontFace(name)


@lru_cache(maxsize=4096)
def word_mask(text: str, face: str, weight: int) -> Mask:
    """The word as coverage 0..255, cut to its ink; (about 40, W)."""
    canvas = np.zeros((_MASK_HEIGHT_PX * 2, _MASK_HEIGHT_PX * (len(text) + 2)), np.uint8)
    at = (_MASK_HEIGHT_PX // 2, int(_MASK_HEIGHT_PX * 1.4))
    if face in _HERSHEY:
        cv2.putText(canvas, text, at, _HERSHEY[face], 1.6, 255, 2 + weight // 200, cv2.LINE_AA)
    else:
        cv2.putText(canvas, text, at, (255,), _face(face), _MASK_HEIGHT_PX, weight)
    return _cut(canvas)


@lru_cache(maxsize=1024)
def glyph_mask(seed: int, count: int) -> Mask:
    """Block characters of a script that nobody reads, as coverage 0..255; (48, 52 × count)."""
    dice = Dice("glyphs", seed)
    canvas = np.zeros((48, 52 * count), np.uint8)
    for index in range(count):
        left = 52 * index + 4
        for _ in range(dice.whole(4, 8)):
            x, y = left + dice.whole(0, 4) * 10, 4 + dice.whole(0, 4) * 10
            dx, dy = dice.pick(((30, 0), (0, 30), (20, 0), (0, 20), (-14, 18), (14, 18)))
            end = (min(max(x + dx, left), left + 42), min(y + dy, 45))
            cv2.line(canvas, (x, y), end, 255, dice.whole(3, 6), cv2.LINE_AA)
    return _cut(canvas)


def _cut(canvas: Mask) -> Mask:
    x, y, width, height = cv2.boundingRect(canvas)
    return canvas[y : y + height, x : x + width] if width else canvas[:1, :1]


def bent(mask: Mask, dice: Dice) -> Mask:
    """A word slanted or bent to an arc, as logos are."""
    height, width = mask.shape
    if dice.chance(0.5):
        lean = dice.between(-0.35, 0.35) * height
        shear = np.array([[1, -lean / height, max(lean, 0)], [0, 1, 0]], np.float32)
        return np.asarray(cv2.warpAffine(mask, shear, (int(width + abs(lean)), height)), np.uint8)
    rise = dice.between(-0.3, 0.3) * height
    xs = np.linspace(-1, 1, width, dtype=np.float32)[None]
    ys = np.arange(int(height + abs(rise)), dtype=np.float32)[:, None]
    shift = rise * xs * xs if rise > 0 else rise * (xs * xs - 1)
    rows = np.broadcast_to(np.arange(width, dtype=np.float32)[None], (ys.shape[0], width))
    return np.asarray(cv2.remap(mask, rows.copy(), (ys - np.abs(shift)).astype(np.float32), cv2.INTER_LINEAR), np.uint8)


def stamp(
    image: Image, mask: Mask, centre_xy: tuple[float, float], size_wh: tuple[float, float], colour: Colour
) -> None:
    """Paint ``colour`` through ``mask``, scaled to ``size_wh`` about ``centre_xy``; what falls outside is cut off."""
    width, height = max(1, round(size_wh[0])), max(1, round(size_wh[1]))
    scaled = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
    left, top = round(centre_xy[0] - width / 2), round(centre_xy[1] - height / 2)
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + width, image.shape[1]), min(top + height, image.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    share = scaled[y0 - top : y1 - top, x0 - left : x1 - left, None].astype(np.uint16)
    part = image[y0:y1, x0:x1]
    part[:] = ((part * (255 - share) + np.array(colour, np.uint16) * share) // 255).astype(np.uint8)


def write(
    image: Image,
    mask: Mask,
    centre_xy: tuple[float, float],
    room_wh: tuple[float, float],
    colour: Colour,
    *,
    outline: Colour | None = None,
) -> tuple[float, float]:
    """Stamp a word as large as fits ``room_wh`` (stretched by up to a quarter); gives its size."""
    height, width = mask.shape
    scale = min(room_wh[0] / width, room_wh[1] / height)
    size = (width * min(scale * 1.25, room_wh[0] / width), height * scale)
    if outline is not None and size[1] > 7:
        thick = cv2.dilate(cv2.copyMakeBorder(mask, 6, 6, 6, 6, cv2.BORDER_CONSTANT), np.ones((9, 9), np.uint8))
        stamp(image, np.asarray(thick, np.uint8), centre_xy, (size[0] + 12 * scale, size[1] + 12 * scale), outline)
    stamp(image, mask, centre_xy, size, colour)
    return size


def fine_lines(image: Image, box_xyxy: tuple[float, float, float, float], colour: Colour, dice: Dice) -> None:
    """Text too small to read: rows of dashes."""
    x0, y0, x1, y1 = box_xyxy
    pitch = max(3, int((y1 - y0) / dice.whole(3, 7)))
    thick = max(1, pitch // 3)
    y = y0
    while y + thick < y1:
        x, end = x0, x0 + (x1 - x0) * dice.between(0.55, 1.0)
        while x < end:
            length = dice.between(3, 14) * thick / 2 + 2
            cv2.line(image, (int(x), int(y)), (int(min(x + length, end)), int(y)), colour, thick)
            x += length + 2 + thick
        y += pitch
