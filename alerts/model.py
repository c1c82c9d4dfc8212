"""What alerts remembers of one slot, what a batch does to the ledger, and one alert as the inbox shows it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from alerts.contract import AlertRecord, AlertStatus
from analytics.contract import Onset, SlotState
from shelfstream.identifiers import Gtin, Slug
from shelfstream.wire import UtcTime


class _Value(BaseModel):
    """Frozen; what a newer release added is ignored, so that one can go back a release."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class WaitsFor(StrEnum):
    """Why an alert is not raised yet. The first five are set on a slot for a while (``Hold``), the rest go by time."""

    REFILLED = "refilled"
    LATER = "later"
    NOT_EMPTY = "not_empty"
    NOT_WANTED = "not_wanted"
    """Staff said that the plan is wrong, or that the product is not sold any more."""
    COOLDOWN = "cooldown"
    """An alert was closed a moment ago because a little was seen there."""
    LASTING = "lasting"
    """It must be so for a while first."""
    OPENING = "opening"
    QUIET_HOURS = "quiet_hours"
    BUDGET = "budget"
    """It is likely to be wrong, and the shift may have no more wrong ones."""


class Hold(_Value):
    """No alert about a slot until a time, unless something new is seen. ``state``: what it was when that began."""

    kind: WaitsFor
    until: UtcTime
    state: SlotState


class OpenAlert(_Value):
    """The slot's open alert, enough to write its next step. ``answers`` are ids of those it has taken in.

    ``escalates_at``: when others are told, too, unless somebody takes it, or who took it refills the shelf.
    """

    alert_id: str
    bay: Slug
    gtin: Gtin
    state: SlotState
    status: AlertStatus
    step: int
    event_id: str
    slot_sequence: int
    raised_at: UtcTime
    escalates_at: UtcTime | None = None
    answers: tuple[str, ...] = ()


class Said(_Value):
    """What staff said of a slot's alerts: wrong and right, by how sure the eyes were (``budget.band_of``).

    The newest count most: each answer fades the ones before it. ``at``: when the newest came.
    """

    counts: tuple[tuple[float, float], ...] = ()
    expected: float = 0.0
    at: UtcTime | None = None

    @property
    def wrong(self) -> float:
        """Wrong alerts, faded."""
        return sum(wrong for wrong, _ in self.counts)

    @property
    def right(self) -> float:
        """Right alerts, faded."""
        return sum(right for _, right in self.counts)


class RaisedOnce(_Value):
    """An alert of the last day: how sure the eyes were, how likely it was to be wrong, and whether staff said so.

    ``risk``: what it added to the chance that its shift has too many wrong ones.
    """

    alert_id: str
    at: UtcTime
    chance: float
    chance_wrong: float
    risk: float
    wrong: bool | None = None


class SlotFold(_Value):
    """One slot after all events with a sequence up to ``sequence``.

    ``due_at``: when an alert is to be raised if nothing changes, ``waits_for`` what for; ``raises``: how many this
    transition has led to; ``hold``: why none is to be raised for a while. ``revision`` counts the ledger's writes of
    this slot and fences them. ``chance``: how sure the eyes are of the state; ``said`` and ``lately``: what staff said
    of the slot's alerts, and those of the last day, for stores with a budget of wrong ones.
    """

    store: Slug
    slot: Slug
    bay: Slug
    gtin: Gtin
    sequence: Annotated[int, Field(ge=1)]
    state: SlotState
    event_id: str
    decided_at: UtcTime
    onset: Onset
    level: float | None = None
    chance: float = 1.0
    said: Said = Said()
    lately: tuple[RaisedOnce, ...] = ()
    raises: int = 0
    due_at: UtcTime | None = None
    waits_for: WaitsFor | None = None
    hold: Hold | None = None
    open: OpenAlert | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class AlertStep:
    """One step of an alert's life, with what the ledger keeps beside the record.

    ``onset`` and ``level`` are those of the transition that raised it. ``answer_id`` is the answer behind it,
    ``seen_in`` the event in which the camera saw what closes it. Nobody is told of a ``silent`` one: it comes at a time
    at which nobody is.
    """

    record: AlertRecord
    onset: Onset
    level: float | None
    answer_id: str | None = None
    silent: bool = False
    seen_in: str | None = None

    @property
    def closes(self) -> bool:
        """Whether the alert is closed by this step."""
        return self.record.cleared_at is not None


@dataclass(frozen=True, slots=True)
class Folded:
    """What one event, answer or moment leads to: the slot afterwards, and the steps of its alerts."""

    fold: SlotFold
    steps: tuple[AlertStep, ...] = ()


class NotificationKind(StrEnum):
    """What a message tells."""

    RAISED = "raised"
    ESCALATED = "escalated"
    """Nobody took it in time, or who took it did not refill the shelf."""
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class SlotWrite:
    """A slot's new fold and the steps that led to it. It holds only if the ledger has revision ``expected``."""

    expected: int
    fold: SlotFold
    steps: tuple[AlertStep, ...]


@dataclass(frozen=True, slots=True)
class InboxAlert:
    """One alert. ``event_id`` names its evidence pictures.

    The shelf became so between ``onset_earliest`` and ``onset_latest``; ``level`` is the share of planned facings that
    were there then. ``sent_at``: when the first channel took its message; ``None`` where none has (yet).
    """

    alert_id: str
    store: str
    slot: str
    bay: str
    gtin: str
    state: SlotState
    status: AlertStatus
    step: int
    event_id: str
    raised_at: datetime
    onset_earliest: datetime
    onset_latest: datetime
    level: float | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    escalated_at: datetime | None
    answer: str | None
    answered_at: datetime | None
    cleared_at: datetime | None
    cleared_why: str | None
    sent_at: datetime | None
    cleared_event_id: str | None = None
    """Names the pictures in which the camera saw what closed it."""

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something about it."""
        return self.cleared_at is None


@dataclass(frozen=True, slots=True)
class HeldAlert:
    """An alert that is not raised yet: what for, and when it will be if nothing changes."""

    store: str
    slot: str
    bay: str
    gtin: str
    state: SlotState
    waits_for: WaitsFor | None
    due_at: datetime


_NONE: Mapping[str, SlotFold] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class AlertsState:
    """Folds by store and slot; never changed in place."""

    stores: Mapping[str, Mapping[str, SlotFold]] = field(default_factory=dict)

    def fold(self, store: str, slot: str) -> SlotFold | None:
        """The fold of a slot, if there was an event of it."""
        return self.stores.get(store, _NONE).get(slot)

    def slots(self, store: str) -> Mapping[str, SlotFold]:
        """Folds of a store's slots."""
        return self.stores.get(store, _NONE)

    def folds(self) -> Iterator[SlotFold]:
        """Every fold."""
        for slots in self.stores.values():
            yield from slots.values()

    def with_folds(self, folds: Iterable[SlotFold]) -> "AlertsState":
        """These folds in place of those of the same slots; only the stores that are touched are copied."""
        stores: dict[str, Mapping[str, SlotFold]] = dict(self.stores)
        touched: dict[str, dict[str, SlotFold]] = {}
        for fold in folds:
            slots = touched.setdefault(fold.store, dict(self.stores.get(fold.store, _NONE)))
            slots[fold.slot] = fold
        return AlertsState({**stores, **touched})

    def without(self, gone: Iterable[str]) -> "AlertsState":
        """All but these stores."""
        dropped = frozenset(gone)
        return AlertsState({store: slots for store, slots in self.stores.items() if store not in dropped})
