"""What the demo saw on the bus: the plain facts that the scorer judges and the screen shows."""

from dataclasses import dataclass, field
from datetime import datetime

from analytics.contract import SlotState, StockEvent


@dataclass
class ObservedAlert:
    """One alert. ``evidence_at`` is when the frame behind it was captured (or, without one, received or decided)."""

    alert_id: str
    store: str
    slot: str
    gtin: str
    state: SlotState
    evidence_at: datetime
    raised_at: datetime
    cleared_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ObservedEvent:
    """One event of this run and when its deciding frame was captured (``None``: time decided it)."""

    event: StockEvent
    captured_at: datetime | None


@dataclass
class Observed:
    """Everything that one run of the demo put on the bus, counted and in order of arrival.

    ``earlier`` holds the alerts that an earlier run left open: none of this run's, but somebody was told.
    """

    started_at: datetime
    frames_published: int = 0
    frames_seen: int = 0
    facings_seen: int = 0
    events: list[ObservedEvent] = field(default_factory=list)
    alerts: dict[str, ObservedAlert] = field(default_factory=dict)
    earlier: dict[str, ObservedAlert] = field(default_factory=dict)

    @property
    def all_alerts(self) -> tuple[ObservedAlert, ...]:
        """Whatever was open at some moment of this run."""
        return (*self.earlier.values(), *self.alerts.values())

    @property
    def first_alert_s(self) -> float | None:
        """Seconds from the start to the first alert; ``None`` while there is none."""
        raised = [alert.raised_at for alert in self.alerts.values()]
        return (min(raised) - self.started_at).total_seconds() if raised else None
