"""What the pages and the API show, as values: made by pure functions, compared to see whether anything changed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from alerts.model import HeldAlert, InboxAlert
from alerts.walking import PlaceOnWalk, walking_key
from analytics.contract import AVAILABLE, SlotLevel, SlotState, UnknownReason
from console.views.outlines import Outline
from detector.contract import FrameFacings
from ingest.contract import CameraStatus
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import Bay, Camera, Product, Shelf, Slot, Store


@dataclass(frozen=True, slots=True)
class SlotNow:
    """One planned place and what is known of it. Without a level nothing was ever heard of it: it is unknown.

    ``other`` names the product that stands there instead of the planned one, where one does.
    """

    slot: Slot
    product: Product | None
    level: SlotLevel | None
    other: str | None = None

    @property
    def faced_over(self) -> bool:
        """Whether what stands there instead is the product of a place beside it."""
        return self.other is not None and self.level is not None and self.level.faced_over

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


def title_of(bay: Bay) -> str:
    """What a person calls a bay."""
    return bay.name or f"Bay {bay.id}"


def place_of(bay: Bay, shelf: Shelf) -> str:
    """Where a shelf is, counted from the floor as people do: ``shelf 2 of 5``."""
    from_floor = sorted(bay.shelves, key=lambda each: each.y_mm).index(shelf) + 1
    return f"shelf {from_floor} of {len(bay.shelves)}"


def _bay_now(catalogue: Catalogue, bay: Bay, levels: Mapping[str, SlotLevel]) -> BayNow:
    planned = catalogue.slots_by_bay.get((bay.store, bay.id), ())
    slots = [_slot_now(catalogue, slot, _level_for(slot, levels)) for slot in planned]
    top_down = sorted(bay.shelves, key=lambda shelf: -shelf.y_mm)
    return BayNow(bay, tuple(ShelfNow(shelf, _on_shelf(shelf, slots)) for shelf in top_down))


def _slot_now(catalogue: Catalogue, slot: Slot, level: SlotLevel | None) -> SlotNow:
    other = None if level is None or level.state is not SlotState.MISPLACED else level.other
    named = None if other is None else catalogue.products.get((slot.store, other))
    return SlotNow(slot, catalogue.products.get((slot.store, slot.gtin)), level, other if named is None else named.name)


def _on_shelf(shelf: Shelf, slots: Iterable[SlotNow]) -> tuple[SlotNow, ...]:
    on_it = [slot for slot in slots if slot.slot.shelf == shelf.id]
    return tuple(sorted(on_it, key=lambda each: (each.slot.x_min_mm, each.slot.id)))


def _level_for(slot: Slot, levels: Mapping[str, SlotLevel]) -> SlotLevel | None:
    """The slot's level, unless it is still about the product that was planned there before."""
    level = levels.get(slot.id)
    return level if level is not None and level.gtin == slot.gtin else None


@dataclass(frozen=True, slots=True)
class Figures:
    """How many slots are in which state. What is unknown counts neither as available nor as missing."""

    stocked: int = 0
    low: int = 0
    out: int = 0
    misplaced: int = 0
    unknown: int = 0

    @classmethod
    def of(cls, slots: Iterable[SlotNow]) -> "Figures":
        """Count slots."""
        counts = Counter(slot.state for slot in slots)
        return cls(
            stocked=counts[SlotState.STOCKED],
            low=counts[SlotState.LOW],
            out=counts[SlotState.OUT],
            misplaced=counts[SlotState.MISPLACED],
            unknown=counts[SlotState.UNKNOWN],
        )

    @property
    def planned(self) -> int:
        """All slots."""
        return self.known + self.unknown

    @property
    def known(self) -> int:
        """Slots that are seen well enough to say something."""
        return self.stocked + self.low + self.out + self.misplaced

    @property
    def on_shelf_availability(self) -> float | None:
        """Share of the *known* slots in a state of ``AVAILABLE``; ``None`` where none is known."""
        return sum(self.count(state) for state in AVAILABLE) / self.known if self.known else None

    def count(self, state: SlotState) -> int:
        """How many are in one state."""
        counts: dict[SlotState, int] = {
            SlotState.STOCKED: self.stocked,
            SlotState.LOW: self.low,
            SlotState.OUT: self.out,
            SlotState.MISPLACED: self.misplaced,
            SlotState.UNKNOWN: self.unknown,
        }
        return counts[state]


