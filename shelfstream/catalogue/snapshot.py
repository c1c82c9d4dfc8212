"""The catalogue at one moment, as a running stage works with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from shelfstream.catalogue.model import Camera, Slot
from shelfstream.catalogue.planogram import Planogram, planograms
from shelfstream.catalogue.whole import Catalogue, Key


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
