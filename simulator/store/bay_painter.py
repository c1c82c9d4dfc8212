"""Paints one bay of a simulated store as it is at a time: a shelf is painted again only when its goods changed."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from shelfstream.catalogue.model import Bay, Shelf, Slot
from simulator.dice import Dice, hashed, unit
from simulator.packs.assortment import pack_of
from simulator.packs.pack import Pack
from simulator.render import surroundings, tags
from simulator.render.canvas import Canvas, Ids, Image, PaintTally
from simulator.render.columns import Column, ShelfLight, paint_columns
from simulator.render.fixture import paint_opening, paint_rail, shade_opening
from simulator.render.gondola import label_gap
from simulator.render.instance_ids import FIRST_GAP_ID
from simulator.render.optics import sample_maps, taken
from simulator.render.stocking import Gap
from simulator.render.view import View
from simulator.store.bay_view import bay_style, bay_view
from simulator.store.store import SimulatedStore
from simulator.store.world import ROWS_DEEP, Stock

_KEPT_SHELVES = 40
_ROOMS = (3, 8, 18, 21)
"""Surroundings that do not draw the eye from the shelf."""
_LIGHT = ShelfLight(1.0, 0.0016)
Stocks = tuple[Stock, ...]


@dataclass(frozen=True, eq=False)
class _PaintedShelf:
    """A shelf's pixels; the ids of its facings (from 1 within the shelf) and gaps (``FIRST_GAP_ID`` …), and whose."""

    origin_xy: tuple[int, int]
    image: Image
    ids: Ids
    facings: tuple[tuple[str, int], ...]
    """Slot and product number of each id."""
    gaps: tuple[str, ...]
    """Slot of each gap."""


@dataclass(frozen=True, eq=False)
class BayPicture:
    """A bay as its camera sees it, before light and sensor: pixels, ids of facings (from 1), slot of each.

    Gaps have ids from ``FIRST_GAP_ID``; ``gap_slots`` says where each is.
    """

    image: Image
    ids: Ids
    slots: tuple[str, ...]
    gap_slots: tuple[str, ...]


