"""Bays and cameras drawn at random, with their pictures and the truth: what calibration without points is measured on.

A bay is a plan of some places of the demo's products; its shelf may differ from the plan (places empty or holding
another product, and a plan that is a version behind). The camera hangs anywhere within an angle, with or without a lens
that bends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import radians, tan

import numpy as np
from numpy.typing import NDArray

from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.geometry import project
from shelfstream.catalogue.model import Bay, Calibration, Camera, PointPair, Product, Shelf, Slot, Store
from simulator.dice import Dice
from simulator.render import optics
from simulator.render.view import View
from simulator.store.bay_painter import BayPainter
from simulator.store.demo_store import demo_catalogue
from simulator.store.store import SimulatedStore

SIZE_WH = (1280, 720)
STORE, BAY, CAMERA = "s", "bay", "cam"
_AIR_MM, _BOARD_MM, _FLOOR_MM = 45.0, 30.0, 110.0
AT_S = 400_000.0
_MOVED_MOST = 3
_ROW_MOST = 12
"""Places on a shelf: about three metres."""


@dataclass(frozen=True)
class Difficulty:
    """How far camera and shelf may be from the ideal."""

    angle_deg: float = 35.0
    lens: bool = True
    wrong_share: float = 0.0
    version_behind: bool = False


@dataclass(frozen=True, eq=False)
class RandomBay:
    """A plan, the picture of a bay that should follow it, and the map from bay (mm) to picture without its lens."""

    plan: Catalogue
    image_bgr: NDArray[np.uint8]
    image_from_bay: NDArray[np.float64]
    barrel: float

    def true_px(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where points (N, 2) of the bay's front are in the picture, lens and all."""
        straight = project(self.image_from_bay, points_mm)
        half = np.array([SIZE_WH[0] / 2, SIZE_WH[1] / 2])
        wanted = (straight - half) / half[0]
        bent = wanted.copy()
        for _ in range(30):
            bent = wanted / (1 + self.barrel * (bent**2).sum(1, keepdims=True))
        return np.asarray(bent * half[0] + half, np.float64)


@dataclass(frozen=True, eq=False)
class RandomCamera:
    """A plan, what stands there, and how a camera hangs before it, by the dice that the rest is thrown with too."""

    plan: Catalogue
    shelf: SimulatedStore
    view: View
    barrel: float
    dice: Dice

    def painter(self, view: View | None = None) -> BayPainter:
        """What paints its pictures, or those of a camera that hangs elsewhere.

        Raises ``ValueError`` where a shelf is out of the picture.
        """
        return BayPainter(self.shelf, CAMERA, view or self.view, self.barrel)

    def image(self, painter: BayPainter, at_s: float) -> NDArray[np.uint8]:
        """What the camera sees at a simulated time."""
        look = optics.random_look(self.dice.child("look"))
        return optics.exposed(painter.picture(at_s).image, look, self.dice.child("light"))


def random_camera(seed: int, difficulty: Difficulty) -> RandomCamera:
    """One bay and its camera; the same seed gives the same ones."""
    dice = Dice("random bay", seed)
    plan = _plan(dice.child("plan"))
    shelf = _shelf_of(plan, difficulty, dice.child("shelf"))
    view = _view(plan.bays[STORE, BAY], difficulty.angle_deg, dice.child("view"))
    barrel = float(np.clip(dice.gauss(0.03), -0.06, 0.06)) if difficulty.lens else 0.0
    return RandomCamera(plan, SimulatedStore(STORE, seed, shelf), view, barrel, dice)


def random_bay(seed: int, difficulty: Difficulty) -> RandomBay:
    """One picture of one bay; the same seed gives the same one."""
    camera = random_camera(seed, difficulty)
    image = camera.image(camera.painter(), AT_S + 7_000 * (seed % 5))
    return RandomBay(camera.plan, image, camera.view.image_from_front(), camera.barrel)


