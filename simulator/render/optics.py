"""The camera's part: turns the flat canvas into its picture, then light, lens, sensor and JPEG."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.dice import Dice
from simulator.render.canvas import Canvas
from simulator.render.view import View

Image = NDArray[np.uint8]
Ids = NDArray[np.uint16]
Plane = NDArray[np.float32]


@dataclass(frozen=True)
class CameraLook:
    """How a camera renders light. Factors of 1 and amounts of 0 change nothing."""

    gains_bgr: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gamma: float = 1.0
    contrast: float = 1.0
    lift: float = 0.0
    colourfulness: float = 1.0
    blur_px: float = 0.0
    streak_px: int = 0
    sharpen: float = 0.0
    shrink: float = 1.0
    grain: float = 0.0
    unevenness: float = 0.0
    vignette: float = 0.0
    barrel: float = 0.0
    quality: int = 92


def sample_maps(canvas: Canvas, view: View, barrel: float) -> tuple[Plane, Plane]:
    """For each picture pixel (H, W) the canvas's x and y that it shows."""
    width, height = view.size_wh
    to_flat = canvas.flat_from_front() @ np.linalg.inv(view.image_from_front())
    xs, ys = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    if barrel:
        xn, yn = (xs - width / 2) / (width / 2), (ys - height / 2) / (width / 2)
        bend = 1 + np.float32(barrel) * (xn * xn + yn * yn)
        xs, ys = xn * bend * (width / 2) + width / 2, yn * bend * (width / 2) + height / 2
    turn = to_flat.astype(np.float32)
    away = turn[2, 0] * xs + turn[2, 1] * ys + turn[2, 2]
    away = np.where(np.abs(away) < 1e-6, np.float32(1e-6), away)
    return (
        np.asarray((turn[0, 0] * xs + turn[0, 1] * ys + turn[0, 2]) / away, np.float32),
        np.asarray((turn[1, 0] * xs + turn[1, 1] * ys + turn[1, 2]) / away, np.float32),
    )


def taken(canvas: Canvas, maps: tuple[Plane, Plane]) -> tuple[Image, Ids]:
    """The picture (H, W, 3) and its ids (H, W)."""
    image = cv2.remap(canvas.image, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    ids = cv2.remap(canvas.ids, *maps, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(image, np.uint8), np.asarray(ids, np.uint16)


def exposed(image: Image, look: CameraLook, dice: Dice) -> Image:
    """The picture as the sensor gives it."""
    image = _lens(_light(image, look, dice), look, dice)
    image = np.asarray(cv2.LUT(image, _tone_curve(look)), np.uint8)
    if look.colourfulness != 1.0:
        grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        image = np.asarray(cv2.addWeighted(image, look.colourfulness, grey, 1 - look.colourfulness, 0), np.uint8)
    if look.grain:
        image = _grainy(image, look.grain, dice)
    return image


def _light(image: Image, look: CameraLook, dice: Dice) -> Image:
    """Uneven light and the darker corners, on a coarse grid."""
    if not look.unevenness and not look.vignette:
        return image
    height, width = image.shape[:2]
    coarse = 1 + look.unevenness * dice.bell(3, 4)
    xs, ys = np.linspace(-1, 1, 32, dtype=np.float32)[None], np.linspace(-1, 1, 24, dtype=np.float32)[:, None]
    field = cv2.resize(coarse, (32, 24), interpolation=cv2.INTER_CUBIC) * (1 - look.vignette * (xs * xs + ys * ys) / 2)
    full = cv2.resize(np.clip(field * 128, 0, 255).astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.multiply(image, cv2.cvtColor(full, cv2.COLOR_GRAY2BGR), scale=1 / 128), np.uint8)


def _lens(image: Image, look: CameraLook, dice: Dice) -> Image:
    if look.shrink < 1.0:
        height, width = image.shape[:2]
        small = cv2.resize(image, None, fx=look.shrink, fy=look.shrink, interpolation=cv2.INTER_AREA)
        image = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    if look.blur_px:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), look.blur_px), np.uint8)
    if look.streak_px > 1:
        kernel = np.zeros((look.streak_px, look.streak_px), np.float32)
        kernel[look.streak_px // 2] = 1
        centre = (look.streak_px // 2, look.streak_px // 2)
        turned = cv2.warpAffine(kernel, cv2.getRotationMatrix2D(centre, dice.between(0, 180), 1), kernel.shape)
        image = np.asarray(
            cv2.filter2D(image, -1, np.asarray(turned / max(float(np.sum(turned)), 1e-3), np.float32)), np.uint8
        )
    if look.sharpen:
        soft = cv2.GaussianBlur(image, (0, 0), 1.4)
        image = np.asarray(cv2.addWeighted(image, 1 + look.sharpen, soft, -look.sharpen, 0), np.uint8)
    return image


def _tone_curve(look: CameraLook) -> Image:
    """(256, 1, 3): exposure, contrast and white balance in one table."""
    steps = np.linspace(0, 1, 256, dtype=np.float32) ** look.gamma
    steps = (steps - 0.5) * look.contrast + 0.5 + look.lift
    table = steps[:, None, None] * np.array(look.gains_bgr, np.float32) * 255
    return np.asarray(np.clip(table, 0, 255), np.uint8)


@lru_cache(maxsize=1)
def _grain_tile() -> Image:
    """One tile of sensor noise, 128 ± 32, cut anew for each picture."""
    dice = Dice("grain")
    bright, colour = dice.bell(1024, 1024, 1), dice.bell(1024, 1024, 3)
    return np.asarray(np.clip(128 + 32 * (0.8 * bright + 0.6 * colour), 0, 255), np.uint8)


def _grainy(image: Image, grain: float, dice: Dice) -> Image:
    """``grain`` is the noise's spread in grey levels."""
    height, width = image.shape[:2]
    tile = np.roll(_grain_tile(), (dice.whole(0, 1023), dice.whole(0, 1023)), (0, 1))
    tile = np.tile(tile, (height // 1024 + 1, width // 1024 + 1, 1))[:height, :width]
    return np.asarray(cv2.addWeighted(image, 1.0, tile, grain / 32, -128 * grain / 32), np.uint8)


def random_look(dice: Dice) -> CameraLook:
    """A camera between a good phone and a poor dome."""
    soft = dice.between(0, 1)
    return CameraLook(
        gains_bgr=(dice.between(0.86, 1.12), dice.between(0.95, 1.05), dice.between(0.88, 1.12)),
        gamma=dice.between(0.55, 1.1),
        contrast=dice.between(0.85, 1.35),
        lift=dice.between(-0.06, 0.05),
        colourfulness=dice.between(0.6, 1.1),
        blur_px=dice.between(0.3, 1.3) if soft < 0.35 else 0.0,
        streak_px=dice.pick((3, 3, 5, 7)) if dice.chance(0.08) else 0,
        sharpen=dice.between(0.3, 1.3) if soft > 0.6 else 0.0,
        shrink=dice.between(0.45, 0.9) if dice.chance(0.2) else 1.0,
        grain=dice.between(1, 7) if dice.chance(0.7) else 0.0,
        unevenness=dice.between(0.02, 0.12),
        vignette=dice.between(0, 0.2),
        barrel=dice.gauss(0.03) if dice.chance(0.6) else 0.0,
        quality=dice.whole(55, 96),
    )


def jpeg(image: Image, quality: int) -> bytes:
    """The picture as a JPEG."""
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"a picture of shape {image.shape} cannot be a JPEG")
    return data.tobytes()
