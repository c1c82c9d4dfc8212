"""The order in which a person walks past what is to be refilled: by aisle and bay, top shelf first, left to right.

Public: the console sorts its lists in the same way.
"""

from dataclasses import dataclass

from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import Bay

_LAST = 2**31


@dataclass(frozen=True, slots=True, order=True)
class PlaceOnWalk:
    """Where a place comes on a walk through its store. Places sort as a person passes them.

    What the catalogue does not know (any more) comes last, or first on its bay.
    """

    walking_order: int
    aisle: str
    bay: str
    shelf_from_top_mm: float
    x_min_mm: float
    slot: str


def walking_key(bay: Bay) -> tuple[int, str, str]:
    """Bays sort in the order in which a person passes them."""
    return bay.walking_order, bay.aisle, bay.id


def place_on_walk(catalogue: Catalogue, store: str, bay: str, slot: str) -> PlaceOnWalk:
    """Where the place of a slot comes."""
    found, planned = catalogue.bays.get((store, bay)), catalogue.slots.get((store, slot))
    if found is None:
        return PlaceOnWalk(_LAST, "", bay, 0.0, 0.0, slot)
    order, aisle, _ = walking_key(found)
    shelf = None if planned is None else next((each for each in found.shelves if each.id == planned.shelf), None)
    if planned is None or shelf is None:
        return PlaceOnWalk(order, aisle, bay, -float(_LAST), 0.0, slot)
    return PlaceOnWalk(order, aisle, bay, -shelf.y_mm, planned.x_min_mm, slot)
