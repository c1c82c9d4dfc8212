"""The furniture: back panels, boards, rails, uprights."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.dice import Dice
from simulator.packs.colours import Colour, any_colour, from_hsv, mixed, scaled
from simulator.render.canvas import Canvas

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class FixtureStyle:
    """How one kind of furniture looks."""

    board: Colour
    rail: Colour
    rail_mm: float
    lip: float
    """Share of the rail's height that is a second strip of another tone; 0: none."""
    back: Colour
    back_kind: str
    depth_mm: float
    shadow: float
    """Light left right under the shelf above, 0..1."""
    seed: int
    deep_light: float = 0.62
    """Light at the back panel: next to none in deep shelves of dim shops, nearly all of it on bare bright ones."""


def random_style(dice: Dice) -> FixtureStyle:
    """Furniture as shops have it: mostly white or grey, some black, some in the chain's colour."""
    white = from_hsv(dice.between(0.08, 0.6), dice.between(0, 0.06), dice.between(0.75, 0.98))
    dark = from_hsv(dice.between(0, 1), dice.between(0, 0.15), dice.between(0.08, 0.3))
    grey = from_hsv(dice.between(0.05, 0.6), dice.between(0, 0.12), dice.between(0.4, 0.75))
    board = dice.pick((white, white, white, grey, grey, dark))
    rail = dice.pick((board, white, white, grey, dark, any_colour(dice)))
    back = dice.pick((mixed(board, (128, 128, 128), 0.3), dark, dark, grey, white, board))
    kind = dice.weighted({"plain": 3, "holes": 2.5, "mesh": 1.2, "slats": 1, "void": 2.5, "through": 1})
    shadow = dice.between(0.25, 0.9)
    return FixtureStyle(
        board, rail, dice.pick((16, 22, 28, 34, 40, 46)), dice.pick((0, 0, 0.3, 0.5)), back, kind,
        dice.between(220, 460), shadow, dice.seed(), dice.pick((0.02, 0.06, 0.14, 0.3, 0.5, 0.75, 0.95, 1.0)),
    )  # fmt: skip


def cool(style: FixtureStyle, dice: Dice) -> FixtureStyle:
    """The same furniture in a cooler: wire boards, a bright inside, little shadow under the boards."""
    white = from_hsv(dice.between(0.45, 0.6), dice.between(0, 0.05), dice.between(0.7, 0.95))
    back = dice.pick((white, white, scaled(white, 0.2)))
    rail = dice.pick((white, style.rail))
    shadow = dice.between(0.6, 0.95)
    return replace(style, board=white, rail=rail, rail_mm=dice.pick((16, 22, 34)), back=back, shadow=shadow)


