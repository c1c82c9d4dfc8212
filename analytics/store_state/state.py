"""What an analytics process knows of the partitions that it owns. Frozen: a batch makes a new state from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from analytics.contract import SlotLevel
from analytics.plans.camera_moves import CameraView
from detector.contract import FrameFacings
from ingest.contract import CameraStatus


@dataclass(frozen=True)
class StoreState:
    """One store: levels by slot; by camera its status, its newest facings, and how it saw its bays when in place.

    How it saw them is not kept on the bus: after a start it is found anew.
    """

    slots: Mapping[str, SlotLevel] = field(default_factory=dict)
    cameras: Mapping[str, CameraStatus] = field(default_factory=dict)
    facings: Mapping[str, FrameFacings] = field(default_factory=dict)
    views: Mapping[str, CameraView] = field(default_factory=dict)


@dataclass(frozen=True)
class Owned:
    """One partition with its stores. Epochs are the offsets of this owner's claims on levels and events."""

    levels_epoch: int
    events_epoch: int
    stores: Mapping[str, StoreState] = field(default_factory=dict)


@dataclass(frozen=True)
class AnalyticsState:
    """All owned partitions by index."""

    owned: Mapping[int, Owned] = field(default_factory=dict)

    def having(self, index: int, owned: Owned) -> "AnalyticsState":
        """The state with one partition as given."""
        return AnalyticsState({**self.owned, index: owned})

    @property
    def stores(self) -> frozenset[str]:
        """Every store that has a state."""
        return frozenset(store for owned in self.owned.values() for store in owned.stores)

    def without(self, indices: frozenset[int]) -> "AnalyticsState":
        """The state with some partitions gone."""
        return AnalyticsState({index: owned for index, owned in self.owned.items() if index not in indices})


@dataclass(frozen=True)
class ShownStore:
    """A store to be shown in Redis: its whole state, and the slots and cameras that changed since the last time."""

    store: str
    owner_epoch: int
    state: StoreState
    slots: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    cameras: frozenset[str] = frozenset()
    facings: frozenset[str] = frozenset()

    def after(self, earlier: "ShownStore") -> "ShownStore":
        """The same with what an earlier one, which was not written, would have changed."""
        return replace(
            self,
            slots=(earlier.slots | self.slots) - self.gone,
            gone=(earlier.gone | self.gone) - self.slots,
            cameras=earlier.cameras | self.cameras,
            facings=earlier.facings | self.facings,
        )
