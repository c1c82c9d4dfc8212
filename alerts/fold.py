"""What alerts remembers of one slot: the fold of its events and answers, and the alert that is open, if one is."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from alerts.contract import AlertRecord, AlertStatus
from analytics.contract import Onset, SlotState
from shelfstream.identifiers import Gtin, Slug
from shelfstream.wire import UtcTime


class _Value(BaseModel):
    """Frozen; what a newer release added is ignored, so that one can go back a release."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class OpenAlert(_Value):
    """The slot's open alert, enough to write its next step. ``answers`` are ids of those it has taken in."""

    alert_id: str
    bay: Slug
    gtin: Gtin
    state: SlotState
    status: AlertStatus
    step: int
    event_id: str
    slot_sequence: int
    raised_at: UtcTime
    answers: tuple[str, ...] = ()


class SlotFold(_Value):
    """One slot after all events with a sequence up to ``sequence``.

    ``due_at``: when an alert is to be raised if nothing changes; ``raises``: how many this transition has led to;
    ``quiet_until``: no alert before this time, because somebody said that it is refilled. ``revision`` counts the
    ledger's writes of this slot and fences them.
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
    raises: int = 0
    due_at: UtcTime | None = None
    quiet_until: UtcTime | None = None
    open: OpenAlert | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an alert's life, with what the ledger keeps beside the record.

    ``onset`` and ``level`` are those of the transition that raised it. ``answer_id`` is the answer behind it.
    """

    record: AlertRecord
    onset: Onset
    level: float | None
    answer_id: str | None = None

    @property
    def closes(self) -> bool:
        """Whether the alert is closed by this step."""
        return self.record.cleared_at is not None


@dataclass(frozen=True, slots=True)
class Folded:
    """What one event, answer or moment leads to: the slot afterwards, and the steps of its alerts."""

    fold: SlotFold
    steps: tuple[Step, ...] = ()
