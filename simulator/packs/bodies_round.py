"""Round packs: bottles, jars, cans, tubs, aerosols, jugs. The print is wrapped round the body."""

from dataclasses import dataclass

import cv2
import numpy as np

from simulator.dice import Dice
from simulator.packs.colours import Colour, any_colour, from_hsv, scaled
from simulator.packs.pack import Pack, Shape
from simulator.packs.print_layouts import Image
from simulator.packs.sprites import Plane, Sprite, axes, lightened, shaded


@dataclass(frozen=True)
class _Profile:
    """Half width (0..1) down the height, and where cap and shoulder end (0..1 from the top)."""

    half: Plane
    cap: float
    shoulder: float


def _profile(shape: Shape, height: int, dice: Dice) -> _Profile:
    ys: tuple[float, ...]
    widths: tuple[float, ...]
    if shape is Shape.BOTTLE:
        cap, neck, throat = dice.between(0.04, 0.1), dice.between(0.13, 0.26), dice.between(0.26, 0.45)
        end, waist = neck + dice.between(0.07, 0.22), dice.between(0.84, 1.0)
        ys = (0, cap, cap + 0.005, neck, (neck + end) / 2, end, 0.62, 0.95, 1)
        widths = (throat * 1.06, throat * 1.06, throat * 0.9, throat, dice.between(0.6, 0.86), 1, waist, 1, 0.9)
    elif shape is Shape.SQUAT:
        cap, lid = dice.between(0.1, 0.24), dice.between(0.3, 0.85)
        end, waist = cap + dice.between(0.03, 0.16), dice.between(0.86, 1.0)
        ys = (0, 0.01, cap, cap + 0.005, (cap + end) / 2, end, 0.55, 0.97, 1)
        widths = (lid * 0.93, lid, lid, lid * 0.9, (lid + 1.1) / 2, 1, waist, 1, 0.93)
    elif shape is Shape.JAR:
        cap, neck = dice.between(0.12, 0.25), dice.between(0.8, 0.92)
        end = cap + 0.09
        ys = (0, 0.02, cap, cap + 0.01, end, 0.55, 0.95, 1)
        widths = (0.86, 0.93, 0.93, neck, 1, dice.between(0.88, 1.0), 1, 0.88)
    elif shape is Shape.CAN:
        cap, end = dice.between(0.02, 0.04), 0.07
        ys = (0, cap, end, 0.94, 0.97, 1)
        widths = (0.86, 0.88, 1, 1, 0.93, 0.86)
    elif shape is Shape.TUB:
        cap, end, foot = 0.14, 0.15, dice.between(0.72, 0.92)
        ys = (0, 0.13, 0.14, 1)
        widths = (1, 1, 0.95, foot)
    else:
        cap, end = dice.between(0.18, 0.38), 0.4
        ys = (0, 0.02, cap, cap + 0.01, cap + 0.03, 1)
        widths = (dice.between(0.5, 0.85), 0.92, 0.96, 0.9, 1, 1)
    half = np.interp(np.linspace(0, 1, height), ys, np.minimum(widths, 1.0)).astype(np.float32)[:, None]
    return _Profile(half, cap, end)


def draw_round(pack: Pack, art: Image, dice: Dice) -> Sprite:
    """A round pack with its cap, its label or all-over print, bent to the body and shaded."""
    if pack.shape is Shape.JUG:
        return _jug(art, dice)
    height, width = art.shape[:2]
    profile = _profile(pack.shape, height, dice)
    surface, clear = _surface(pack, art, profile, dice)
    surface = _wrapped(surface)
    x, _ = axes(height, width)
    cover = np.where(np.abs(x) <= profile.half, 255, 0).astype(np.uint8)
    if clear is not None:
        cover = np.minimum(cover, clear)
    soft = np.asarray(cv2.GaussianBlur(cover, (3, 3), 0), np.uint8)
    turn = np.asarray(np.clip(x / np.maximum(profile.half, 0.1), -1, 1), np.float32)
    return Sprite(_lit(surface, turn, dice), soft, None, None)