def back_panel(style: FixtureStyle, size_wh: tuple[int, int], px_per_mm: float) -> Image:
    """What is seen behind the goods."""
    width, height = max(4, size_wh[0]), max(4, size_wh[1])
    dice = Dice("back", style.seed)
    panel = np.empty((height, width, 3), np.uint8)
    panel[:] = style.back if style.back_kind != "void" else scaled(style.back, 0.25)
    if style.back_kind == "through":
        # A grid through which the goods of the next aisle show, dark and out of focus.
        cells = (max(2, int(width / 60 / px_per_mm)), 2)
        goods = cv2.resize((dice.field(cells[1], cells[0], 3) * 150).astype(np.uint8), (width, height))
        panel[:] = cv2.addWeighted(panel, 0.3, np.asarray(goods, np.uint8), dice.between(0.3, 0.8), 0)
    if style.back_kind == "holes":
        pitch = max(3, round(25 * px_per_mm))
        hole = scaled(style.back, dice.pick((0.35, 0.35, 1.9)))
        for y in range(pitch // 2, height, pitch):
            panel[y : y + max(1, pitch // 4), pitch // 2 :: pitch] = hole
            if pitch > 5:
                panel[y : y + max(1, pitch // 4), pitch // 2 + 1 :: pitch] = hole
    elif style.back_kind in ("mesh", "through"):
        pitch, wire = max(3, round(dice.between(25, 60) * px_per_mm)), scaled(style.back, dice.pick((0.6, 1.5)))
        panel[::pitch] = wire
        panel[:, :: max(3, round(pitch * dice.pick((1, 0.4, 2))))] = wire
    elif style.back_kind == "slats":
        pitch = max(5, round(100 * px_per_mm))
        panel[::pitch] = scaled(style.back, 0.5)
        panel[1::pitch] = scaled(style.back, 1.15)
    seam = max(20, round(dice.between(300, 1250) * px_per_mm))
    panel[:, seam // 2 :: seam] = scaled(style.back, 0.55)
    return panel


def paint_opening(
    canvas: Canvas,
    style: FixtureStyle,
    span_mm: tuple[float, float],
    rise_mm: tuple[float, float],
    *,
    light: float,
    back_high: float | None = None,
) -> bool:
    """Paint an empty shelf from its board to the one above (``rise_mm``), and leave the canvas looking through it.

    With no board above it, ``back_high`` is the share of its height that has a panel behind it; above that one sees
    the shop. ``False`` if the shelf is not in the picture.
    """
    foot_mm, top_mm = rise_mm
    (x0, y1), (x1, y0) = canvas.front(span_mm[0], foot_mm), canvas.front(span_mm[1], top_mm)
    if not canvas.look_through(x0, y0, x1, y1):
        return False
    depth = style.depth_mm
    (bx0, by0), (bx1, by1) = canvas.at(span_mm[0], top_mm, depth), canvas.at(span_mm[1], foot_mm, depth)
    if back_high is None:
        canvas.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], scaled(style.board, 0.3 * light))
        canvas.polygon(
            [(x0, y0), (x1, y0), (bx1, by0), (bx0, by0)], scaled(style.board, 0.68 * style.deep_light * light)
        )
    else:
        by0 = by1 - (by1 - by0) * back_high
    panel = back_panel(style, (int(bx1 - bx0), int(by1 - by0)), canvas.scale * canvas.nearness(depth))
    canvas.texture(panel, [(bx0, by0), (bx1, by0), (bx1, by1), (bx0, by1)], style.deep_light * light)
    floor = 0.5 + 0.49 * style.deep_light
    canvas.polygon([(x0, y1), (x1, y1), (bx1, by1), (bx0, by1)], scaled(style.board, floor * light))
    _floor_details(canvas, style, span_mm, foot_mm, light)
    return True


def _floor_details(
    canvas: Canvas, style: FixtureStyle, span_mm: tuple[float, float], foot_mm: float, light: float
) -> None:
    """Dividers or wires on the board, or a board that is a grid: seen where nothing stands."""
    dice = Dice("floor", style.seed)
    kind = dice.pick(("none", "none", "dividers", "wires", "grid"))
    if kind == "none":
        return
    if kind == "grid":
        _grid_floor(canvas, style, span_mm, foot_mm, light)
    image, _ = canvas.seen()
    pitch = dice.between(60, 140) if kind == "dividers" else dice.between(18, 40)
    colour = scaled(style.board, dice.pick((0.45, 1.2)) * light)
    x = span_mm[0]
    offset = np.array(canvas.origin_px)
    while x < span_mm[1]:
        near, far = np.array(canvas.at(x, foot_mm, 0)), np.array(canvas.at(x, foot_mm, style.depth_mm))
        if kind == "dividers":
            up = np.array(canvas.at(x, foot_mm + 45, style.depth_mm))
            cv2.line(image, _whole(far - offset), _whole(up - offset), colour, 1)
        cv2.line(image, _whole(near - offset), _whole(far - offset), colour, 1)
        x += pitch


def _grid_floor(
    canvas: Canvas, style: FixtureStyle, span_mm: tuple[float, float], foot_mm: float, light: float
) -> None:
    """What one sees through a board of wires, as bread stands on: the dark below, and the wires along the shelf."""

    def strip(near_mm: float, far_mm: float, share: float) -> None:
        ends = [canvas.at(span_mm[0], foot_mm, near_mm), canvas.at(span_mm[1], foot_mm, near_mm)]
        ends += [canvas.at(span_mm[1], foot_mm, far_mm), canvas.at(span_mm[0], foot_mm, far_mm)]
        canvas.polygon(ends, scaled(style.board, share * light))

    strip(0.0, style.depth_mm, 0.25)
    for away_mm in np.linspace(0.1, 0.95, 5) * style.depth_mm:
        strip(float(away_mm), float(away_mm) + 7.0, 0.9)


def _whole(point: NDArray[np.float64]) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def shade_opening(canvas: Canvas, style: FixtureStyle, reach: float) -> None:
    """Lay the shadow of the shelf above over the window: darkest at the top, gone after ``reach`` of the height."""
    image, _ = canvas.seen()
    down = np.linspace(0, 1, image.shape[0], dtype=np.float32)
    factor = np.clip(style.shadow + (1 - style.shadow) * down / max(reach, 0.05), style.shadow, 1.0)
    factor[-max(1, image.shape[0] // 40) :] *= 0.85
    image[:] = (image * factor[:, None, None]).astype(np.uint8)


def paint_rail(canvas: Canvas, style: FixtureStyle, span_mm: tuple[float, float], top_mm: float) -> None:
    """The front edge of a board with its price rail, and the shadow below it."""
    canvas.look_at_all()
    (x0, y0), (x1, y1) = canvas.front(span_mm[0], top_mm), canvas.front(span_mm[1], top_mm - style.rail_mm)
    canvas.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], style.rail)
    if style.lip:
        middle = y0 + (y1 - y0) * style.lip
        canvas.polygon([(x0, y0), (x1, y0), (x1, middle), (x0, middle)], scaled(style.rail, 0.8))
    canvas.polygon([(x0, y0), (x1, y0), (x1, y0 + 1), (x0, y0 + 1)], scaled(style.rail, 1.15))
    canvas.polygon([(x0, y1 - 1), (x1, y1 - 1), (x1, y1 + 1), (x0, y1 + 1)], scaled(style.rail, 0.45))


def paint_upright(
    canvas: Canvas, style: FixtureStyle, x_mm: float, span_mm: tuple[float, float], width_mm: float
) -> None:
    """A post or end panel between two sections."""
    canvas.look_at_all()
    (x0, y0), (x1, y1) = canvas.front(x_mm - width_mm / 2, span_mm[1]), canvas.front(x_mm + width_mm / 2, span_mm[0])
    canvas.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], scaled(style.board, 0.75))
    canvas.polygon([(x0, y0), (x0 + 1, y0), (x0 + 1, y1), (x0, y1)], scaled(style.board, 0.5))
