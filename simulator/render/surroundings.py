"""What is around a fixture: floor, wall, ceiling lights, the neighbours' ends, people."""

import cv2
import numpy as np

from simulator.dice import Dice
from simulator.packs import lettering, motifs
from simulator.packs.colours import any_colour, from_hsv, readable_on, scaled
from simulator.render.canvas import Canvas, Point


def paint_room(canvas: Canvas, dice: Dice, span_mm: tuple[float, float, float, float]) -> None:
    """Wall above, clutter at both ends and floor below a fixture that spans x0, y0, x1, y1 (mm)."""
    image = canvas.image
    height, width = image.shape[:2]
    left, top = canvas.front(span_mm[0], span_mm[3])
    right, foot = canvas.front(span_mm[2], span_mm[1])
    image[:] = blurred(dice, width, height)
    if top > 4:
        _wall(canvas, dice, int(min(top, height)))
    if foot < height - 4:
        _floor(canvas, dice, max(0, int(foot)), foot)
    edge = scaled((200, 200, 205), dice.between(0.3, 1.0))
    for x in (left, right):
        if 0 <= x < width:
            cv2.rectangle(image, (int(x) - 6, max(0, int(top))), (int(x) + 6, min(height, int(foot))), edge, -1)


def blurred(dice: Dice, width: int, height: int) -> motifs.Image:
    """Something out of focus: the rest of the shop."""
    art = motifs.photograph(dice)[..., :3]
    cells = np.asarray(cv2.resize(art, (dice.whole(8, 26), dice.whole(8, 26)), interpolation=cv2.INTER_AREA))
    grey = cv2.cvtColor(cv2.cvtColor(cells, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    muted = cv2.addWeighted(cells, dice.between(0.1, 0.6), grey, 0.7, 0)
    grown = cv2.resize(muted, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.convertScaleAbs(grown, alpha=dice.between(0.3, 0.9), beta=dice.between(0, 40)), np.uint8)


def _wall(canvas: Canvas, dice: Dice, foot: int) -> None:
    """The wall or the hall above the fixture, with lamps in some."""
    image = canvas.image[:foot]
    tone = np.array(from_hsv(dice.between(0, 1), dice.between(0, 0.25), dice.between(0.25, 0.95)), np.float32)
    ramp = np.linspace(dice.between(0.7, 1.1), 1.0, foot, dtype=np.float32)[:, None, None]
    image[:] = np.clip(tone * ramp, 0, 255)
    width = image.shape[1]
    if dice.chance(0.5):
        for _ in range(dice.whole(2, 9)):
            x, y, length = dice.whole(0, width), dice.whole(0, max(1, foot)), dice.whole(20, 160)
            cv2.line(
                image, (x, y), (x + length, y + dice.whole(-12, 12)), (250, 250, 250), dice.whole(2, 7), cv2.LINE_AA
            )
    if dice.chance(0.35):
        band = max(3, int(foot * dice.between(0.2, 0.8)))
        image[-band:] = any_colour(dice)


def _floor(canvas: Canvas, dice: Dice, top: int, edge: float) -> None:
    """Tiles or lino, running towards the camera."""
    image = canvas.image[top:]
    tone = from_hsv(dice.between(0.05, 0.15), dice.between(0, 0.35), dice.between(0.3, 0.85))
    image[:] = tone
    shade = np.clip(np.linspace(0.45, 1.0, image.shape[0], dtype=np.float32) * 1.2, 0, 1)[:, None, None]
    kind = dice.pick(("lino", "tiles", "checks"))
    eye_x, eye_y = canvas.eye_px
    joint = scaled(tone, dice.pick((0.5, 0.7, 1.2)))
    pitch = dice.between(250, 500) * canvas.scale
    if kind != "lino" and edge > eye_y:
        for step in range(-30, 31):
            near = (int(eye_x + (step * pitch) * 3), int(eye_y + (edge - eye_y) * 3 - top))
            cv2.line(image, (int(eye_x + step * pitch), int(edge - top)), near, joint, 2, cv2.LINE_AA)
        for row in range(12):
            near_by = 1 / (1 - min(0.92, row * 0.09))
            y = int(eye_y + (edge - eye_y) * near_by - top)
            cv2.line(image, (0, y), (image.shape[1], y), joint, 2)
    image[:] = (image * shade).astype(np.uint8)


def paint_posters(
    canvas: Canvas, dice: Dice, span_mm: tuple[float, float, float, float], seen_mm: tuple[float, float]
) -> None:
    """What hangs beside and above a fixture: end-cap posters, aisle signs, the goods of other shelves far behind."""
    canvas.look_at_all()
    for low, high in ((seen_mm[0], span_mm[0]), (span_mm[2], seen_mm[1])):
        if high - low > 150:
            foot, top = dice.between(0, 900), dice.between(1300, 2100)
            _poster(canvas, dice, (low + 30, foot, min(high - 30, low + 900), top))
    for _ in range(dice.whole(0, 3)):
        x, wide = dice.between(*seen_mm), dice.between(250, 1200)
        _poster(canvas, dice, (x, span_mm[3] + dice.between(40, 200), x + wide, span_mm[3] + dice.between(260, 520)))


def _poster(canvas: Canvas, dice: Dice, box_mm: tuple[float, float, float, float]) -> None:
    (x0, y1), (x1, y0) = canvas.front(box_mm[0], box_mm[1]), canvas.front(box_mm[2], box_mm[3])
    art = np.asarray(motifs.photograph(dice)[..., :3], np.uint8)
    if dice.chance(0.5):
        art = np.full((60, 100, 3), any_colour(dice), np.uint8)
        words = lettering.word_mask(lettering.title(dice), "sans", 800)
        plain = (int(art[0, 0, 0]), int(art[0, 0, 1]), int(art[0, 0, 2]))
        lettering.write(art, words, (50, 30), (84, 34), readable_on(plain, dice))
    canvas.texture(art, [(x0, y0), (x1, y0), (x1, y1), (x0, y1)], dice.between(0.6, 1.05))


def paint_person(canvas: Canvas, dice: Dice, x_mm: float, foot_mm: float, tall_mm: float) -> None:
    """A passer-by before the shelf, seen from behind: legs, jacket, head."""
    scale = tall_mm * canvas.scale
    x, foot = canvas.front(x_mm, foot_mm)
    coat, legs, hair = any_colour(dice), scaled(any_colour(dice), 0.5), from_hsv(0.07, 0.5, dice.between(0.1, 0.5))
    step = dice.between(-0.06, 0.06)
    canvas.look_at_all()
    for side in (-1, 1):
        hip = x + side * 0.05 * scale
        ankle = hip + side * step * scale
        canvas.polygon(_limb((hip, foot - 0.5 * scale), (ankle, foot), 0.055 * scale, 0.04 * scale), legs)
    canvas.polygon(_body(x, foot, scale), coat)
    for side in (-1, 1):
        shoulder = x + side * 0.12 * scale
        hand = shoulder + (0.04 * side - step) * scale
        canvas.polygon(
            _limb((shoulder, foot - 0.8 * scale), (hand, foot - 0.45 * scale), 0.035 * scale, 0.025 * scale),
            scaled(coat, 0.85),
        )
    head = (round(x), round(foot - 0.92 * scale))
    size = (max(1, round(0.05 * scale)), max(1, round(0.07 * scale)))
    cv2.ellipse(canvas.image, head, size, 0, 0, 360, hair, -1, cv2.LINE_AA)
    cv2.ellipse(canvas.ids.view(np.int16), head, size, 0, 0, 360, 0, -1)


def _limb(start: Point, end: Point, wide: float, narrow: float) -> list[Point]:
    return [
        (start[0] - wide, start[1]),
        (start[0] + wide, start[1]),
        (end[0] + narrow, end[1]),
        (end[0] - narrow, end[1]),
    ]


def _body(x: float, foot: float, scale: float) -> list[tuple[float, float]]:
    outline = [
        (-0.05, 0.87),
        (0.05, 0.87),
        (0.13, 0.82),
        (0.12, 0.6),
        (0.11, 0.45),
        (-0.11, 0.45),
        (-0.12, 0.6),
        (-0.13, 0.82),
    ]
    return [(x + across * scale, foot - up * scale) for across, up in outline]
