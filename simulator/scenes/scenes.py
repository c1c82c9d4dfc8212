"""Invented shelf photographs with exact labels, by seed: what a detector is trained on."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.dice import Dice
from simulator.render import optics, shelf_fronts, surroundings, tags
from simulator.render.canvas import Canvas, PaintTally
from simulator.render.fixture import cool, random_style
from simulator.render.gondola import GondolaFrame, paint_gondola, sections
from simulator.render.labels import Labels, gather_labels
from simulator.render.optics import CameraLook
from simulator.render.stocking import Habits, random_habits, typical_width_mm
from simulator.render.view import View
from simulator.scenes import aisle, occluding

_LARGEST_CANVAS_PX = 2_600_000
_COOLERS = 0.18
_AISLES = 0.11
_PEOPLED = 0.22
_OPEN_TOPS = 0.4
_SIZES = ((1152, 864), (864, 1152), (1024, 1024), (1280, 800), (1280, 720), (900, 1200))


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture and what is in it.

    ``image_bgr`` (H, W, 3) uint8; ``ids`` (H, W) uint16, numbered as ``instance_ids`` tells. One row per instance, in
    the order of their ids: ``boxes_xyxy`` (N, 4) float32 of the visible pixels, px; ``kinds`` (N,) uint8, 0 facing,
    1 gap, 2 occluder, 3 tag; ``visible_fraction`` (N,) float32, what is neither hidden nor cut off; ``product_ids``
    (N,) int64: the same number is the same print on the same body, in any scene; -1 for occluders and tags.
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


def random_scene(seed: int, size_wh: tuple[int, int] | None = None, photographs: tuple[str, ...] = ()) -> Scene:
    """The scene of a seed: any aisle, any camera. Without a size, about one megapixel of some shape.

    ``photographs`` are files of product pictures, which become the prints of some packs.
    """
    cv2.setNumThreads(1)
    dice = Dice("scene", seed)
    along = dice.chance(_AISLES)
    size = size_wh or ((1280, 720) if along else dice.pick(_SIZES))
    return _along(dice, size) if along else _across(dice, size, photographs)


def _across(dice: Dice, size: tuple[int, int], photographs: tuple[str, ...]) -> Scene:
    """A picture of one gondola's front."""
    habits, style = replace(random_habits(dice), photographs=photographs), random_style(dice)
    view = _random_view(dice, habits, size)
    canvas = _canvas(dice, view)
    cooled = dice.chance(_COOLERS)
    light = dice.between(0.8, 1.15)
    cuts, rise = _place(canvas, dice, view)
    x0, y0, x1, y1 = view.seen_box_mm()
    back_high = dice.pick((0.0, 0.3, 1.0)) if not cooled and dice.chance(_OPEN_TOPS) else None
    frame = GondolaFrame(cuts, rise, (y0, y1), cooled, light, back_high=back_high)
    paint_gondola(canvas, dice, habits, cool(style, dice) if cooled else style, frame)
    _paint_negatives(canvas, dice, (x0, y0, x1, y1))
    look = optics.random_look(dice)
    maps = optics.sample_maps(canvas, view, look.barrel)
    image, ids = optics.taken(canvas, maps)
    if cooled or dice.chance(0.06):
        image = shelf_fronts.glazed(image, dice)
    spots = _spots_before(dice, view, (x0, x1)) if dice.chance(_PEOPLED) else []
    foreground = occluding.Foreground(image, ids.copy(), view, canvas.tally, look.barrel)
    occluding.put_random(foreground, dice, spots, light)
    labels = gather_labels(foreground.ids, [(canvas, maps)], ids)
    return _scene(optics.exposed(image, look, dice), labels, look.quality)


def _along(dice: Dice, size: tuple[int, int]) -> Scene:
    """A picture down an aisle, from a camera under the ceiling."""
    look = _surveillance(optics.random_look(dice), dice)
    seen = aisle.photograph_aisle(dice, size, look.barrel)
    x0, x1, z0, z1 = seen.floor_mm
    count = dice.weighted({0: 2, 1: 2, 2: 2, 4: 2, 7: 1})
    spots = [(dice.between(x0, x1), dice.between(z0, z1)) for _ in range(count)]
    foreground = occluding.Foreground(seen.image, seen.ids.copy(), seen.view, seen.shown[0][0].tally, look.barrel)
    occluding.put_random(foreground, dice, sorted(spots, reverse=True), dice.between(0.75, 1.05))
    labels = gather_labels(foreground.ids, seen.shown, seen.ids)
    image = optics.exposed(seen.image, look, dice)
    if dice.chance(0.5):
        _stamp(image, dice)
    return _scene(image, labels, look.quality)


def _surveillance(look: CameraLook, dice: Dice) -> CameraLook:
    """A cheap wide camera that stores as little as it can."""
    return replace(
        look, shrink=dice.between(0.4, 1.0), sharpen=dice.pick((0.0, dice.between(0.3, 1.5))), streak_px=0,
        barrel=dice.between(0.0, 0.13), grain=dice.between(0, 8), quality=dice.whole(28, 80),
    )  # fmt: skip


