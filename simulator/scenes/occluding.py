"""Puts people and things on the floor before the shelves of a picture, and says which pixels are whose."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.dice import Dice
from simulator.packs.sprites import dimmed
from simulator.render.canvas import PaintTally
from simulator.render.instance_ids import FIRST_OCCLUDER_ID
from simulator.render.view import View
from simulator.scenes import carts, people
from simulator.scenes.cutouts import Cutout

Image = NDArray[np.uint8]
Ids = NDArray[np.uint16]
Matrix = NDArray[np.float64]
_NEAREST_MM = 450.0
_MOST_HIDDEN = 0.33
"""Share of the picture that one occluder may take; what would take more does not come."""
_PERSON, _TROLLEY, _BASKET, _CAGE, _CARTONS, _SACK = "person", "trolley", "basket", "cage", "cartons", "sack"
_KINDS = {_PERSON: 6.0, _TROLLEY: 2.0, _BASKET: 0.7, _CAGE: 1.2, _CARTONS: 2.0, _SACK: 0.5}


_AROUND = ((-1, 1), (1, 1), (1, -1), (-1, -1))


@lru_cache(maxsize=1)
def _blot() -> NDArray[np.float32]:
    """How much light a body takes from the floor around it, (32, 32)."""
    across = np.linspace(-1, 1, 32, dtype=np.float32)
    away = across[:, None] ** 2 + across[None] ** 2
    return np.asarray(0.55 * np.clip(1 - away, 0, 1), np.float32)


class Foreground:
    """A taken picture into which things are put, far ones first."""

    def __init__(self, image: Image, ids: Ids, view: View, tally: PaintTally, barrel: float = 0.0) -> None:
        self.image, self.ids, self.tally = image, ids, tally
        self._view, self._barrel = view, barrel
        right, down, _ = view.axes()
        self._right = np.array([right[0], 0.0, right[2]]) / np.hypot(right[0], right[2])
        # Flat figures lean towards a camera above them: bodies are as deep as flat ones are not.
        upright = np.array([0.0, 1.0, 0.0]) - 0.45 * down
        self._up = upright / np.linalg.norm(upright)

    def stand(self, cutout: Cutout, spot_mm: tuple[float, float, float], light: float) -> None:
        """Put a cutout with the middle of its foot at x, y, z."""
        half, up = self._right * cutout.size_mm[0] / 2, self._up * cutout.size_mm[1]
        foot = np.array(spot_mm)
        corners = self._seen(np.stack([foot - half + up, foot + half + up, foot + half, foot - half]))
        if corners is None:
            return
        whole = abs(cv2.contourArea(corners)) * float(np.mean(cutout.mask)) / 255
        if whole > _MOST_HIDDEN * self.ids.size and self._inside(corners) > _MOST_HIDDEN:
            return
        self._shade(spot_mm, cutout.size_mm[0] * 0.55)
        self._put(cutout, corners, light, self.tally.occluder(round(whole)))

    def _shade(self, spot_mm: tuple[float, float, float], reach_mm: float) -> None:
        """The soft shadow on the floor around a foot."""
        x, y, z = spot_mm
        corners = self._seen(np.array([(x + a * reach_mm, y, z + b * reach_mm) for a, b in _AROUND]))
        if corners is None:
            return
        low = np.maximum(np.floor(corners.min(0)).astype(int), 0)
        high = np.minimum(np.ceil(corners.max(0)).astype(int) + 1, (self.ids.shape[1], self.ids.shape[0]))
        if (high - low).min() < 2:
            return
        source = np.array([[0, 0], [32, 0], [32, 32], [0, 32]], np.float32)
        turn = cv2.getPerspectiveTransform(source, corners - low.astype(np.float32))
        dark = cv2.warpPerspective(_blot(), turn, (int(high[0] - low[0]), int(high[1] - low[1])))
        part = self.image[low[1] : high[1], low[0] : high[0]]
        floor = self.ids[low[1] : high[1], low[0] : high[0]] == 0
        part[floor] = (part[floor] * (1 - dark[floor, None])).astype(np.uint8)

    def pile(self, dice: Dice, spot_mm: tuple[float, float, float], light: float) -> None:
        """Cartons on each other: each a box of which one sees up to three sides."""
        x, y, z = spot_mm
        instance, before = self.tally.occluder(1), int(np.count_nonzero(self.ids >= FIRST_OCCLUDER_ID))
        for _ in range(dice.whole(1, 4)):
            size = (dice.between(280, 600), dice.between(180, 420), dice.between(250, 450))
            self._box(dice, (x + dice.gauss(15) - size[0] / 2, y, z), size, light=light, instance=instance)
            y += size[1]
        shown = int(np.count_nonzero(self.ids >= FIRST_OCCLUDER_ID)) - before
        self.tally.occluder_px[-1] = max(1, shown)

    def _box(
        self,
        dice: Dice,
        corner: tuple[float, float, float],
        size: tuple[float, float, float],
        *,
        light: float,
        instance: int,
    ) -> None:
        low, high = np.array(corner), np.array(corner) + size
        colour = carts.carton_face(dice)
        cover = np.full(colour.shape[:2], 255, np.uint8)
        (x0, y0, z0), (x1, y1, z1) = low, high
        eye = np.array([self._view.eye_mm[0], self._view.eye_mm[1], -self._view.eye_mm[2]])
        z = z0 if eye[2] < z0 else z1
        faces = [((x0, y1, z), (x1, y1, z), (x1, y0, z), (x0, y0, z), 1.0)] if not z0 < eye[2] < z1 else []
        if eye[0] > x1:
            faces.append(((x1, y1, z0), (x1, y1, z1), (x1, y0, z1), (x1, y0, z0), 0.75))
        elif eye[0] < x0:
            faces.append(((x0, y1, z1), (x0, y1, z0), (x0, y0, z0), (x0, y0, z1), 0.75))
        if eye[1] > y1:
            faces.append(((x0, y1, z1), (x1, y1, z1), (x1, y1, z0), (x0, y1, z0), 1.15))
        for *spots, shade in faces:
            corners = self._seen(np.array(spots))
            if corners is not None:
                self._put(Cutout(colour, cover, cover, (1.0, 1.0)), corners, light * shade, instance)

    def _seen(self, spots_mm: Matrix) -> NDArray[np.float32] | None:
        """Corners in the picture, through the lens; ``None`` too near the camera or behind it."""
        points = self._view.project(spots_mm)
        if points[:, 2].min() < _NEAREST_MM:
            return None
        middle = np.array(self._view.size_wh) / 2
        around = (points[:, :2] - middle) / middle[0]
        bent = around
        for _ in range(3):
            bent = around / (1 + self._barrel * (bent**2).sum(1, keepdims=True))
        return np.asarray(bent * middle[0] + middle, np.float32)

    def _inside(self, corners: NDArray[np.float32]) -> float:
        """Share of the picture within a quadrilateral's extent."""
        size = np.array(self._view.size_wh)
        return float(np.prod((corners.max(0).clip(0, size) - corners.min(0).clip(0, size)) / size))

    def _put(self, cutout: Cutout, corners: NDArray[np.float32], light: float, instance: int) -> None:
        low = np.maximum(np.floor(corners.min(0)).astype(int), 0)
        high = np.minimum(np.ceil(corners.max(0)).astype(int) + 1, (self.ids.shape[1], self.ids.shape[0]))
        if (high - low).min() < 2:
            return
        art, cover, mask = dimmed(cutout.art, light), cutout.cover, cutout.mask
        shrink = float(np.linalg.norm(corners[3] - corners[0])) / art.shape[0]
        if shrink < 0.7:
            size = (max(4, round(art.shape[1] * shrink)), max(4, round(art.shape[0] * shrink)))
            art, cover, mask = (
                np.asarray(cv2.resize(each, size, interpolation=cv2.INTER_AREA), np.uint8)
                for each in (art, cover, mask)
            )
        height, width = mask.shape
        source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        turn = cv2.getPerspectiveTransform(source, corners - low.astype(np.float32))
        size = (int(high[0] - low[0]), int(high[1] - low[1]))
        rows, columns = slice(low[1], high[1]), slice(low[0], high[0])
        share = cv2.warpPerspective(cover, turn, size)[..., None].astype(np.uint16)
        shown = cv2.warpPerspective(art, turn, size, borderMode=cv2.BORDER_REPLICATE)
        part = self.image[rows, columns]
        part[:] = ((part * (255 - share) + shown * share + 127) // 255).astype(np.uint8)
        self.ids[rows, columns][cv2.warpPerspective(mask, turn, size) > 127] = instance


def put_random(foreground: Foreground, dice: Dice, spots_mm: list[tuple[float, float]], light: float) -> None:
    """Somebody or something at each (x, z) of the floor; far ones first is the caller's to see to."""
    makers = {
        _PERSON: people.person,
        _TROLLEY: carts.trolley,
        _BASKET: carts.basket,
        _CAGE: carts.roll_cage,
        _SACK: carts.sack,
    }
    for x, z in spots_mm:
        kind = dice.weighted(_KINDS)
        if kind == _CARTONS:
            foreground.pile(dice, (x, 0.0, z), light)
        else:
            foreground.stand(makers[kind](dice), (x, 0.0, z), light)
        if kind == _PERSON and dice.chance(0.25):
            foreground.stand(carts.trolley(dice), (x + dice.pick((-1, 1)) * 650, 0.0, z - 150), light)
