"""Invented shelf photographs with exact labels, by seed: what a detector is trained on."""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.simulator import doors, optics, surroundings, tags
from ingest.simulator.canvas import Canvas, Tally
from ingest.simulator.columns import ShelfLight, paint_columns
from ingest.simulator.dice import Dice
from ingest.simulator.fixture import (
    FixtureStyle,
    cool,
    paint_opening,
    paint_rail,
    paint_upright,
    random_style,
    shade_opening,
)
from ingest.simulator.labels import Labels, gather_labels
from ingest.simulator.stocking import Gap, Habits, StockedShelf, random_habits, stocked_shelf, typical_width_mm
from ingest.simulator.view import View

_LARGEST_CANVAS_PX = 2_600_000
_COOLERS = 0.18


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture and what is in it.

    ``image_bgr`` (H, W, 3) uint8; ``ids`` (H, W) uint16: 0 background, 1 .. facings, 60000 .. gaps. One row per
    instance, facings first, in the order of their ids: ``boxes_xyxy`` (N, 4) float32 of the visible pixels, px;
    ``kinds`` (N,) uint8, 0 facing, 1 gap; ``visible_fraction`` (N,) float32, what is neither hidden nor cut off;
    ``product_ids`` (N,) int64: the same number is the same print on the same body, in any scene.
    ``instance_ids`` (N,) uint16 are the values in ``ids``. ``jpeg_quality`` is what this camera would store with.
    """

    image_bgr: NDArray[np.uint8]
    ids: NDArray[np.uint16]
    boxes_xyxy: NDArray[np.float32]
    kinds: NDArray[np.uint8]
    visible_fraction: NDArray[np.float32]
    product_ids: NDArray[np.int64]
    instance_ids: NDArray[np.uint16]
    jpeg_quality: int


def random_scene(seed: int, size_wh: tuple[int, int] | None = None) -> Scene:
    """The scene of a seed: any aisle, any camera. Without a size, about one megapixel of some shape."""
    cv2.setNumThreads(1)
    dice = Dice("scene", seed)
    size = size_wh or dice.pick(((1152, 864), (864, 1152), (1024, 1024), (1280, 800), (1280, 720), (900, 1200)))
    habits, style = random_habits(dice), random_style(dice)
    view = _random_view(dice, habits, size)
    canvas = _canvas(dice, view)
    cooled = dice.chance(_COOLERS)
    _paint(canvas, dice, habits, cool(style, dice) if cooled else style, view, cooled=cooled)
    look = optics.random_look(dice)
    maps = optics.sample_maps(canvas, view, look.barrel)
    image, ids = optics.taken(canvas, maps)
    labels = gather_labels(ids, canvas, maps)
    image = optics.exposed(doors.glazed(image, dice) if cooled or dice.chance(0.06) else image, look, dice)
    return _scene(image, labels, look.quality)


def _scene(image: NDArray[np.uint8], labels: Labels, quality: int) -> Scene:
    return Scene(
        image, labels.ids, labels.boxes_xyxy, labels.kinds, labels.visible_fraction, labels.product_ids,
        labels.instance_ids, quality,
    )  # fmt: skip


def _random_view(dice: Dice, habits: Habits, size: tuple[int, int]) -> View:
    """Where somebody, or a camera under the ceiling, takes the picture from."""
    facing_px = 26 * (115 / 26) ** dice.between(0, 1)
    px_per_mm = min(max(facing_px / typical_width_mm(habits.theme), size[0] / 4200), size[0] / 450)
    wide_mm, high_mm = size[0] / px_per_mm, size[1] / px_per_mm
    away = wide_mm / (2 * np.tan(np.deg2rad(dice.between(42, 78) / 2)))
    low, high = high_mm / 2 - 120, 2300 - high_mm / 2
    look = (0.0, dice.between(min(low, high), max(low, high)))
    side = dice.pick((-1, 1)) * np.deg2rad(dice.between(18, 58) if dice.chance(0.3) else dice.between(0, 14))
    up = np.deg2rad(dice.between(8, 30) if dice.chance(0.2) else dice.gauss(5))
    eye = (away * np.sin(side), look[1] + away * np.sin(up), away * np.cos(side) * np.cos(up))
    return View(eye, look, px_per_mm * away, size, dice.gauss(1.6))


def _canvas(dice: Dice, view: View) -> Canvas:
    x0, y0, x1, y1 = view.seen_box_mm()
    y0, y1 = max(y0, -2000.0), min(y1, 3200.0)
    scale = view.px_per_mm() * dice.between(1.0, 1.2)
    scale = min(scale, (_LARGEST_CANVAS_PX / ((x1 - x0) * (y1 - y0))) ** 0.5)
    return Canvas((x0 - 20, y0 - 20, x1 + 20, y1 + 20), scale, view, Tally())


def _paint(canvas: Canvas, dice: Dice, habits: Habits, style: FixtureStyle, view: View, *, cooled: bool) -> None:
    x0, y0, x1, y1 = view.seen_box_mm()
    foot, top = dice.between(60, 220), dice.between(1750, 2500)
    ends = (x0 - 200, x1 + 200)
    if dice.chance(0.3):
        ends = (x0 + (x1 - x0) * dice.between(-0.1, 0.2), x1 - (x1 - x0) * dice.between(-0.1, 0.2))
    surroundings.paint_room(canvas, dice, (ends[0], foot - 60, ends[1], top))
    cuts = _sections(dice, ends)
    light = dice.between(0.8, 1.15)
    shelves = _shelves(dice, habits, style, cuts, rise=(foot, top), seen=(y0, y1))
    for span, shelf in shelves:
        _paint_shelf(canvas, dice, style, span, shelf, light=light)
    _paint_fronts(canvas, dice, style, shelves)
    if cooled:
        doors.paint_doors(canvas, dice, cuts, (foot, top))
    else:
        post = dice.pick((6.0, 6.0, 25.0, 40.0))
        for x in cuts[1:-1]:
            paint_upright(canvas, style, x, (foot, top), post)
    _paint_negatives(canvas, dice, (x0, y0, x1, y1))


def _sections(dice: Dice, ends: tuple[float, float]) -> list[float]:
    """Section borders from the left to the right end, mm."""
    wide = dice.pick((900.0, 1000.0, 1250.0, 1330.0, 5000.0))
    cuts, x = [ends[0]], ends[0] + dice.between(0.3, 1.0) * wide
    while x < ends[1] - 150:
        cuts.append(x)
        x += wide
    return [*cuts, ends[1]]


def _shelves(
    dice: Dice,
    habits: Habits,
    style: FixtureStyle,
    cuts: list[float],
    *,
    rise: tuple[float, float],
    seen: tuple[float, float],
) -> list[tuple[tuple[float, float], StockedShelf]]:
    """All shelves in sight, section by section; sections often share their heights."""
    shelves = []
    aligned = dice.chance(0.6)
    for left, right in pairwise(cuts):
        if aligned:
            left, right = cuts[0], cuts[-1]  # noqa: PLW2901
        foot = rise[0]
        while foot < rise[1]:
            shelf = stocked_shelf(dice.child(left, foot), habits, (left, right), foot, style.depth_mm)
            if foot + shelf.clearance_mm > seen[0] and foot < seen[1]:
                shelves.append(((left, right), shelf))
            foot += shelf.clearance_mm + style.rail_mm + 6
        if aligned:
            break
    return shelves


def _paint_shelf(
    canvas: Canvas, dice: Dice, style: FixtureStyle, span: tuple[float, float], shelf: StockedShelf, *, light: float
) -> None:
    if not paint_opening(canvas, style, span, (shelf.foot_mm, shelf.foot_mm + shelf.clearance_mm), light):
        return
    falling = dice.between(0.0008, 0.0028)
    paint_columns(canvas, shelf.columns, style.depth_mm, ShelfLight(light, falling))
    if not shelf.hung:
        for gap in shelf.gaps:
            label_gap(canvas, gap.pack.id, shelf.foot_mm, gap, shelf.clearance_mm)
    if dice.chance(0.85):
        shade_opening(canvas, style, dice.between(0.1, 0.5))


def label_gap(canvas: Canvas, product_id: int, foot_mm: float, gap: Gap, clearance_mm: float) -> None:
    """Mark the empty place in the ids where nothing in front hides it."""
    _, ids = canvas.seen()
    left, top = canvas.front(gap.left_mm, foot_mm + min(gap.high_mm, clearance_mm))
    right, foot = canvas.front(gap.right_mm, foot_mm)
    x, y = canvas.origin_px
    rows = slice(max(0, round(top) - y), max(0, round(foot) - y))
    part = ids[rows, max(0, round(left) - x) : max(0, round(right) - x)]
    whole = round((right - left) * (foot - top))
    if part.size < 0.35 * whole or np.count_nonzero(part == 0) < 0.35 * whole:
        return
    part[part == 0] = canvas.tally.gap(product_id, whole)


def _paint_fronts(
    canvas: Canvas, dice: Dice, style: FixtureStyle, shelves: list[tuple[tuple[float, float], StockedShelf]]
) -> None:
    """Rails, price tags at each product, promotion cards at some."""
    tagged, promoted = dice.chance(0.92), dice.pick((0.0, 0.0, 0.05, 0.25, 0.6))
    kind, promo_kind = dice.whole(0, 400), dice.whole(0, 400)
    wide = dice.between(36, 75)
    drop = dice.pick((0.0, 0.0, 0.3, 0.6)) * wide
    for span, shelf in shelves:
        if shelf.hung:
            continue
        paint_rail(canvas, style, span, shelf.foot_mm)
        for index, x in enumerate(shelf.starts_mm):
            number = dice.whole(0, 60)
            if tagged and dice.chance(0.88):
                top = shelf.foot_mm - style.rail_mm * 0.08 - drop * 0.3
                size = min(wide, style.rail_mm * 2.2)
                tags.paint_tag(canvas, tags.Tag(kind, number, size), (x + dice.between(0, 12), top))
            if dice.chance(promoted):
                size = dice.between(1.0, 1.5) * wide
                card = tags.Tag(promo_kind, number, size, promotion=True)
                tags.paint_tag(canvas, card, (x + 8 + index % 3, shelf.foot_mm + dice.pick((0, 0, 25))))


def _paint_negatives(canvas: Canvas, dice: Dice, seen: tuple[float, float, float, float]) -> None:
    """Things before the goods that are no goods of the shelf: signs, clip strips, people."""
    canvas.look_at_all()
    across = seen[2] - seen[0]
    for _ in range(dice.weighted({0: 4, 1: 3, 2: 2, 4: 1})):
        x, y = dice.between(seen[0], seen[2]), dice.between(seen[1], seen[3])
        tags.paint_sign(canvas, dice, (x, y), (dice.between(40, 220), dice.between(40, 260)))
    for _ in range(dice.weighted({0: 5, 1: 2, 2: 1})):
        tags.paint_clip_strip(canvas, dice, dice.between(seen[0], seen[2]), dice.between(700, 1900))
    if across > 1600 and dice.chance(0.12):
        x = dice.between(seen[0], seen[2])
        surroundings.paint_person(canvas, dice, x, dice.between(-300, 0), dice.between(1550, 1900))
