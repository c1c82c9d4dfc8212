"""What holds goods on a board: wire fronts, the trays goods came in, bins of loose produce, which has no facings."""

from itertools import pairwise

import cv2
import numpy as np

from ingest.simulator.canvas import Canvas
from ingest.simulator.colours import Colour, any_colour, from_hsv, scaled
from ingest.simulator.dice import Dice

_WIRES: tuple[Colour, ...] = ((190, 192, 195), (225, 226, 228), (90, 92, 95), (40, 40, 44))


def paint_wire_front(canvas: Canvas, dice: Dice, span_mm: tuple[float, float], foot_mm: float) -> None:
    """A low grid along the edge of a board; what stands behind it is seen through it."""
    image, _ = canvas.seen()
    high, pitch = dice.between(30, 90), dice.between(18, 45)
    wire, origin = dice.pick(_WIRES), np.array(canvas.origin_px)
    thick = max(1, round(3 * canvas.scale))
    left, right = np.array(canvas.front(span_mm[0], foot_mm)), np.array(canvas.front(span_mm[1], foot_mm))
    for up in (0.5 * high, high):
        for end in ((left, right),):
            spots = [np.rint(each - origin - (0, up * canvas.scale)).astype(int) for each in end]
            cv2.line(image, (int(spots[0][0]), int(spots[0][1])), (int(spots[1][0]), int(spots[1][1])), wire, thick)
    for x in np.arange(span_mm[0], span_mm[1], pitch):
        near = np.rint(np.array(canvas.front(float(x), foot_mm)) - origin).astype(int)
        cv2.line(image, (int(near[0]), int(near[1])), (int(near[0]), int(near[1] - high * canvas.scale)), wire, 1)


def paint_trays(
    canvas: Canvas, dice: Dice, starts_mm: list[float], *, foot_mm: float, end_mm: float, share: float
) -> None:
    """Low cardboard fronts before some products (from start to start), through the canvas's window."""
    brown = from_hsv(0.08, dice.between(0.3, 0.5), dice.between(0.45, 0.75))
    for left, right in pairwise([*starts_mm, end_mm]):
        if right - left < 40 or not dice.chance(share):
            continue
        high, tone = dice.between(14, 42), dice.pick((brown, brown, (225, 228, 230), any_colour(dice)))
        (x0, y1), (x1, y0) = canvas.front(left + 2, foot_mm), canvas.front(right - 2, foot_mm + high)
        dip = (y1 - y0) * dice.pick((0.0, 0.0, 0.4))
        width = min(0.2 * (x1 - x0), 40 * canvas.scale)
        rim = [(x0, y0), (x0 + width, y0), (x0 + 1.4 * width, y0 + dip), (x1 - 1.4 * width, y0 + dip), (x1 - width, y0)]
        canvas.polygon([*rim, (x1, y0), (x1, y1), (x0, y1)], tone)
        canvas.polygon([(x0, y1 - 2), (x1, y1 - 2), (x1, y1), (x0, y1)], scaled(tone, 0.6))


def paint_produce(
    canvas: Canvas, dice: Dice, span_mm: tuple[float, float], foot_mm: float, clearance_mm: float
) -> None:
    """Heaps of fruit side by side behind a low rim, through the canvas's window."""
    image, _ = canvas.seen()
    origin, x = canvas.origin_px, span_mm[0]
    while x < span_mm[1]:
        wide, fruit = dice.between(250, 600), dice.between(35, 90)
        tone = from_hsv(
            dice.pick((0.0, 0.02, 0.08, 0.12, 0.16, 0.25, 0.3, 0.33)), dice.between(0.5, 0.95), dice.between(0.4, 0.95)
        )
        for row in range(4, 0, -1):
            for across in np.arange(x, min(x + wide, span_mm[1]), fruit * 0.9):
                up = min(clearance_mm * 0.8, row * fruit * 0.62 + dice.gauss(fruit * 0.1))
                at = canvas.front(float(across) + dice.between(0, fruit), foot_mm + up)
                size = max(2, round(fruit / 2 * canvas.scale * dice.between(0.85, 1.1)))
                spot = (round(at[0]) - origin[0], round(at[1]) - origin[1])
                colour = scaled(tone, dice.between(0.6, 1.1) * (1.15 - 0.1 * row))
                cv2.circle(image, spot, size, scaled(colour, 0.55), -1, cv2.LINE_AA)
                cv2.circle(image, (spot[0], spot[1] - size // 6), max(1, size * 5 // 6), colour, -1, cv2.LINE_AA)
                cv2.circle(
                    image, (spot[0] - size // 4, spot[1] - size // 3), max(1, size // 4), scaled(colour, 1.3), -1
                )
        x += wide
    rim = canvas.front(span_mm[0], foot_mm + 40), canvas.front(span_mm[1], foot_mm)
    canvas.polygon([rim[0], (rim[1][0], rim[0][1]), rim[1], (rim[0][0], rim[1][1])], dice.pick(_WIRES))