def _surface(pack: Pack, art: Image, profile: _Profile, dice: Dice) -> tuple[Image, Image | None]:
    """Cap, contents and label before bending; and how opaque it is where one can see through."""
    height, width = art.shape[:2]
    tint = art[height // 2 :, ::5].reshape(-1, 3).mean(0)
    own: Colour = (int(tint[0]), int(tint[1]), int(tint[2]))
    contents = dice.pick(
        (
            own,
            own,
            (238, 240, 240),
            (222, 232, 236),
            any_colour(dice),
            from_hsv(0.07, 0.8, 0.25),
            from_hsv(0.3, 0.8, 0.35),
        )
    )
    body = np.empty_like(art)
    body[:] = contents
    sleeve = {
        Shape.CAN: 0.96,
        Shape.AEROSOL: 0.9,
        Shape.TUB: 0.85,
        Shape.SQUAT: 0.5,
        Shape.BOTTLE: 0.2,
        Shape.JAR: 0.15,
    }
    clear: Image | None = None
    if dice.chance(sleeve.get(pack.shape, 0.5)):
        body[:] = art
    else:
        top = int(height * min(0.7, profile.shoulder + dice.between(0.0, 0.15)))
        foot = int(height * dice.between(0.8, 0.98))
        clear = _glass(body, top, contents, dice) if dice.chance(0.45) else None
        if foot - top > 8:
            body[top:foot] = cv2.resize(art, (width, foot - top), interpolation=cv2.INTER_AREA)
            if clear is not None:
                clear[top:foot] = 255
    _cap(pack, body, profile, clear, dice)
    return body, clear


def _glass(body: Image, fill: int, contents: Colour, dice: Dice) -> Image:
    """See-through contents: lighter above the fill line, the back shining through."""
    height = body.shape[0]
    level = max(2, int(fill * dice.between(0.5, 0.95)))
    body[:level] = (np.array(contents) * 0.4 + 130).astype(np.uint8)
    opacity = np.full(body.shape[:2], dice.whole(80, 235), np.uint8)
    opacity[:level] = dice.whole(70, 150)
    body[height * 9 // 10 :] = scaled(contents, 0.7)
    return opacity


def _cap(pack: Pack, body: Image, profile: _Profile, clear: Image | None, dice: Dice) -> None:
    height, width = body.shape[:2]
    end = max(1, int(profile.cap * height))
    metal = dice.pick(((205, 205, 208), (150, 160, 170), (110, 170, 200)))
    plastic = dice.pick((any_colour(dice), (244, 244, 244), (28, 28, 28), any_colour(dice)))
    colour = metal if pack.shape is Shape.CAN or dice.chance(0.12) else plastic
    body[:end] = colour
    if pack.shape is Shape.CAN:
        body[-end:] = scaled(metal, 0.8)
    elif pack.shape in {Shape.BOTTLE, Shape.JAR} and width > 30:
        body[:end, ::3] = scaled(colour, 0.85)
    body[end : end + max(1, height // 80)] = scaled(colour, 0.55)
    if clear is not None:
        clear[:end] = 255


def _wrapped(surface: Image) -> Image:
    """Columns squeezed towards the edges, as on a cylinder."""
    height, width = surface.shape[:2]
    x, _ = axes(height, width)
    columns = (np.arcsin(x * 0.98) / 1.3705 * 0.5 + 0.5) * (width - 1)
    index = np.clip(np.rint(columns[0]), 0, width - 1).astype(np.intp)
    return np.ascontiguousarray(surface[:, index])


def _lit(surface: Image, turn: Plane, dice: Dice) -> Image:
    """Darker towards the edges, one or two bright streaks."""
    falling = dice.between(0.3, 0.68) * np.abs(turn) ** dice.between(2.0, 4.0)
    front = shaded(surface, np.asarray(1.04 - falling, np.float32))
    _, y = axes(*surface.shape[:2])
    for _ in range(dice.weighted({0: 2, 1: 4, 2: 2})):
        streak = np.exp(-(((turn - dice.between(-0.75, 0.75)) / dice.between(0.05, 0.2)) ** 2))
        reach = np.clip(1.7 - 2.2 * np.abs(y - dice.between(0.3, 0.6)), 0, 1) if dice.chance(0.5) else np.ones_like(y)
        front = lightened(front, streak * reach * dice.between(0.08, 0.5))
    return front


def _jug(art: Image, dice: Dice) -> Sprite:
    """A canister with a grip hole, plain above and labelled below."""
    height, width = art.shape[:2]
    colour = dice.pick(((240, 242, 242), any_colour(dice), any_colour(dice)))
    front = np.empty_like(art)
    front[:] = colour
    top = int(height * dice.between(0.34, 0.48))
    front[top : int(height * 0.95)] = cv2.resize(art, (width, int(height * 0.95) - top), interpolation=cv2.INTER_AREA)
    cover = np.zeros((height, width), np.uint8)
    neck = width * dice.between(0.3, 0.7)
    outline = [(0.02 * width, 0.32 * height), (neck - 0.16 * width, 0.1 * height), (neck + 0.16 * width, 0.1 * height)]
    outline += [(0.98 * width, 0.3 * height), (0.97 * width, height - 1.0), (0.03 * width, height - 1.0)]
    cv2.fillPoly(cover, [np.array(outline, np.int32)], 255, cv2.LINE_AA)
    grip = (int(width * dice.pick((0.78, 0.22))), int(height * 0.35))
    cv2.ellipse(front, grip, (int(width * 0.1), int(height * 0.09)), 12, 0, 360, scaled(colour, 0.35), -1, cv2.LINE_AA)
    cap = dice.pick((any_colour(dice), (200, 80, 30), (40, 40, 200)))
    left, right = int(neck - width * 0.13), int(neck + width * 0.13)
    cv2.rectangle(front, (left, 0), (right, int(height * 0.11)), cap, -1)
    cv2.rectangle(cover, (left, 0), (right, int(height * 0.11)), 255, -1)
    x, _ = axes(height, width)
    return Sprite(_lit(front, x, dice), cover, None, None)
