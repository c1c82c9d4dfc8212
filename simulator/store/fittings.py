"""What simulated stores are built of: bays of five shelves, cameras opposite them, products of the assortment."""

from decimal import Decimal

from shelfstream.catalogue.model import Bay, Calibration, Camera, Product, Shelf, Slot
from shelfstream.identifiers import gtin_check_digit
from simulator.packs.assortment import Article
from simulator.store.bay_view import bay_points

SHELVES_MM = (110.0, 400.0, 690.0, 980.0, 1270.0)
"""How high the boards of a bay are."""
WIDTH_MM, HEIGHT_MM = 2400.0, 1560.0
_CLEARANCE_MM, _DEPTH_MM = 250.0, 360.0
_STALE_S = 120.0
_BETWEEN_MM = ((800.0, 690.0), (1600.0, 690.0))


def gtin_of(number: int) -> str:
    """The number of an article by its place; of the range that GS1 keeps for use inside a store."""
    body = f"0200417{number:03d}{(number * 37) % 1000:03d}"
    return body + str(gtin_check_digit(body))


def bay_of_five(store: str, bay_id: str, name: str, order: int) -> Bay:
    """A bay of five shelves."""
    shelves = tuple(
        Shelf(id=f"s{place}", y_mm=y, clearance_mm=_CLEARANCE_MM, depth_mm=_DEPTH_MM)
        for place, y in enumerate(SHELVES_MM, 1)
    )
    return Bay(
        store=store, id=bay_id, name=name, aisle="A1", width_mm=WIDTH_MM, height_mm=HEIGHT_MM,
        walking_order=order, shelves=shelves,
    )  # fmt: skip


def camera_of(camera_id: str, bay: Bay, url: str, interval_s: float) -> Camera:
    """A camera that hangs where a simulated one does, calibrated."""
    return Camera(
        store=bay.store,
        id=camera_id,
        name=f"Opposite {bay.name.lower()}",
        url=url,
        interval_s=interval_s,
        stale_after_s=max(_STALE_S, 5 * interval_s),
        calibrations=(Calibration(bay=bay.id, points=bay_points(bay, _BETWEEN_MM)),),
    )


def slot_of(
    store: str, gtin: str, article: Article, place: tuple[int, str, int, int], span: tuple[float, float], *, wide: int
) -> Slot:
    """A slot at (number of its bay, its bay, shelf, place on it), from-to mm."""
    bay_number, bay_id, shelf, index = place
    return Slot(
        store=store,
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


def product_of(store: str, article: Article, gtin: str, sales_per_day: float) -> Product:
    """The article as a store's product."""
    width, height, depth = article.size_mm
    return Product(
        store=store,
        gtin=gtin,
        name=article.name,
        brand=article.brand,
        category=article.category,
        price=Decimal(article.price),
        pack_size=article.pack_size,
        width_mm=width,
        height_mm=height,
        depth_mm=depth,
        sales_per_day=sales_per_day,
        pictures=(f"{gtin}.jpg",),
    )
