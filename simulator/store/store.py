"""A simulated store: a catalogue brought to life by a seed."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.folder.read import read_folder
from shelfstream.catalogue.model import Bay, Camera, Slot
from simulator.store.demo_store import STORE_ID, demo_catalogue
from simulator.store.trading import Trading
from simulator.store.world import ShelfShape, Stock, World


@dataclass(frozen=True)
class SimulatedStore:
    """One store of a catalogue; everything about its goods follows from (seed, simulated time).

    With ``trading`` its goods are what that says.
    """

    id: str
    seed: int
    catalogue: Catalogue
    trading: Trading | None = None

    @classmethod
    def open(cls, seed: int, catalogue_folder: Path | None = None, store: str = STORE_ID) -> Self:
        """The demo's store, or one of a catalogue folder.

        Raises ``ValueError`` if there is no such store and ``Faults`` if the folder is faulty.
        """
        catalogue = demo_catalogue() if catalogue_folder is None else read_folder(catalogue_folder)
        if store not in catalogue.stores:
            raise ValueError(f"there is no simulated store {store!r}; there is {', '.join(sorted(catalogue.stores))}")
        return cls(store, seed, catalogue)

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """All slots, by id: their places here are their numbers in the world."""
        return tuple(sorted((s for s in self.catalogue.slots.values() if s.store == self.id), key=lambda s: s.id))

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Each slot's number in the world."""
        return {slot.id: number for number, slot in enumerate(self.slots)}

    @cached_property
    def world(self) -> World:
        return World(self.seed, [ShelfShape(slot.facings_wide, slot.facings_high) for slot in self.slots])

    def stock(self, slot: str, at_s: float) -> Stock:
        """What is in a slot at a simulated time."""
        return (self.trading or self.world).stock(self.numbers[slot], at_s)

    def camera(self, camera_id: str) -> Camera:
        """Raises ``ValueError`` if the store has no such camera or it looks at no bay."""
        camera = self.catalogue.cameras.get((self.id, camera_id))
        if camera is None:
            known = ", ".join(sorted(name for store, name in self.catalogue.cameras if store == self.id))
            raise ValueError(f"store {self.id!r} has no simulated camera {camera_id!r}; there is {known or 'none'}")
        if not camera.calibrations:
            raise ValueError(f"camera {camera_id!r} cannot be simulated: its calibration says no bay that it looks at")
        return camera

    def bay_of(self, camera_id: str) -> Bay:
        """The bay that a camera looks at."""
        return self.catalogue.bays[self.id, self.camera(camera_id).calibrations[0].bay]

    def slots_of(self, bay: Bay) -> tuple[Slot, ...]:
        """A bay's slots, shelf by shelf from the left."""
        return self.catalogue.slots_by_bay.get((self.id, bay.id), ())
