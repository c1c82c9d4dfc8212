"""An aisle as a camera under the ceiling sees it: a gondola on either side, floor, ceiling, the far end."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.dice import Dice
from simulator.packs import motifs
from simulator.packs.colours import any_colour, from_hsv, scaled
from simulator.render import surroundings
from simulator.render.canvas import Canvas, PaintTally, Point
from simulator.render.columns import ShelfLight, paint_columns
from simulator.render.fixture import FixtureStyle, cool, random_style
from simulator.render.gondola import GondolaFrame, paint_gondola, sections
from simulator.render.labels import Shown
from simulator.render.optics import sample_maps
from simulator.render.stocking import Habits, random_habits, stocked_shelf, typical_width_mm
from simulator.render.view import View

Image = NDArray[np.uint8]
Ids = NDArray[np.uint16]
_CANVAS_PX = 1_300_000


@dataclass(frozen=True, eq=False)
class Aisle:
    """The picture (H, W, 3) and its ids (H, W), what it was taken from, and where in it people may stand.

    ``view`` is the camera before the left gondola; ``floor_mm`` x0, x1, z0, z1 of the free floor in that frame.
    """

    image: Image
    ids: Ids
    shown: list[Shown]
    view: View
    floor_mm: tuple[float, float, float, float]


def aisle_view(dice: Dice, size: tuple[int, int], wide_mm: float) -> View:
    """A camera high up between the shelves, looking along them and down."""
    down, aside = np.deg2rad(dice.between(8, 40)), np.deg2rad(dice.gauss(14))
    axis = (float(np.cos(down) * np.cos(aside)), float(-np.sin(down)), float(np.cos(down) * np.sin(aside)))
    focal = size[0] / 2 / np.tan(np.deg2rad(dice.between(62, 105) / 2))
    eye = (0.0, dice.between(2000, 3300), wide_mm * dice.between(0.25, 0.75))
    return View(eye, (0.0, 0.0), float(focal), size, dice.gauss(2.0), axis)


def photograph_aisle(dice: Dice, size: tuple[int, int], barrel: float) -> Aisle:
    """An aisle, empty of people."""
    wide = dice.between(1700, 3200)
    left = aisle_view(dice, size, wide)
    axis = left.axis or (0.0, 0.0, 1.0)
    right = replace(left, eye_mm=(0.0, left.eye_mm[1], wide - left.eye_mm[2]), axis=(-axis[0], axis[1], -axis[2]))
    image = _hall(dice, left, barrel)
    ids = np.zeros(image.shape[:2], np.uint16)
    tally, style = PaintTally(), random_style(dice)
    near, far = dice.between(-300, 1600), dice.between(3600, 6200)
    shown: list[Shown] = []
    for view, ends in ((left, (near, far)), (right, (-far + dice.gauss(300), -near - dice.gauss(300)))):
        if dice.chance(0.06):
            continue
        used = cool(style, dice) if dice.chance(0.1) else style
        shown.append(_side(image, ids, dice, view, used, ends=ends, barrel=barrel, tally=tally))
    if not shown:
        shown.append(_side(image, ids, dice, left, style, ends=(near, far), barrel=barrel, tally=tally))
    return Aisle(image, ids, shown, left, (max(near, 900.0), far + 500, -wide + 300, -300.0))


def _side(
    image: Image,
    ids: Ids,
    dice: Dice,
    view: View,
    style: FixtureStyle,
    *,
    ends: tuple[float, float],
    barrel: float,
    tally: PaintTally,
) -> Shown:
    """Paint one gondola and put what the camera sees of it into the picture."""
    foot, top = dice.between(60, 200), dice.between(1350, 2150)
    low, high = -40.0, max(top + 350, view.eye_mm[1]) + 60
    box = (min(ends[0], 0.0) - 40, low, max(ends[1], 0.0) + 40, high)
    scale = (_CANVAS_PX / ((box[2] - box[0]) * (box[3] - box[1]))) ** 0.5
    canvas = Canvas(box, min(scale, 0.6), view, tally)
    # Small packs would be specks from up here, and many.
    habits = max((random_habits(dice) for _ in range(3)), key=lambda each: typical_width_mm(each.theme))
    frame = GondolaFrame(
        sections(dice, ends), (foot, top - 60), (low, high), cooled=False, light=dice.between(0.8, 1.1), capped=True
    )
    there = _carcass(canvas, dice, style, ends, (foot, top))
    if view.eye_mm[1] > top + 100 and dice.chance(0.5):
        _stock_top(canvas, there, dice, habits, (ends, top, style.depth_mm))
    paint_gondola(canvas, dice, habits, style, frame)
    xs, ys = sample_maps(canvas, view, barrel)
    behind = _behind(view, barrel)
    xs[behind], ys[behind] = -1e6, -1e6
    seen = cv2.remap(there, xs, ys, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=0) > 0
    image[seen] = cv2.remap(canvas.image, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[seen]
    ids[seen] = cv2.remap(canvas.ids, xs, ys, cv2.INTER_NEAREST)[seen]
    return canvas, (np.where(seen, xs, np.float32(-1e6)), np.where(seen, ys, np.float32(-1e6)))


def _stock_top(
    canvas: Canvas, there: Image, dice: Dice, habits: Habits, board: tuple[tuple[float, float], float, float]
) -> None:
    """Goods that stand on the top board (its ends, height and depth, mm), seen from above, row behind row."""
    ends, top, depth = board
    before = canvas.image.copy()
    columns = stocked_shelf(dice, habits, ends, top, depth).columns
    standing = [column for column in columns if column.foot_mm == top and column.pack.height_mm < 330]
    paint_columns(canvas, standing, depth, ShelfLight(1.0, 0.0006))
    canvas.forget_stock()
    there[(canvas.image != before).any(2)] = 255


def _behind(view: View, barrel: float) -> NDArray[np.bool_]:
    """(H, W) where a picture pixel does not look at the front plane at all."""
    return np.asarray(_rays(view, barrel)[..., 2] <= 0.02, np.bool_)


def _rays(view: View, barrel: float, step: int = 1) -> NDArray[np.float32]:
    """Directions (H, W, 3) that pixels look in; every ``step``-th pixel."""
    width, height = view.size_wh
    xs, ys = np.meshgrid(np.arange(0, width, step, dtype=np.float32), np.arange(0, height, step, dtype=np.float32))
    xn, yn = (xs - width / 2) / (width / 2), (ys - height / 2) / (width / 2)
    bend = (1 + np.float32(barrel) * (xn * xn + yn * yn)) * (width / 2) / view.focal_px
    axes = view.axes().astype(np.float32)
    way = (xn * bend)[..., None] * axes[0] + (yn * bend)[..., None] * axes[1] + axes[2]
    return np.asarray(way, np.float32)


def _carcass(
    canvas: Canvas, dice: Dice, style: FixtureStyle, ends: tuple[float, float], rise: tuple[float, float]
) -> Image:
    """Plinth, top board with what was put on it, and the end panel; gives where anything is (H, W), 0 or 255."""
    top = rise[1]
    there = np.zeros(canvas.ids.shape, np.uint8)
    depth = dice.pick((450.0, 600.0, 900.0))
    front = [canvas.front(ends[0], top), canvas.front(ends[1], top), canvas.front(ends[1], 0), canvas.front(ends[0], 0)]
    _face(canvas, there, front, scaled(style.board, 0.6))
    lid = [canvas.at(ends[0], top, depth), canvas.at(ends[1], top, depth), front[1], front[0]]
    if lid[0][1] < front[0][1]:
        _face(canvas, there, lid, scaled(style.board, 0.9))
        if dice.chance(0.5):
            art = cv2.resize(motifs.photograph(dice)[..., :3], (160, 40), interpolation=cv2.INTER_AREA)
            canvas.texture(np.asarray(np.tile(art, (1, 4, 1)), np.uint8), lid, dice.between(0.6, 1.0))
    for x, out in ((ends[0], 1), (ends[1], -1)):
        panel = [canvas.front(x, top), canvas.at(x, top, depth), canvas.at(x, 0, depth), canvas.front(x, 0)]
        if (panel[1][0] - panel[0][0]) * out < 0:
            _face(canvas, there, panel, scaled(style.board, dice.between(0.5, 0.9)))
            if dice.chance(0.4):
                poster = np.asarray(cv2.resize(motifs.photograph(dice)[..., :3], (80, 120)), np.uint8)
                canvas.texture(poster, panel, 0.9)
    band = [canvas.front(ends[0], top), canvas.front(ends[1], top)]
    low = [canvas.front(ends[1], top - 60), canvas.front(ends[0], top - 60)]
    canvas.polygon([*band, *low], dice.pick((style.board, style.rail, any_colour(dice))))
    return there


def _face(canvas: Canvas, there: Image, corners: list[Point], colour: tuple[int, int, int]) -> None:
    canvas.polygon(corners, colour)
    cv2.fillPoly(there, [np.rint(np.array(corners)).astype(np.int32)], 255)


def _hall(dice: Dice, view: View, barrel: float) -> Image:
    """Floor, ceiling and the rest of the shop around the aisle, at half the resolution."""
    way = _rays(view, barrel, 2)
    image = surroundings.blurred(dice, way.shape[1], way.shape[0])
    eye = np.array([view.eye_mm[0], view.eye_mm[1], -view.eye_mm[2]], np.float32)
    above = dice.between(max(2700, view.eye_mm[1] + 200), 5200)
    floor, ceiling = _meeting(way, eye, 0.0), _meeting(way, eye, above)
    _lay_floor(image, floor, dice)
    _lay_ceiling(image, ceiling, dice)
    _far_shelves(image, dice, view)
    return np.asarray(cv2.resize(image, view.size_wh, interpolation=cv2.INTER_LINEAR), np.uint8)


def _far_shelves(image: Image, dice: Dice, view: View) -> None:
    """The other aisles and the end of the hall: too far and too soft to count anything there."""
    canvas = Canvas((0, 0, image.shape[1], image.shape[0]), 1.0, view, PaintTally())
    canvas.image = image
    high, far = dice.between(1500, 2300), dice.between(7500, 13000)
    walls = [(far, 6000.0, far, -9000.0)]
    for side in (-1, 1):
        for number in range(dice.whole(1, 2), 0, -1):
            z = side * (2900.0 + 2600 * number) - (2500.0 if side < 0 else 0.0)
            walls.append((dice.between(500, 2500), z, far - 800, z))
    for x0, z0, x1, z1 in walls:
        corners = np.array([(x0, high, z0), (x1, high, z1), (x1, 0, z1), (x0, 0, z0)])
        points = view.project(corners)
        if points[:, 2].min() > 400:
            canvas.texture(
                _goods_afar(dice), [(float(x) / 2, float(y) / 2) for x, y, _ in points], dice.between(0.5, 0.9)
            )


def _goods_afar(dice: Dice) -> Image:
    """A wall of shelves out of focus (72, 300, 3): rows of specks between light boards."""
    specks = cv2.resize((dice.field(12, 75, 3) * 235).astype(np.uint8), (300, 72), interpolation=cv2.INTER_NEAREST)
    specks = np.asarray(cv2.blur(specks, (3, 3)), np.uint8)
    for y in range(0, 72, dice.pick((12, 14, 18))):
        specks[y : y + 3] = dice.pick(((200, 200, 205), (120, 120, 125), (230, 230, 232)))
        specks[y + 3 : y + 5] = specks[y + 3 : y + 5] // 3
    grey = cv2.cvtColor(cv2.cvtColor(specks, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return np.asarray(cv2.addWeighted(specks, dice.between(0.3, 0.6), grey, 0.45, 0), np.uint8)


def _meeting(way: NDArray[np.float32], eye: NDArray[np.float32], level_mm: float) -> NDArray[np.float32]:
    """(H, W, 2) x and z where rays meet a level, NaN where they do not within 14 m."""
    steps = (level_mm - eye[1]) / np.where(np.abs(way[..., 1]) < 1e-4, np.float32(1e-4), way[..., 1])
    spots = np.stack([eye[0] + steps * way[..., 0], eye[2] + steps * way[..., 2]], -1)
    met = (steps > 0) & (np.abs(spots).max(-1) < 14000)
    return np.asarray(np.where(met[..., None], spots, np.nan), np.float32)


def _lay_floor(image: Image, spots: NDArray[np.float32], dice: Dice) -> None:
    met = ~np.isnan(spots[..., 0])
    tone = np.array(from_hsv(dice.between(0.05, 0.15), dice.between(0, 0.3), dice.between(0.35, 0.9)), np.float32)
    pitch, kind = dice.between(300, 700), dice.pick(("checks", "joints", "lino", "lino"))
    cells = spots[met] / pitch
    shade = np.ones(len(cells), np.float32)
    if kind == "checks":
        shade[np.floor(cells).sum(1).astype(int) % 2 == 0] = dice.between(0.2, 0.85)
    elif kind == "joints":
        shade[(np.mod(cells, 1) < 0.03).any(1)] = 0.6
    far = np.clip(1.05 - spots[met][:, 0] / 40000, 0.6, 1.1)
    image[met] = np.clip(tone * (shade * far)[:, None], 0, 255)


def _lay_ceiling(image: Image, spots: NDArray[np.float32], dice: Dice) -> None:
    met = ~np.isnan(spots[..., 0])
    tone = np.array(from_hsv(dice.between(0.05, 0.6), dice.between(0, 0.1), dice.between(0.2, 0.95)), np.float32)
    cells = spots[met] / np.array([dice.pick((1300.0, 2600.0, 99000.0)), dice.pick((1200.0, 2400.0))], np.float32)
    lamp = (np.mod(cells[:, 1], 1) < dice.between(0.06, 0.15)) & (np.mod(cells[:, 0], 1) < 0.8)
    image[met] = np.where(lamp[:, None], 252, tone)
