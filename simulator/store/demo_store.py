"""The store that the demo runs in: its catalogue, made from the assortment."""

from collections.abc import Iterator
from decimal import Decimal

import numpy as np

from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import (
    Bay,
    Calibration,
    Camera,
    CatalogueEntity,
    OpeningHours,
    Product,
    Shelf,
    Slot,
    Store,
    Weekday,
)
from shelfstream.identifiers import gtin_check_digit
from simulator.packs.assortment import ARTICLES, Article, pack_of
from simulator.packs.bodies import draw_pack
from simulator.render.optics import jpeg
from simulator.store.bay_view import bay_points
from simulator.store.world import CYCLE_S, ROWS_DEEP

STORE_ID = "demo-market"
DEMO_SEED = 7
DEMO_SPEED = 60
_BAYS = (("bay-1", "Breakfast", "cam-left"), ("bay-2", "Pantry and care", "cam-right"))
_WIDTH_MM, _HEIGHT_MM = 2400.0, 1560.0
_SHELVES_MM = (110.0, 400.0, 690.0, 980.0, 1270.0)
_CLEARANCE_MM, _DEPTH_MM = 250.0, 360.0
_SLOT_MM = 400.0
_BETWEEN_MM = ((800.0, 690.0), (1600.0, 690.0))
_WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def demo_catalogue() -> Catalogue:
    """One store that never closes, two bays of five shelves, two cameras, thirty products."""
    return Catalogue.of(_entities())


def _entities() -> Iterator[CatalogueEntity]:
    always = (OpeningHours(opens="00:00", closes="24:00"),)
    yield Store(
        id=STORE_ID, name="Demo Market", time_zone="Europe/Berlin", currency="EUR", hours=dict.fromkeys(_WEEK, always)
    )
    gtins = [_gtin(number) for number in range(len(ARTICLES))]
    slots = list(_slots(gtins))
    yield from (_product(article, gtin, slots) for article, gtin in zip(ARTICLES, gtins, strict=True))
    for order, (bay_id, name, camera_id) in enumerate(_BAYS, 1):
        bay = _bay(bay_id, name, order)
        yield bay
        yield _camera(camera_id, bay)
    yield from slots


def _gtin(number: int) -> str:
    """Of the range that GS1 keeps for use inside a store."""
    body = f"0200417{number:03d}{(number * 37) % 1000:03d}"
    return body + str(gtin_check_digit(body))


def _bay(bay_id: str, name: str, order: int) -> Bay:
    shelves = tuple(
        Shelf(id=f"s{place}", y_mm=y, clearance_mm=_CLEARANCE_MM, depth_mm=_DEPTH_MM)
        for place, y in enumerate(_SHELVES_MM, 1)
    )
    return Bay(
        store=STORE_ID, id=bay_id, name=name, aisle="A1", width_mm=_WIDTH_MM, height_mm=_HEIGHT_MM,
        walking_order=order, shelves=shelves,
    )  # fmt: skip


def _slots(gtins: list[str]) -> Iterator[Slot]:
    """Products one after the other along the shelves, each on about forty centimetres; then from the first again."""
    turn = 0
    for bay_number, (bay_id, _, _) in enumerate(_BAYS, 1):
        for shelf in range(1, len(_SHELVES_MM) + 1):
            placed: list[tuple[int, float]] = []
            while sum(width for _, width in placed) + _slot_width(turn) <= _WIDTH_MM:
                placed.append((turn % len(ARTICLES), _slot_width(turn)))
                turn += 1
            spare = (_WIDTH_MM - sum(width for _, width in placed)) / len(placed)
            x = 0.0
            for place, (number, width) in enumerate(placed, 1):
                yield _slot(gtins[number], ARTICLES[number], (bay_number, bay_id, shelf, place), (x, x + width + spare))
                x += width + spare


def _wide(article: Article) -> int:
    return max(2, min(5, int(_SLOT_MM / (article.size_mm[0] + 3))))


def _slot_width(turn: int) -> float:
    article = ARTICLES[turn % len(ARTICLES)]
    return _wide(article) * (article.size_mm[0] + 3) + 10


def _slot(gtin: str, article: Article, place: tuple[int, str, int, int], span: tuple[float, float]) -> Slot:
    bay_number, bay_id, shelf, index = place
    wide = _wide(article)
    return Slot(
        store=STORE_ID,
        id=f"b{bay_number}-s{shelf}-{index:02d}",
        bay=bay_id,
        shelf=f"s{shelf}",
        gtin=gtin,
        x_min_mm=round(span[0]),
        x_max_mm=round(span[1]),
        facings_wide=wide,
        facings_high=article.high,
        presentation_min=max(1, wide * article.high // 3),
    )


def _product(article: Article, gtin: str, slots: list[Slot]) -> Product:
    held = [slot.facings_wide * slot.facings_high * ROWS_DEEP for slot in slots if slot.gtin == gtin]
    width, height, depth = article.size_mm
    return Product(
        store=STORE_ID,
        gtin=gtin,
        name=article.name,
        brand=article.brand,
        category=article.category,
        price=Decimal(article.price),
        pack_size=article.pack_size,
        width_mm=width,
        height_mm=height,
        depth_mm=depth,
        sales_per_day=float(round(sum(held) * 86_400 / CYCLE_S)),
        pictures=(f"{gtin}.jpg",),
    )


def _camera(camera_id: str, bay: Bay) -> Camera:
    return Camera(
        store=STORE_ID,
        id=camera_id,
        name=f"Opposite {bay.name.lower()}",
        url=f"sim://{STORE_ID}/{camera_id}?seed={DEMO_SEED}&speed={DEMO_SPEED}",
        interval_s=2.0,
        calibrations=(Calibration(bay=bay.id, points=bay_points(bay, _BETWEEN_MM)),),
    )


def reference_picture(product: Product) -> bytes:
    """A packshot on white: the front of the pack that the cameras see, as a JPEG."""
    sprite = draw_pack(pack_of(product), 150)
    height, width = sprite.cover.shape
    margin = 14
    sheet = np.full((height + 2 * margin, width + 2 * margin, 3), 250, np.uint8)
    part = sheet[margin : margin + height, margin : margin + width]
    share = sprite.cover[..., None] / 255.0
    part[:] = (part * (1 - share) + sprite.front * share).astype(np.uint8)
    return jpeg(sheet, 90)
