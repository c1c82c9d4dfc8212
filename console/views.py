"""What the pages and the API show, as values: made by pure functions, compared to see whether anything changed."""

from dataclasses import dataclass, field
from datetime import datetime

from alerts.inbox import InboxAlert
from console.figures import Figures
from console.outlines import Outline
from console.shelf import BayNow, SlotNow
from detector.contract import FrameFacings
from ingest.contract import CameraStatus
from shelfstream.catalogue.model import Bay, Camera, Shelf, Store


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

    ``newest_at`` is when the newest frame was taken that anything is known of, whether its picture is there or not.
    """

    camera: Camera
    bays: tuple[Bay, ...]
    status: CameraStatus | None
    picture: PictureNow | None
    old_after_s: float
    newest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OutNow:
    """One slot that is out. ``before_url`` and ``after_url`` lead to its evidence, where that is there."""

    slot: SlotNow
    bay: Bay
    shelf: Shelf
    since: datetime
    before_url: str | None = None
    after_url: str | None = None


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
    walking: tuple[int, str, str, float, float]
    bring: int | None
    before_url: str | None = None
    after_url: str | None = None
    sent: str | None = None


@dataclass(frozen=True, slots=True)
class InboxNow:
    """The alert inbox: ``waiting`` in walking order, ``closed`` the newest first."""

    waiting: tuple[AlertNow, ...] = ()
    closed: tuple[AlertNow, ...] = ()
    troubles: tuple[str, ...] = field(default=())