def _plan(dice: Dice) -> Catalogue:
    """Six to sixty places on two to six shelves, of some of the demo's products."""
    shown = list(demo_catalogue().products.values())
    goods = [shown[place] for place in sorted(range(len(shown)), key=lambda _: dice.between(0, 1))]
    goods = goods[: dice.whole(6, 24)]
    places = dice.whole(6, 60)
    rows = dice.whole(max(2, -(-places // _ROW_MOST)), max(2, min(6, places // 3)))
    width = 0.0
    drawn: list[list[tuple[Product, int, int]]] = []
    for row in range(rows):
        here = [_placed(dice.pick(goods), dice) for _ in range(places // rows + (row < places % rows))]
        width = max(width, sum(_slot_mm(product, wide) for product, wide, _ in here))
        drawn.append(here)
    return _catalogue(goods, drawn, width)


def _placed(product: Product, dice: Dice) -> tuple[Product, int, int]:
    height = product.height_mm or 100.0
    return product, dice.whole(1, 3), max(1, min(4, int(240 // height)))


def _slot_mm(product: Product, wide: int) -> float:
    return wide * ((product.width_mm or 90.0) + 4) + 8


def _catalogue(goods: Sequence[Product], rows: Sequence[Sequence[tuple[Product, int, int]]], width: float) -> Catalogue:
    shelves, slots, foot = [], [], _FLOOR_MM
    for number, row in enumerate(rows, 1):
        clearance = max((product.height_mm or 100.0) * high for product, _, high in row) + _AIR_MM
        shelves.append(Shelf(id=f"s{number}", y_mm=foot, clearance_mm=clearance, depth_mm=360))
        foot += clearance + _BOARD_MM
        spare = (width - sum(_slot_mm(product, wide) for product, wide, _ in row)) / len(row)
        left = 0.0
        for place, (product, wide, high) in enumerate(row, 1):
            right = left + _slot_mm(product, wide) + min(spare, 60.0)
            slots.append(
                Slot(
                    store=STORE, id=f"s{number}-{place:02d}", bay=BAY, shelf=f"s{number}", gtin=product.gtin,
                    x_min_mm=round(left, 1), x_max_mm=round(right, 1), facings_wide=wide, facings_high=high,
                )
            )  # fmt: skip
            left = right
    bay = Bay(store=STORE, id=BAY, width_mm=width + 1, height_mm=foot, shelves=tuple(shelves))
    store = Store(id=STORE, name="S", time_zone="UTC", hours={})
    corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    points = tuple(PointPair(image_px=(x * 100, 100 - y * 100), bay_mm=(x * 100, y * 100)) for x, y in corners)
    camera = Camera(store=STORE, id=CAMERA, url="sim://s/cam", calibrations=(Calibration(bay=BAY, points=points),))
    products = [product.model_copy(update={"store": STORE}) for product in goods]
    return Catalogue.of([store, bay, camera, *products, *slots])


def _shelf_of(plan: Catalogue, difficulty: Difficulty, dice: Dice) -> Catalogue:
    """What stands there: the plan, with some places empty or holding another product, and some moved."""
    slots = list(plan.slots.values())
    if difficulty.version_behind:
        slots = _moved(slots, dice)
    products = {product.gtin: product for product in plan.products.values()}
    stands: list[Slot] = []
    for slot in slots:
        if not dice.chance(difficulty.wrong_share):
            stands.append(slot)
        elif dice.chance(0.5):
            stands.append(_filled_with(dice.pick(list(products.values())), slot))
    others = [entity for entity in plan.entities() if not isinstance(entity, Slot)]
    return Catalogue.of([*others, *stands])


def _filled_with(product: Product, slot: Slot) -> Slot:
    wide = max(1, int((slot.x_max_mm - slot.x_min_mm) // ((product.width_mm or 90.0) + 4)))
    return slot.model_copy(update={"gtin": product.gtin, "facings_wide": wide, "facings_high": 1})


def _moved(slots: Sequence[Slot], dice: Dice) -> list[Slot]:
    """A newer plan: on up to three shelves two neighbours have changed places."""
    found = list(slots)
    for _ in range(_MOVED_MOST):
        place = dice.whole(0, len(found) - 2)
        left, right = found[place], found[place + 1]
        if left.shelf == right.shelf:
            middle = left.x_min_mm + right.x_max_mm - right.x_min_mm
            found[place] = right.model_copy(update={"x_min_mm": left.x_min_mm, "x_max_mm": middle})
            found[place + 1] = left.model_copy(update={"x_min_mm": middle, "x_max_mm": right.x_max_mm})
    return found


def _view(bay: Bay, angle_deg: float, dice: Dice) -> View:
    """From a point within the angle to the bay's middle, so near that the bay fills most of the picture."""
    middle = (bay.width_mm / 2, bay.height_mm / 2)
    while True:
        yaw, pitch = dice.between(-angle_deg, angle_deg), dice.between(-angle_deg * 0.4, angle_deg * 0.7)
        if (yaw**2 + pitch**2) ** 0.5 <= angle_deg:
            break
    away = max(bay.width_mm, bay.height_mm * 1.2) * dice.between(0.9, 1.6)
    eye = (middle[0] + away * tan(radians(yaw)), middle[1] + away * tan(radians(pitch)), away)
    look = (middle[0] * dice.between(0.95, 1.05), middle[1] * dice.between(0.95, 1.05))
    roll = dice.between(-3, 3)
    corners = np.array([(0.0, 0.0), (bay.width_mm, 0.0), (bay.width_mm, bay.height_mm), (0.0, bay.height_mm)])
    spread = project(View(eye, look, 1000.0, SIZE_WH, roll).image_from_front(), corners) - np.array(SIZE_WH) / 2
    fill = float((np.abs(spread) / (np.array(SIZE_WH) / 2)).max())
    return View(eye, look, 1000.0 * dice.between(0.75, 0.98) / fill, SIZE_WH, roll)
