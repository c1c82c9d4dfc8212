"""The catalogue as one value, the plan of each bay in it, and the part of it that a running stage works with."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

from shelfstream.catalogue.model import Bay, Camera, CatalogueEntity, Product, Slot, Store

Key = tuple[str, str]

_VERSION_LENGTH = 16


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


@dataclass(frozen=True)
class Planogram:
    """A bay and its slots, from left to right within a shelf."""

    bay: Bay
    slots: tuple[Slot, ...]

    @cached_property
    def version(self) -> str:
        """The same plan has the same version, wherever and whenever it is asked for: 16 hexadecimal digits."""
        parts = [content_hash(self.bay), *sorted(content_hash(slot) for slot in self.slots)]
        return hashlib.sha256("".join(parts).encode()).hexdigest()[:_VERSION_LENGTH]


def content_hash(entity: CatalogueEntity) -> str:
    """SHA-256 over an entity's fields that differ from their defaults, so that a new field changes no old hash."""
    fields = entity.model_dump(mode="json", exclude_defaults=True)
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def planograms(catalogue: Catalogue) -> Mapping[Key, Planogram]:
    """The plan of every bay, by (store, bay)."""
    slots = catalogue.slots_by_bay
    return {key: Planogram(bay, slots.get(key, ())) for key, bay in catalogue.bays.items()}


@dataclass(frozen=True)
class CatalogueSnapshot:
    """An immutable catalogue. ``version`` grows with every change that this process has taken up.

    What refers to a store, bay or shelf that is not there (yet) is left out, so those references always hold. A
    slot's product may be missing: the slot is watched all the same and known by its GTIN.
    """

    version: int = 0
    catalogue: Catalogue = field(default_factory=Catalogue)

    @cached_property
    def planograms(self) -> Mapping[Key, Planogram]:
        """The plan of every bay, by (store, bay)."""
        return planograms(self.catalogue)

    def planogram_version(self, store: str, bay: str) -> str:
        """Version of a bay's plan; empty for a bay that is not there."""
        planogram = self.planograms.get((store, bay))
        return "" if planogram is None else planogram.version


def sound_part(catalogue: Catalogue) -> Catalogue:
    """The part of a catalogue in which references to stores, bays and shelves hold."""
    stores = catalogue.stores
    bays = {key: bay for key, bay in catalogue.bays.items() if bay.store in stores}
    shelves = {(*key, shelf.id) for key, bay in bays.items() for shelf in bay.shelves}

    def stands(slot: Slot) -> bool:
        return (slot.store, slot.bay, slot.shelf) in shelves

    def sound(camera: Camera) -> Camera:
        kept = tuple(each for each in camera.calibrations if (camera.store, each.bay) in bays)
        return camera if kept == camera.calibrations else camera.model_copy(update={"calibrations": kept})

    return Catalogue(
        stores,
        {key: sound(camera) for key, camera in catalogue.cameras.items() if camera.store in stores},
        bays,
        {key: slot for key, slot in catalogue.slots.items() if stands(slot)},
        {key: product for key, product in catalogue.products.items() if product.store in stores},
    )
