"""What is planned and what is believed, put together slot by slot."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from analytics.contract import SlotLevel, SlotState, UnknownReason
from shelfstream.catalogue.model import Bay, Product, Shelf, Slot
from shelfstream.catalogue.whole import Catalogue


@dataclass(frozen=True, slots=True)
class SlotNow:
    """One planned place and what is known of it. Without a level nothing was ever heard of it: it is unknown."""

    slot: Slot
    product: Product | None
    level: SlotLevel | None

    @property
    def state(self) -> SlotState:
        """The state believed now."""
        return SlotState.UNKNOWN if self.level is None else self.level.state

    @property
    def reason(self) -> UnknownReason | None:
        """Why it is unknown, where it is."""
        return UnknownReason.NEVER_SEEN if self.level is None else self.level.reason

    @property
    def since(self) -> datetime | None:
        """When the state was first seen."""
        return None if self.level is None else self.level.since

    @property
    def name(self) -> str:
        """What a person calls its product; the GTIN where the catalogue knows no name."""
        return self.slot.gtin if self.product is None else self.product.name

    @property
    def units_missing(self) -> int | None:
        """How many to bring; all that is planned where the slot is out and nobody said."""
        if self.level is not None and self.level.units_missing is not None:
            return self.level.units_missing
        return self.slot.facings_wide * self.slot.facings_high if self.state is SlotState.OUT else None


@dataclass(frozen=True, slots=True)
class ShelfNow:
    """One shelf of a bay, its slots from left to right."""

    shelf: Shelf
    slots: tuple[SlotNow, ...]


@dataclass(frozen=True, slots=True)
class BayNow:
    """One bay, its shelves from the top down."""

    bay: Bay
    shelves: tuple[ShelfNow, ...]

    @property
    def slots(self) -> tuple[SlotNow, ...]:
        """All slots in reading order."""
        return tuple(slot for shelf in self.shelves for slot in shelf.slots)


def bays_now(catalogue: Catalogue, store: str, levels: Mapping[str, SlotLevel]) -> tuple[BayNow, ...]:
    """The store's bays in walking order. Levels of slots that are no longer planned are left out."""
    bays = [bay for bay in catalogue.bays.values() if bay.store == store]
    return tuple(_bay_now(catalogue, bay, levels) for bay in sorted(bays, key=walking_key))


def walking_key(bay: Bay) -> tuple[int, str, str]:
    """Bays sort in the order in which a person passes them."""
    return bay.walking_order, bay.aisle, bay.id


def title_of(bay: Bay) -> str:
    """What a person calls a bay."""
    return bay.name or f"Bay {bay.id}"


def place_of(bay: Bay, shelf: Shelf) -> str:
    """Where a shelf is, counted from the floor as people do: ``shelf 2 of 5``."""
    from_floor = sorted(bay.shelves, key=lambda each: each.y_mm).index(shelf) + 1
    return f"shelf {from_floor} of {len(bay.shelves)}"


def _bay_now(catalogue: Catalogue, bay: Bay, levels: Mapping[str, SlotLevel]) -> BayNow:
    slots = [
        SlotNow(slot, catalogue.products.get((slot.store, slot.gtin)), _level_for(slot, levels))
        for slot in catalogue.slots_by_bay.get((bay.store, bay.id), ())
    ]
    top_down = sorted(bay.shelves, key=lambda shelf: -shelf.y_mm)
    return BayNow(bay, tuple(ShelfNow(shelf, _on_shelf(shelf, slots)) for shelf in top_down))


def _on_shelf(shelf: Shelf, slots: Iterable[SlotNow]) -> tuple[SlotNow, ...]:
    on_it = [slot for slot in slots if slot.slot.shelf == shelf.id]
    return tuple(sorted(on_it, key=lambda each: (each.slot.x_min_mm, each.slot.id)))


def _level_for(slot: Slot, levels: Mapping[str, SlotLevel]) -> SlotLevel | None:
    """The slot's level, unless it is still about the product that was planned there before."""
    level = levels.get(slot.id)
    return level if level is not None and level.gtin == slot.gtin else None