class BayPainter:
    """Paints the bay of one camera. Holds caches only: the same stocks give the same pixels whatever came before.

    ``view`` hangs the camera elsewhere than where a simulated store has it; ``barrel`` is its lens (see ``optics``).
    """

    def __init__(self, store: SimulatedStore, camera_id: str, view: View | None = None, barrel: float = 0.0) -> None:
        self._store = store
        self.bay = store.bay_of(camera_id)
        self.slots = store.slots_of(self.bay)
        self._view = view or bay_view(self.bay)
        self._style = bay_style(self.bay)
        self._canvas = self._empty_bay()
        self._bare = self._canvas.image.copy()
        self._maps = sample_maps(self._canvas, self._view, barrel)
        self._painted: OrderedDict[tuple[str, Stocks], _PaintedShelf] = OrderedDict()

    def picture(self, at_s: float, people: tuple[tuple[int, float], ...] = ()) -> BayPicture:
        """The bay at a simulated time; ``people`` are (who, where in mm) before it."""
        canvas = self._canvas
        canvas.image[:] = self._bare
        canvas.ids[:] = 0
        facings: list[str] = []
        gaps: list[str] = []
        for shelf in self.bay.shelves:
            painted = self._shelf(shelf, at_s)
            x, y = painted.origin_xy
            height, width = painted.ids.shape
            canvas.image[y : y + height, x : x + width] = painted.image
            canvas.ids[y : y + height, x : x + width] = _moved(painted.ids, len(facings), len(gaps))
            facings += [slot for slot, _ in painted.facings]
            gaps += painted.gaps
        canvas.look_at_all()
        for who, x_mm in people:
            surroundings.paint_person(canvas, Dice("person", who), x_mm, -260.0, 1500.0 + 250.0 * unit("tall", who))
        image, ids = taken(canvas, self._maps)
        return BayPicture(image, ids, tuple(facings), tuple(gaps))

    def _shelf(self, shelf: Shelf, at_s: float) -> _PaintedShelf:
        slots = [slot for slot in self.slots if slot.shelf == shelf.id]
        stocks = tuple(self._store.stock(slot.id, at_s) for slot in slots)
        key = (shelf.id, stocks)
        if key not in self._painted:
            self._painted[key] = self._paint(shelf, slots, stocks)
            if len(self._painted) > _KEPT_SHELVES:
                self._painted.popitem(last=False)
        self._painted.move_to_end(key)
        return self._painted[key]

    def _paint(self, shelf: Shelf, slots: list[Slot], stocks: Stocks) -> _PaintedShelf:
        canvas, bay = self._canvas, self.bay
        canvas.tally = PaintTally()
        rise = (shelf.y_mm, shelf.y_mm + shelf.clearance_mm)
        if not paint_opening(canvas, self._style, (0.0, bay.width_mm), rise, light=1.0):
            raise ValueError(f"shelf {shelf.id} of bay {bay.id} is out of its camera's picture")
        columns = [
            each for slot, stock in zip(slots, stocks, strict=True) for each in self._columns(slot, stock, shelf)
        ]
        by_slot = paint_columns(canvas, columns, self._style.depth_mm, _LIGHT)
        canvas.forget_behind()
        gaps = tuple(
            slot.id
            for slot, stock in zip(slots, stocks, strict=True)
            for gap in _gaps(slot, stock, self._pack(slot))
            if _labelled(canvas, gap, shelf)
        )
        canvas.forget_stock()
        shade_opening(canvas, self._style, 0.3)
        image, ids = canvas.seen()
        owner = {number: slot for slot, numbers in by_slot.items() for number in numbers}
        facings = tuple((owner[number], product) for number, product in enumerate(canvas.tally.product_ids, 1))
        return _PaintedShelf(canvas.origin_px, image.copy(), ids.copy(), facings, gaps)

    def _columns(self, slot: Slot, stock: Stock, shelf: Shelf) -> list[Column]:
        """The slot's goods: columns side by side from its middle, pushed back where the front row is gone."""
        start, pitch = _places(slot, self._pack(slot))
        return [
            self._column(slot, stock, place, start + (place + 0.5) * pitch, shelf.y_mm)
            for place in range(slot.facings_wide)
        ]

    def _column(self, slot: Slot, stock: Stock, place: int, middle_mm: float, foot_mm: float) -> Column:
        other = stock.others[place] if stock.others else ""
        pack = self._pack(slot, other)
        rows = ROWS_DEEP if other else stock.rows[place]
        return Column(
            pack,
            middle_mm - pack.width_mm / 2,
            foot_mm,
            units=slot.facings_high if other else stock.fronts[place],
            full=slot.facings_high,
            back_mm=8.0 + (ROWS_DEEP - max(1, rows)) * (pack.depth_mm + 4) * 0.8,
            behind=max(0, rows - 1),
            slot=slot.id,
            jitter_mm=0.8,
        )

    def _pack(self, slot: Slot, other: str = "") -> Pack:
        return pack_of(self._store.catalogue.products[slot.store, other or slot.gtin])

    def _empty_bay(self) -> Canvas:
        """The furniture with rails and tags, and the shop around it; nothing on the shelves yet."""
        bay, style = self.bay, self._style
        x0, y0, x1, y1 = self._view.seen_box_mm()
        canvas = Canvas((x0 - 20, y0 - 20, x1 + 20, y1 + 20), self._view.px_per_mm() * 1.1, self._view, PaintTally())
        room = _ROOMS[hashed("room", bay.store, bay.id) % len(_ROOMS)]
        base = min(shelf.y_mm for shelf in bay.shelves)
        surroundings.paint_room(canvas, Dice("r", room), (-30.0, 0.0, bay.width_mm + 30.0, bay.height_mm))
        plinth = [
            canvas.front(0, base),
            canvas.front(bay.width_mm, base),
            canvas.front(bay.width_mm, 0),
            canvas.front(0, 0),
        ]
        canvas.polygon(plinth, (70, 68, 66))
        for shelf in bay.shelves:
            paint_opening(canvas, style, (0.0, bay.width_mm), (shelf.y_mm, shelf.y_mm + shelf.clearance_mm), light=1.0)
        for shelf in bay.shelves:
            paint_rail(canvas, style, (0.0, bay.width_mm), shelf.y_mm)
        for slot in self.slots:
            self._tag(canvas, slot, bay)
        return canvas

    def _tag(self, canvas: Canvas, slot: Slot, bay: Bay) -> None:
        shelf = next(each for each in bay.shelves if each.id == slot.shelf)
        tag = tags.Tag(style=3, number=hashed(slot.gtin) % 1000, width_mm=54.0)
        tags.paint_tag(canvas, tag, (slot.x_min_mm + 14, shelf.y_mm - 2))


def _places(slot: Slot, pack: Pack) -> tuple[float, float]:
    """Where the slot's first column begins and how far it is to the next, mm."""
    pitch = min((slot.x_max_mm - slot.x_min_mm) / slot.facings_wide, pack.width_mm + 4)
    return (slot.x_min_mm + slot.x_max_mm - pitch * slot.facings_wide) / 2, pitch


def _gaps(slot: Slot, stock: Stock, pack: Pack) -> Iterator[Gap]:
    """The slot's empty columns, those side by side as one."""
    start, pitch = _places(slot, pack)
    first = 0
    for empty, run in groupby(stock.empty):
        after = first + len(list(run))
        if empty:
            yield Gap(pack, start + first * pitch, start + after * pitch, pack.height_mm * slot.facings_high)
        first = after


def _labelled(canvas: Canvas, gap: Gap, shelf: Shelf) -> bool:
    """Mark a gap in the ids; ``False`` where too little of it is seen for it to count."""
    before = len(canvas.tally.gap_products)
    label_gap(canvas, gap.pack.id, shelf.y_mm, gap, shelf.clearance_mm)
    return len(canvas.tally.gap_products) > before


def _moved(ids: Ids, facings: int, gaps: int) -> Ids:
    """A shelf's ids behind those of the shelves before it."""
    is_gap = ids >= FIRST_GAP_ID
    return np.where(ids == 0, 0, ids + np.where(is_gap, gaps, facings)).astype(np.uint16)
