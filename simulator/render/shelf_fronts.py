"""What stands before and on the boards of a fixture: rails with price tags, wires, trays and bins, glass doors."""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.dice import Dice
from simulator.packs.colours import Colour, any_colour, from_hsv, scaled
from simulator.render import tags
from simulator.render.canvas import Canvas
from simulator.render.fixture import FixtureStyle, paint_rail
from simulator.render.stocking import StockedShelf

_WIRES: tuple[Colour, ...] = ((190, 192, 195), (225, 226, 228), (90, 92, 95), (40, 40, 44))


@dataclass(frozen=True)
class _Habit:
    """How a shop tags: look of tags and cards, width (mm), how far tags hang below the rail, and where they are."""

    kind: int
    promo_kind: int
    wide_mm: float
    drop_mm: float
    promoted: float
    share: float
    pitch_mm: float
    """0: one tag at each product."""
    electronic: bool


def _habit(dice: Dice) -> _Habit:
    wide = dice.between(30, 75)
    return _Habit(
        kind=dice.whole(0, 400),
        promo_kind=dice.whole(0, 400),
        wide_mm=wide,
        drop_mm=dice.pick((0.0, 0.0, 0.1, 0.2)) * wide,
        promoted=dice.pick((0.0, 0.0, 0.05, 0.25, 0.6)),
        share=dice.pick((0.0, 0.6, 0.9, 0.95, 0.98, 0.98)),
        pitch_mm=wide * dice.between(1.02, 2.6) if dice.chance(0.3) else 0.0,
        electronic=dice.chance(0.2),
    )


def paint_fronts(
    canvas: Canvas, dice: Dice, style: FixtureStyle, shelves: list[tuple[tuple[float, float], StockedShelf]]
) -> None:
    """Rails with what hangs on them, before the goods."""
    habit = _habit(dice)
    for span, shelf in shelves:
        if shelf.hung:
            _peg_tags(canvas, dice, habit, shelf)
            continue
        paint_rail(canvas, style, span, shelf.foot_mm)
        _rail_tags(canvas, dice, habit, (span, shelf), style.rail_mm)
        for index, x in enumerate(shelf.starts_mm):
            if dice.chance(habit.promoted):
                size = dice.between(1.0, 1.5) * habit.wide_mm
                card = tags.Tag(habit.promo_kind, dice.whole(0, 60), size, promotion=True)
                spot = (x + 8 + index % 3, shelf.foot_mm + dice.pick((0, 0, 25)))
                tags.paint_tag(canvas, card, spot, labelled=True)


def _rail_tags(
    canvas: Canvas, dice: Dice, habit: _Habit, place: tuple[tuple[float, float], StockedShelf], rail_mm: float
) -> None:
    span, shelf = place
    size = min(habit.wide_mm, rail_mm * 2.2)
    top = shelf.foot_mm - rail_mm * 0.08 - habit.drop_mm
    places = [x + dice.between(0, 12) for x in shelf.starts_mm]
    if habit.pitch_mm:
        count = int((span[1] - span[0]) / habit.pitch_mm)
        places = [span[0] + (number + 0.1) * habit.pitch_mm for number in range(count)]
    for x in places:
        if dice.chance(habit.share):
            tag = tags.Tag(habit.kind, dice.whole(0, 60), size, electronic=habit.electronic)
            tags.paint_tag(canvas, tag, (x, top), labelled=True)


def _peg_tags(canvas: Canvas, dice: Dice, habit: _Habit, shelf: StockedShelf) -> None:
    """The ends of the pegs that goods hang on, most with a small tag."""
    top = shelf.foot_mm + shelf.clearance_mm - 12
    size, tagged = min(habit.wide_mm, 42.0), dice.chance(0.7)
    canvas.look_at_all()
    for column in shelf.columns:
        middle = column.left_mm + column.pack.width_mm / 2
        if tagged and dice.chance(habit.share):
            tag = tags.Tag(habit.kind, dice.whole(0, 60), size, electronic=habit.electronic)
            tags.paint_tag(canvas, tag, (middle - size / 2, top), labelled=True)
        else:
            near = canvas.front(middle - 3, top), canvas.front(middle + 3, top - 8)
            canvas.polygon([near[0], (near[1][0], near[0][1]), near[1], (near[0][0], near[1][1])], (190, 190, 195))


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
