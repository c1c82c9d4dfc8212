"""One alert as the inbox shows it."""

from dataclasses import dataclass
from datetime import datetime

from alerts.contract import AlertStatus
from analytics.contract import SlotState


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
    event_id: str
    raised_at: datetime
    onset_earliest: datetime
    onset_latest: datetime
    level: float | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    answer: str | None
    answered_at: datetime | None
    cleared_at: datetime | None
    cleared_why: str | None
    sent_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something about it."""
        return self.cleared_at is None
