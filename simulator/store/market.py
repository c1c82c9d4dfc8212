"""A store whose plan follows from a seed, with the facings that supermarkets give: mostly one to three side by side."""

from collections.abc import Iterator
from itertools import pairwise

from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import CatalogueEntity, OpeningHours, Slot, Store, Weekday
from simulator.dice import Dice
from simulator.packs.assortment import ARTICLES, Article
from simulator.store.fittings import SHELVES_MM, WIDTH_MM, bay_of_five, camera_of, gtin_of, product_of, slot_of
from simulator.store.trading import TradedSlot

MARKET_ID = "market"
_WIDE = {1: 3, 2: 4, 3: 2, 4: 1}
_SPARE_MM = 10.0
_WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# How much wider than a planned pack another one may be that is put into its place.
_FITS = 1.15


def market_catalogue(seed: int, bays: int, opens: str, closes: str, interval_s: float) -> Catalogue:
    """One store of bays with a camera each, and the whole assortment as products."""
    return Catalogue.of(_entities(Dice("market", seed), bays, (opens, closes), interval_s))


def traded_slots(slots: tuple[Slot, ...]) -> tuple[TradedSlot, ...]:
    """What ``Trading`` has to know of slots, in their order."""
    number_of = {slot.id: number for number, slot in enumerate(slots)}
    beside: dict[str, list[int]] = {slot.id: [] for slot in slots}
    in_order = sorted(slots, key=lambda slot: (slot.bay, slot.shelf, slot.x_min_mm))
    for left, right in pairwise(in_order):
        if (left.bay, left.shelf) == (right.bay, right.shelf):
            beside[left.id].append(number_of[right.id])
            beside[right.id].append(number_of[left.id])
    return tuple(
        TradedSlot(slot.gtin, slot.facings_wide, slot.facings_high, tuple(beside[slot.id]), _alike(slot.gtin))
        for slot in slots
    )


def _entities(dice: Dice, bays: int, hours: tuple[str, str], interval_s: float) -> Iterator[CatalogueEntity]:
    open_at = (OpeningHours(opens=hours[0], closes=hours[1]),)
    yield Store(
        id=MARKET_ID, name="Market", time_zone="Europe/Berlin", currency="EUR", hours=dict.fromkeys(_WEEK, open_at)
    )
    for number, article in enumerate(ARTICLES):
        yield product_of(MARKET_ID, article, gtin_of(number), 0.0)
    for number in range(1, bays + 1):
        bay = bay_of_five(MARKET_ID, f"bay-{number}", f"Bay {number}", number)
        yield bay
        camera = f"cam-{number}"
        yield camera_of(camera, bay, f"sim://{MARKET_ID}/{camera}", interval_s)
        yield from _slots(dice, number, bay.id)


def _slots(dice: Dice, bay_number: int, bay_id: str) -> Iterator[Slot]:
    """Shelf by shelf, products of the assortment in turn, each with some facings, until the shelf is full."""
    turn = dice.whole(0, len(ARTICLES) - 1)
    for shelf in range(1, len(SHELVES_MM) + 1):
        placed: list[tuple[int, int]] = []
        while True:
            wide = dice.weighted(_WIDE)
            if sum(_width(*each) for each in placed) + _width(turn % len(ARTICLES), wide) > WIDTH_MM:
                break
            placed.append((turn % len(ARTICLES), wide))
            turn += 1
        spare, x = (WIDTH_MM - sum(_width(*each) for each in placed)) / len(placed), 0.0
        for place, (number, wide) in enumerate(placed, 1):
            span = (x, x + _width(number, wide) + spare)
            where = (bay_number, bay_id, shelf, place)
            yield slot_of(MARKET_ID, gtin_of(number), ARTICLES[number], where, span, wide=wide)
            x = span[1]


def _width(number: int, wide: int) -> float:
    return wide * (ARTICLES[number].size_mm[0] + 3) + _SPARE_MM


def _alike(gtin: str) -> tuple[str, ...]:
    """Other products whose packs fit where this one's stand."""
    own = _article(gtin)
    return tuple(
        gtin_of(number)
        for number, article in enumerate(ARTICLES)
        if gtin_of(number) != gtin
        and article.size_mm[0] <= _FITS * own.size_mm[0]
        and article.size_mm[1] * article.high <= _FITS * own.size_mm[1] * own.high
    )


def _article(gtin: str) -> Article:
    return next(article for number, article in enumerate(ARTICLES) if gtin_of(number) == gtin)
