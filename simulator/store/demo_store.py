"""The store that the demo runs in: its catalogue, made from the assortment."""

from collections.abc import Iterator

import numpy as np

from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import Bay, Camera, CatalogueEntity, OpeningHours, Product, Slot, Store, Weekday
from simulator.packs.assortment import ARTICLES, Article, pack_of
from simulator.packs.bodies import draw_pack
from simulator.render.optics import jpeg
from simulator.store.fittings import SHELVES_MM, WIDTH_MM, bay_of_five, camera_of, gtin_of, product_of, slot_of
from simulator.store.world import CYCLE_S, ROWS_DEEP

STORE_ID = "demo-market"
DEMO_SEED = 7
DEMO_SPEED = 60
_BAYS = (("bay-1", "Breakfast", "cam-left"), ("bay-2", "Pantry and care", "cam-right"))
_SLOT_MM = 400.0
_WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def demo_catalogue() -> Catalogue:
    """One store that never closes, two bays of five shelves, two cameras, thirty products."""
    return Catalogue.of(_entities())


def _entities() -> Iterator[CatalogueEntity]:
    always = (OpeningHours(opens="00:00", closes="24:00"),)
    yield Store(
        id=STORE_ID, name="Demo Market", time_zone="Europe/Berlin", currency="EUR", hours=dict.fromkeys(_WEEK, always)
    )
    gtins = [gtin_of(number) for number in range(len(ARTICLES))]
    slots = list(_slots(gtins))
    yield from (_product(article, gtin, slots) for article, gtin in zip(ARTICLES, gtins, strict=True))
    for order, (bay_id, name, camera_id) in enumerate(_BAYS, 1):
        bay = bay_of_five(STORE_ID, bay_id, name, order)
        yield bay
        yield _camera(camera_id, bay)
    yield from slots


def _slots(gtins: list[str]) -> Iterator[Slot]:
    """Products one after the other along the shelves, each on about forty centimetres; then from the first again."""
    turn = 0
    for bay_number, (bay_id, _, _) in enumerate(_BAYS, 1):
        for shelf in range(1, len(SHELVES_MM) + 1):
            placed: list[tuple[int, float]] = []
            while sum(width for _, width in placed) + _slot_width(turn) <= WIDTH_MM:
                placed.append((turn % len(ARTICLES), _slot_width(turn)))
                turn += 1
            spare = (WIDTH_MM - sum(width for _, width in placed)) / len(placed)
            x = 0.0
            for place, (number, width) in enumerate(placed, 1):
                article, span = ARTICLES[number], (x, x + width + spare)
                yield slot_of(
                    STORE_ID, gtins[number], article, (bay_number, bay_id, shelf, place), span, wide=_wide(article)
                )
                x += width + spare


def _wide(article: Article) -> int:
    return max(2, min(5, int(_SLOT_MM / (article.size_mm[0] + 3))))


def _slot_width(turn: int) -> float:
    article = ARTICLES[turn % len(ARTICLES)]
    return _wide(article) * (article.size_mm[0] + 3) + 10


def _product(article: Article, gtin: str, slots: list[Slot]) -> Product:
    held = [slot.facings_wide * slot.facings_high * ROWS_DEEP for slot in slots if slot.gtin == gtin]
    return product_of(STORE_ID, article, gtin, float(round(sum(held) * 86_400 / CYCLE_S)))


def _camera(camera_id: str, bay: Bay) -> Camera:
    return camera_of(camera_id, bay, f"sim://{STORE_ID}/{camera_id}?seed={DEMO_SEED}&speed={DEMO_SPEED}", 2.0)


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