@dataclass(frozen=True, slots=True)
class PictureNow:
    """The newest picture of one camera that is there, and what to draw on it.

    ``seen`` is what the detector saw in this very picture; ``taken_at`` its receive time, by which its age goes.
    """

    frame_id: str
    url: str
    width_px: int
    height_px: int
    taken_at: datetime
    seen: FrameFacings
    outlines: tuple[Outline, ...]


@dataclass(frozen=True, slots=True)
class CameraNow:
    """One camera: its status as ingest says it, and its newest picture. ``old_after_s``: older is no live picture.

    ``newest_at`` is when the newest frame was taken that anything is known of, whether its picture is there or not;
    ``moved``: it hangs elsewhere than when it was calibrated.
    """

    camera: Camera
    bays: tuple[Bay, ...]
    status: CameraStatus | None
    picture: PictureNow | None
    old_after_s: float
    newest_at: datetime | None = None
    moved: bool = False


def moved_cameras(levels: Iterable[SlotLevel]) -> frozenset[str]:
    """Cameras of which analytics says that they hang elsewhere than when they were calibrated."""
    return frozenset(camera for level in levels for camera, frame in level.seen.items() if frame.moved)


@dataclass(frozen=True, slots=True)
class OutNow:
    """One slot that is out. ``before_url`` and ``after_url`` lead to its evidence, where that is there.

    ``at_risk_per_h``: what it costs in an open hour, in the store's currency, where price and sales are known.
    """

    slot: SlotNow
    bay: Bay
    shelf: Shelf
    since: datetime
    before_url: str | None = None
    after_url: str | None = None
    at_risk_per_h: float | None = None


@dataclass(frozen=True, slots=True)
class StoreNow:
    """A store as it is known now. ``troubles`` say what could not be read: then the rest is what was known last."""

    id: str
    store: Store | None
    figures: Figures = field(default_factory=Figures)
    bays: tuple[BayNow, ...] = ()
    cameras: tuple[CameraNow, ...] = ()
    outs: tuple[OutNow, ...] = ()
    written_at: datetime | None = None
    troubles: tuple[str, ...] = ()

    @property
    def currency(self) -> str:
        """What its money is called."""
        return "" if self.store is None else self.store.currency

    @property
    def at_risk_per_h(self) -> float | None:
        """What all that is out costs in an open hour; ``None`` where nothing is known of prices and sales."""
        known = [out.at_risk_per_h for out in self.outs if out.at_risk_per_h is not None]
        return sum(known) if known else None

    @property
    def name(self) -> str:
        """What people call the store."""
        return self.id if self.store is None else self.store.name

    def slot(self, slot: str) -> tuple[BayNow, SlotNow] | None:
        """A slot and its bay."""
        return next(((bay, each) for bay in self.bays for each in bay.slots if each.slot.id == slot), None)


@dataclass(frozen=True, slots=True)
class AlertNow:
    """One alert with what a person needs to act on it. ``sent`` is an answer on its way that is not yet booked."""

    alert: InboxAlert
    product_name: str
    brand: str
    place: str
    walking: PlaceOnWalk
    aisle: str
    bring: int | None
    before_url: str | None = None
    after_url: str | None = None
    sent: str | None = None


@dataclass(frozen=True, slots=True)
class HeldNow:
    """An alert that is held back, with what the catalogue knows of it."""

    held: HeldAlert
    product_name: str
    place: str


@dataclass(frozen=True, slots=True)
class InboxNow:
    """The alert inbox: ``waiting`` in walking order, ``closed`` the newest first, ``held`` what is due first first."""

    waiting: tuple[AlertNow, ...] = ()
    closed: tuple[AlertNow, ...] = ()
    held: tuple[HeldNow, ...] = ()
    troubles: tuple[str, ...] = field(default=())
