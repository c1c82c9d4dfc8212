"""Glass doors of coolers: frames and handles before the goods, and what the glass mirrors."""

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.simulator.canvas import Canvas
from ingest.simulator.colours import Colour, from_hsv, scaled
from ingest.simulator.dice import Dice

Image = NDArray[np.uint8]


def paint_doors(canvas: Canvas, dice: Dice, cuts: list[float], rise_mm: tuple[float, float]) -> None:
    """A frame around each section (mm), with a handle on one side and sometimes a strip of light inside."""
    canvas.look_at_all()
    frame = from_hsv(dice.between(0, 1), dice.between(0, 0.1), dice.pick((0.06, 0.1, 0.3, 0.6)))
    half = dice.between(28, 60)
    lit, handle_left = dice.chance(0.5), dice.chance(0.5)
    foot, top = rise_mm
    for number, x in enumerate(cuts):
        _block(canvas, (x - half, foot - 80, x + half, top + 60), frame)
        _block(canvas, (x - 2, foot - 80, x + 2, top + 60), scaled(frame, 0.4))
        if lit:
            glow = (255, 250, 242)
            _block(canvas, (x - half - 14, foot, x - half, top), glow)
            _block(canvas, (x + half, foot, x + half + 14, top), glow)
        if number < len(cuts) - 1:
            grip = x + half + 30 if handle_left else cuts[number + 1] - half - 45
            middle = (foot + top) / 2
            _block(canvas, (grip, middle - 260, grip + 16, middle + 260), scaled(frame, 1.5))
    wide = (cuts[0] - half, cuts[-1] + half)
    _block(canvas, (wide[0], top, wide[1], top + dice.between(60, 260)), frame)
    _block(canvas, (wide[0], foot - dice.between(80, 200), wide[1], foot - 10), frame)


def _block(canvas: Canvas, box_mm: tuple[float, float, float, float], colour: Colour) -> None:
    (x0, y1), (x1, y0) = canvas.front(box_mm[0], box_mm[1]), canvas.front(box_mm[2], box_mm[3])
    canvas.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], colour)


def glazed(image: Image, dice: Dice) -> Image:
    """The picture behind glass: lamps as soft spots, the aisle behind the camera as a faint veil."""
    height, width = image.shape[:2]
    veil = np.zeros((height // 8, width // 8), np.uint8)
    for _ in range(dice.whole(1, 4)):
        centre = (dice.whole(0, width // 8), dice.whole(0, height // 8))
        size = (dice.whole(2, 10), dice.whole(10, 60))
        cv2.ellipse(veil, centre, size, dice.gauss(12), 0, 360, dice.whole(20, 120), -1)
    if dice.chance(0.6):
        aisle = cv2.resize((255 * dice.bell(9, 7).clip(-1, 1) ** 2).astype(np.uint8), veil.shape[::-1])
        veil = np.asarray(
            cv2.addWeighted(veil, 1.0, np.asarray(aisle, np.uint8), dice.between(0.05, 0.25), 0), np.uint8
        )
    soft = cv2.resize(cv2.GaussianBlur(veil, (0, 0), dice.between(1, 5)), (width, height))
    return np.asarray(cv2.add(image, cv2.cvtColor(np.asarray(soft, np.uint8), cv2.COLOR_GRAY2BGR)), np.uint8)
