"""A flat picture of a fixture's front plane, into which things at a depth are painted as the camera sees them.

A camera that looks straight at the plane sees depth as scaling about one point; any other camera at the same place
sees the same picture through a plane-to-plane map. So everything is painted flat and turned once at the end.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.packs.colours import Colour
from simulator.packs.sprites import Sprite, dimmed
from simulator.render.instance_ids import FIRST_GAP_ID, FIRST_OCCLUDER_ID, FIRST_TAG_ID, STOCK_BEHIND_ID
from simulator.render.view import View

Image = NDArray[np.uint8]
Ids = NDArray[np.uint16]
Point = tuple[float, float]


@dataclass
class PaintTally:
    """The instances painted so far: what each is, and how many pixels it would have if nothing hid it."""

    product_ids: list[int] = field(default_factory=list)
    whole_px: list[int] = field(default_factory=list)
    gap_products: list[int] = field(default_factory=list)
    gap_px: list[int] = field(default_factory=list)
    tag_px: list[int] = field(default_factory=list)
    occluder_px: list[int] = field(default_factory=list)

    def facing(self, product_id: int) -> int:
        """The id of a new facing; counts from 1."""
        self.product_ids.append(product_id)
        self.whole_px.append(0)
        return len(self.product_ids)

    def gap(self, product_id: int, whole_px: int) -> int:
        """The id of a new gap; counts from ``FIRST_GAP_ID``."""
        self.gap_products.append(product_id)
        self.gap_px.append(whole_px)
        return FIRST_GAP_ID + len(self.gap_products) - 1

    def tag(self, whole_px: int) -> int:
        """The id of a new price tag; counts from ``FIRST_TAG_ID``."""
        self.tag_px.append(whole_px)
        return FIRST_TAG_ID + len(self.tag_px) - 1

    def occluder(self, whole_px: int) -> int:
        """The id of somebody or something before the shelf; counts from ``FIRST_OCCLUDER_ID``."""
        self.occluder_px.append(whole_px)
        return FIRST_OCCLUDER_ID + len(self.occluder_px) - 1


class Canvas:
    """Pixels of the front plane (y down) and the id of what each shows (0: no facing)."""

    def __init__(
        self, box_mm: tuple[float, float, float, float], px_per_mm: float, view: View, tally: PaintTally
    ) -> None:
        """``box_mm`` is x0, y0 (low), x1, y1 (high) of the plane."""
        width = max(8, int((box_mm[2] - box_mm[0]) * px_per_mm))
        height = max(8, int((box_mm[3] - box_mm[1]) * px_per_mm))
        self.image: Image = np.zeros((height, width, 3), np.uint8)
        self.ids: Ids = np.zeros((height, width), np.uint16)
        self.scale = px_per_mm
        self.tally = tally
        self._left_mm, self._top_mm = box_mm[0], box_mm[3]
        self._eye = self.front(view.eye_mm[0], view.eye_mm[1])
        self._distance_px = view.eye_mm[2] * px_per_mm
        self._window = (0, 0, width, height)
        self._scaled: dict[tuple[int, int, int, int], Sprite] = {}
        self._kept: dict[int, Sprite] = {}

    @property
    def eye_px(self) -> Point:
        return self._eye

    @property
    def origin_px(self) -> tuple[int, int]:
        """Upper left corner of the window that may be painted now."""
        return self._window[0], self._window[1]

    def front(self, x_mm: float, y_mm: float) -> Point:
        """Where a point of the front plane lies, px."""
        return (x_mm - self._left_mm) * self.scale, (self._top_mm - y_mm) * self.scale

    def at(self, x_mm: float, y_mm: float, z_mm: float) -> Point:
        """Where a point at a depth is seen, px."""
        x, y = self.front(x_mm, y_mm)
        near = self.nearness(z_mm)
        return self._eye[0] + (x - self._eye[0]) * near, self._eye[1] + (y - self._eye[1]) * near

    def nearness(self, z_mm: float) -> float:
        """How much smaller things at a depth look."""
        return self._distance_px / (self._distance_px + z_mm * self.scale)

    def flat_from_front(self) -> NDArray[np.float64]:
        """The 3×3 map from front plane mm to this canvas's px."""
        scale = self.scale
        return np.array([[scale, 0, -self._left_mm * scale], [0, -scale, self._top_mm * scale], [0, 0, 1.0]])

    def look_through(self, x0: float, y0: float, x1: float, y1: float) -> bool:
        """From now on paint only within this part of the front plane (px); ``False`` if it is out of the picture."""
        height, width = self.ids.shape
        left, top = max(0, round(x0)), max(0, round(y0))
        right, foot = min(width, round(x1)), min(height, round(y1))
        self._window = (left, top, right, foot)
        return bool(left < right and top < foot)

    def look_at_all(self) -> None:
        """Paint anywhere again."""
        self._window = (0, 0, self.ids.shape[1], self.ids.shape[0])

    def seen(self) -> tuple[Image, Ids]:
        """The pixels that may be painted now, as views."""
        left, top, right, foot = self._window
        return self.image[top:foot, left:right], self.ids[top:foot, left:right]

    def forget_behind(self) -> None:
        """For who calls a place empty whose front is, whatever stands behind: the rows behind are background."""
        _, ids = self.seen()
        ids[ids == STOCK_BEHIND_ID] = 0

    def forget_stock(self) -> None:
        """Once a shelf's gaps are marked, the sides of its packs and the rows behind them are background."""
        _, ids = self.seen()
        ids[ids >= STOCK_BEHIND_ID] = 0

    def polygon(self, points: list[Point], colour: Colour, instance: int = 0) -> None:
        """Fill a polygon (px) and say what it is."""
        image, ids = self.seen()
        corners = np.rint(np.array(points) - self._window[:2]).astype(np.int32)
        cv2.fillPoly(image, [corners], colour)
        cv2.fillPoly(ids, [corners], instance)

    def texture(self, art: Image, corners: list[Point], light: float, instance: int = 0) -> None:
        """Put a picture on a quadrilateral (px; upper left, upper right, lower right, lower left)."""
        image, ids = self.seen()
        quad = np.array(corners, np.float32) - np.array(self._window[:2], np.float32)
        low = np.maximum(np.floor(quad.min(0)).astype(int), 0)
        high = np.minimum(np.ceil(quad.max(0)).astype(int) + 1, (image.shape[1], image.shape[0]))
        if (high - low).min() < 1:
            return
        height, width = art.shape[:2]
        source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        turn = cv2.getPerspectiveTransform(source, quad - low.astype(np.float32))
        size = (int(high[0] - low[0]), int(high[1] - low[1]))
        turned = cv2.warpPerspective(dimmed(art, light), turn, size, flags=cv2.INTER_LINEAR)
        inside = np.zeros((size[1], size[0]), np.uint8)
        cv2.fillPoly(inside, [np.rint(quad - low).astype(np.int32)], 255)
        part = image[low[1] : high[1], low[0] : high[0]]
        cv2.copyTo(turned, inside, part)
        ids[low[1] : high[1], low[0] : high[0]][inside > 0] = instance

    def paste(self, sprite: Sprite, corner: Point, size_wh: Point, light: float, instance: int = 0) -> int:
        """Put a pack with its lower left corner at ``corner`` (px). Gives how many px it would cover unhidden."""
        width, height = max(2, round(size_wh[0])), max(2, round(size_wh[1]))
        drawn = self._sized(sprite, width, height, light)
        left, top = round(corner[0]) - self._window[0], round(corner[1]) - height - self._window[1]
        image, ids = self.seen()
        x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + width, image.shape[1]), min(top + height, image.shape[0])
        solid = drawn.solid
        if x0 < x1 and y0 < y1:
            cut = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
            _blend(image[y0:y1, x0:x1], drawn.front[cut], drawn.cover[cut])
            ids[y0:y1, x0:x1][solid[cut] > 0] = instance
        return int(np.count_nonzero(solid))

    def _sized(self, sprite: Sprite, width: int, height: int, light: float) -> Sprite:
        level = max(1, round(light * 24))
        key = (id(sprite), width, height, level)
        if key not in self._scaled:
            self._kept[id(sprite)] = sprite
            self._scaled[key] = sprite.scaled((width, height), level / 24)
        return self._scaled[key]


def _blend(part: Image, front: Image, cover: Image) -> None:
    share = cover[..., None].astype(np.uint16)
    part[:] = ((part * (255 - share) + front * share + 127) // 255).astype(np.uint8)