def _stamp(image: NDArray[np.uint8], dice: Dice) -> None:
    """Date and time, as recorders write them into the picture."""
    day = f"20{dice.whole(18, 29)}-{dice.whole(1, 12):02}-{dice.whole(1, 28):02}"
    text = f"{day} {dice.whole(7, 21):02}:{dice.whole(0, 59):02}:{dice.whole(0, 59):02}"
    x, y = dice.pick((10, max(10, image.shape[1] - 330))), dice.pick((30, image.shape[0] - 14))
    cv2.putText(image, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.75, (245, 245, 245), 1, cv2.LINE_AA)


def _spots_before(dice: Dice, view: View, across_mm: tuple[float, float]) -> list[tuple[float, float]]:
    """Where people and things stand before a front, x and z, far ones first; none where a camera is too near."""
    away = view.eye_mm[2]
    if away < 1100:
        return []
    spots = []
    for _ in range(dice.weighted({1: 5, 2: 3, 3: 1.5})):
        z = -dice.between(280, max(300.0, 0.55 * away))
        aim = dice.between(*across_mm)
        spots.append((view.eye_mm[0] + (aim - view.eye_mm[0]) * (away + z) / away, z))
    return sorted(spots, key=lambda spot: -spot[1])


def _scene(image: NDArray[np.uint8], labels: Labels, quality: int) -> Scene:
    return Scene(
        image, labels.ids, labels.boxes_xyxy, labels.kinds, labels.visible_fraction, labels.product_ids,
        labels.instance_ids, quality,
    )  # fmt: skip


def _random_view(dice: Dice, habits: Habits, size: tuple[int, int]) -> View:
    """Where somebody, or a camera under the ceiling, takes the picture from."""
    facing_px = 26 * (125 / 26) ** dice.between(0, 1)
    px_per_mm = min(max(facing_px / typical_width_mm(habits.theme), size[0] / 4200), size[0] / 450)
    wide_mm, high_mm = size[0] / px_per_mm, size[1] / px_per_mm
    away = wide_mm / (2 * np.tan(np.deg2rad(dice.between(42, 78) / 2)))
    low, high = high_mm / 2 - 120, 2300 - high_mm / 2
    look = (0.0, dice.between(min(low, high), max(low, high)))
    side = dice.pick((-1, 1)) * np.deg2rad(dice.between(18, 58) if dice.chance(0.3) else dice.between(0, 14))
    up = np.deg2rad(dice.between(*dice.weighted({(8, 42): 4, (42, 60): 1})) if dice.chance(0.26) else dice.gauss(5))
    eye = (away * np.sin(side), look[1] + away * np.sin(up), away * np.cos(side) * np.cos(up))
    return View(eye, look, px_per_mm * away, size, dice.gauss(4.5 if dice.chance(0.15) else 1.6))


def _canvas(dice: Dice, view: View) -> Canvas:
    x0, y0, x1, y1 = view.seen_box_mm()
    y0, y1 = max(y0, -2000.0), min(y1, 3200.0)
    scale = view.px_per_mm() * dice.between(1.0, 1.2)
    scale = min(scale, (_LARGEST_CANVAS_PX / ((x1 - x0) * (y1 - y0))) ** 0.5)
    return Canvas((x0 - 20, y0 - 20, x1 + 20, y1 + 20), scale, view, PaintTally())


def _place(canvas: Canvas, dice: Dice, view: View) -> tuple[list[float], tuple[float, float]]:
    """Paint the shop around a gondola; gives its section borders and its rise, mm."""
    x0, _, x1, _ = view.seen_box_mm()
    foot, top = dice.between(60, 220), dice.between(1750, 2500)
    ends = (x0 - 200, x1 + 200)
    if dice.chance(0.3):
        ends = (x0 + (x1 - x0) * dice.between(-0.1, 0.2), x1 - (x1 - x0) * dice.between(-0.1, 0.2))
    surroundings.paint_room(canvas, dice, (ends[0], foot - 60, ends[1], top))
    if dice.chance(0.5):
        surroundings.paint_posters(canvas, dice, (ends[0], foot, ends[1], top), (x0, x1))
    return sections(dice, ends), (foot, top)


def _paint_negatives(canvas: Canvas, dice: Dice, seen: tuple[float, float, float, float]) -> None:
    """Things before the goods that are no goods of the shelf: signs, shelf talkers, clip strips."""
    canvas.look_at_all()
    for _ in range(dice.weighted({0: 4, 1: 3, 2: 2, 4: 1})):
        x, y = dice.between(seen[0], seen[2]), dice.between(seen[1], seen[3])
        tags.paint_sign(canvas, dice, (x, y), (dice.between(40, 220), dice.between(40, 260)))
    for _ in range(dice.weighted({0: 5, 1: 2, 2: 1})):
        tags.paint_clip_strip(canvas, dice, dice.between(seen[0], seen[2]), dice.between(700, 1900))
