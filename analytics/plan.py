"""The catalogue as the rules need it, worked out once per change of the catalogue."""

from collections.abc import Mapping
from functools import cached_property

from analytics.geometry import BayInPicture, Watching, bays_of, watching
from shelfstream.catalogue.model import Slot
from shelfstream.catalogue.snapshot import CatalogueSnapshot
from shelfstream.catalogue.whole import Key

UNWATCHED = Watching((), 60.0)
"""No camera: long enough that a camera which is entered anew, or calibrated again, makes no news of its slots."""


class Plan:
    """One snapshot of the catalogue, with each camera's view of its bays."""

    def __init__(self, snapshot: CatalogueSnapshot, margin_share: float) -> None:
        self.snapshot = snapshot
        self._margin_share = margin_share
        self._bays: dict[Key, tuple[BayInPicture, ...]] = {}

    @property
    def stores(self) -> tuple[str, ...]:
        """Every store that is planned."""
        return tuple(sorted(self.snapshot.catalogue.stores))

    @cached_property
    def slots(self) -> Mapping[str, Mapping[str, Slot]]:
        """The planned slots of each store, by id."""
        found: dict[str, dict[str, Slot]] = {}
        for slot in self.snapshot.catalogue.slots.values():
            found.setdefault(slot.store, {})[slot.id] = slot
        return found

    @cached_property
    def watching(self) -> Mapping[Key, Watching]:
        """Which cameras see each slot, by (store, slot)."""
        return watching(self.snapshot)

    def knows_camera(self, store: str, camera: str) -> bool:
        """Whether the camera is in the catalogue."""
        return (store, camera) in self.snapshot.catalogue.cameras

    def bays(self, store: str, camera: str) -> tuple[BayInPicture, ...]:
        """The bays that a camera sees."""
        key = (store, camera)
        if key not in self._bays:
            self._bays[key] = bays_of(self.snapshot.catalogue.cameras[key], self.snapshot, self._margin_share)
        return self._bays[key]
