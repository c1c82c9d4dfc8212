"""Draws packs: the print put on a box, a bottle, a pouch … with the shading of its form."""

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np

from simulator.dice import Dice
from simulator.packs.bodies_round import draw_round
from simulator.packs.bodies_soft import draw_soft
from simulator.packs.colours import scaled
from simulator.packs.pack import Pack, Shape
from simulator.packs.print_layouts import Image
from simulator.packs.prints import Print, draw_print
from simulator.packs.sprites import Sprite, axes, lightened, shaded

_LONGEST_PX = 230
_SHORTEST_PX = 26
_Body = Callable[[Pack, Image, Dice], Sprite]


def draw_pack(pack: Pack, height_px: float) -> Sprite:
    """The pack, drawn in about one and a half times the height at which it will be seen."""
    step = min(_LONGEST_PX, max(60, int(height_px * 1.5 / 24 + 1) * 24))
    return _drawn(pack, step)


@lru_cache(maxsize=192)
def _drawn(pack: Pack, height_px: int) -> Sprite:
    ratio = pack.width_mm / pack.height_mm
    height = min(height_px, int(_LONGEST_PX * 1.6 / max(ratio, 1.0)))
    size = (max(_SHORTEST_PX, round(height * ratio)), max(_SHORTEST_PX, height))
    art = draw_print(pack.print, size)
    return _BODIES[pack.shape](pack, art, Dice("body", pack.form))


def _box(pack: Pack, art: Image, dice: Dice) -> Sprite:
    """A folding box: crisp edges, faint light across the front, its own side print."""
    height, width = art.shape[:2]
    x, y = axes(height, width)
    across, down = dice.between(-0.08, 0.08), dice.between(0.0, 0.16)
    shade = 1 + across * x + down * (0.5 - y)
    front = shaded(art, shade)
    if dice.chance(0.35):
        glare = np.exp(-(((x * 0.7 + y - dice.between(-0.3, 1.5)) / dice.between(0.15, 0.5)) ** 2))
        front = lightened(front, glare * dice.between(0.04, 0.28))
    rim = max(1, min(height, width) // 60)
    front[:rim] = front[:rim] * 0.6 + 95
    front[-rim:] = front[-rim:] * 0.6
    front[:, :rim] = front[:, :rim] * 0.72
    front[:, -rim:] = front[:, -rim:] * 0.66
    if pack.shape is Shape.SMALL:
        lid = int(height * dice.between(0.27, 0.33))
        front[lid : lid + 2] = front[lid : lid + 2] * 0.72
    return Sprite(front, np.full((height, width), 255, np.uint8), _side_print(pack, front, dice), _top_colour(front))


def _side_print(pack: Pack, front: Image, dice: Dice) -> Image:
    """The side shows the front's colours, small text and sometimes the name again."""
    height = front.shape[0]
    width = max(8, int(height * pack.depth_mm / pack.height_mm))
    if dice.chance(0.5):
        art = draw_print(Print(pack.print.brand, pack.print.variant + 100), (max(width, _SHORTEST_PX), height))
        return np.asarray(cv2.resize(art, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    edge = front[:, -6:-3].mean(1, keepdims=True)
    art = np.repeat(np.asarray(edge, np.uint8), width, axis=1)
    for _ in range(3):
        y = dice.whole(height // 8, height * 7 // 8)
        tone = dice.pick((235, 40, 120))
        cv2.line(art, (width // 6, y), (width * 5 // 6, y), (tone, tone, tone), max(1, height // 40))
    return art


def _top_colour(front: Image) -> tuple[int, int, int]:
    blue, green, red = front[1:6].reshape(-1, 3).mean(0)
    return int(min(255, blue * 1.1)), int(min(255, green * 1.1)), int(min(255, red * 1.1))


def _carton(pack: Pack, art: Image, dice: Dice) -> Sprite:
    """A drinks carton with a gable or a flat top and a screw cap."""
    body = _box(pack, art, dice)
    front, cover = body.front.copy(), body.cover.copy()
    height, width = cover.shape
    gable = int(height * dice.between(0.1, 0.17))
    front[:gable] = front[:gable] * np.linspace(1.12, 0.72, gable)[:, None, None].clip(0, 1)
    cv2.line(front, (0, gable), (width, gable), (90, 90, 90), 1)
    if dice.chance(0.6):
        ridge = int(gable * 0.45)
        tint = scaled(_top_colour(front), dice.between(0.75, 1.1))
        front[:ridge] = tint
        if dice.chance(0.5):
            slant = int(width * 0.12)
            for left in (0, width):
                inner = slant if left == 0 else width - slant
                cv2.fillPoly(cover, [np.array([[left, 0], [inner, 0], [left, gable]], np.int32)], 0)
    if dice.chance(0.6):
        radius, cap = (
            int(width * dice.between(0.14, 0.22)),
            dice.pick(((245, 245, 245), (40, 40, 200), (160, 90, 20), (30, 140, 40))),
        )
        cv2.rectangle(front, (width // 2 - radius, 0), (width // 2 + radius, int(gable * 0.8)), cap, -1)
        cv2.rectangle(front, (width // 2 - radius, 0), (width // 2 + radius, int(gable * 0.8)), scaled(cap, 0.7), 1)
    return Sprite(front, cover, body.side, body.top)


def _multi(pack: Pack, art: Image, dice: Dice) -> Sprite:
    """Several units under film or in a sleeve, printed across or showing what is inside."""
    height, width = art.shape[:2]
    columns = dice.whole(2, 4)
    inner_shape = dice.pick((Shape.BOTTLE, Shape.CAN, Shape.JAR, Shape.CAN))
    cell = width // columns
    unit_pack = Pack(
        inner_shape, 1.0, height / max(cell, 1), 1.0, Print(pack.print.brand, pack.print.variant + 50), pack.form
    )
    unit = draw_round(unit_pack, draw_print(unit_pack.print, (max(cell, 14), height)), dice.child("unit"))
    front = shaded(art, np.full((1, 1), 0.75, np.float32))
    share = unit.cover[..., None] / 255.0
    for column in range(columns):
        part = front[:, column * cell : column * cell + unit.front.shape[1]]
        seen = part.shape[1]
        part[:] = part * (1 - share[:, :seen]) + unit.front[:, :seen] * share[:, :seen]
    if dice.chance(0.6):
        top, foot = sorted((dice.between(0.1, 0.5), dice.between(0.6, 1.0)))
        low, high = int(top * height), int(foot * height)
        front[low:high] = cv2.resize(art, (width, high - low), interpolation=cv2.INTER_AREA)
    film = cv2.resize(dice.field(5, 4), (width, height), interpolation=cv2.INTER_CUBIC)
    front = lightened(front, np.clip(film - 0.62, 0, 1) * dice.between(0.2, 1.0))
    return Sprite(front, np.full((height, width), 255, np.uint8), _side_print(pack, front, dice), _top_colour(front))


_BODIES: dict[Shape, _Body] = {
    **dict.fromkeys(Shape, draw_round),
    **dict.fromkeys((Shape.BOX, Shape.SLIM, Shape.SMALL, Shape.FLAT, Shape.END), _box),
    **dict.fromkeys((Shape.POUCH, Shape.LOAF, Shape.HANGING, Shape.TUBE, Shape.PILLOW), draw_soft),
    Shape.CARTON: _carton,
    Shape.MULTI: _multi,
}
