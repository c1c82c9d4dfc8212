"""The catalogue as one value: every entity, found by its identifiers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

from shelfstream.catalogue.model import Bay, Camera, CatalogueEntity, Product, Slot, Store

Key = tuple[str, str]


@dataclass(frozen=True)
class Catalogue:
    """All stores with what stands in them. Keys are (store, id); products are known by (store, GTIN)."""

    stores: Mapping[str, Store] = field(default_factory=dict)
    cameras: Mapping[Key, Camera] = field(default_factory=dict)
    bays: Mapping[Key, Bay] = field(default_factory=dict)
    slots: Mapping[Key, Slot] = field(default_factory=dict)
    products: Mapping[Key, Product] = field(default_factory=dict)

    @classmethod
    def of(cls, entities: Iterable[CatalogueEntity]) -> Self:
        """The catalogue of these entities; of two with the same identifiers the later one stays."""
        stores: dict[str, Store] = {}
        cameras: dict[Key, Camera] = {}
        bays: dict[Key, Bay] = {}
        slots: dict[Key, Slot] = {}
        products: dict[Key, Product] = {}
        for entity in entities:
            match entity:
                case Store():
                    stores[entity.id] = entity
                case Camera():
                    cameras[entity.store, entity.id] = entity
                case Bay():
                    bays[entity.store, entity.id] = entity
                case Slot():
                    slots[entity.store, entity.id] = entity
                case Product():
                    products[entity.store, entity.gtin] = entity
        return cls(stores, cameras, bays, slots, products)

    def entities(self) -> tuple[CatalogueEntity, ...]:
        """Every entity, in an order in which each stands after what it refers to."""
        return (
            *self.stores.values(),
            *self.products.values(),
            *self.bays.values(),
            *self.slots.values(),
            *self.cameras.values(),
        )

    @cached_property
    def slots_by_bay(self) -> Mapping[Key, tuple[Slot, ...]]:
        """Slots of each bay (keyed by (store, bay)), from left to right within a shelf."""
        grouped: dict[Key, list[Slot]] = {}
        for slot in self.slots.values():
            grouped.setdefault((slot.store, slot.bay), []).append(slot)
        return {
            key: tuple(sorted(slots, key=lambda slot: (slot.shelf, slot.x_min_mm))) for key, slots in grouped.items()
        }
