"""Follows the bus from the demo's start on and notes what passes: the plain facts that are judged and shown."""

from collections import OrderedDict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from alerts.contract import AlertRecord, AlertStatus
from alerts.model import InboxAlert
from analytics.contract import SlotState, StockEvent
from detector.contract import FacingKind, FrameFacings
from shelfstream.bus.api import Bus, Partition, Record
from shelfstream.bus.ownership import is_control
from shelfstream.bus.topics import ALERTS, EVENTS, FACINGS, FRAMES
from shelfstream.errors import InvalidMessage
from shelfstream.wire import Wire

Message = TypeVar("Message", bound=Wire)

_FRAMES_REMEMBERED = 20_000


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


class Follower:
    """Reads the bus outside any group. ``catch_up`` is to be called again and again, from one thread.

    ``open_before``: the alerts that were open before anything ran.
    """

    def __init__(self, bus: Bus, started_at: datetime, open_before: Iterable[InboxAlert] = ()) -> None:
        self._reader = reader = bus.reader()
        with closing(bus.admin()) as admin:
            counts = admin.partition_counts([FRAMES, FACINGS, EVENTS, ALERTS])
        partitions = [Partition(topic, index) for topic, count in counts.items() for index in range(count)]
        self._next = {partition: reader.bounds(partition)[1] for partition in partitions}
        self._frames_from = {partition: end for partition, end in self._next.items() if partition.topic == FRAMES}
        self._captured_at: OrderedDict[str, datetime] = OrderedDict()
        self._events: dict[str, ObservedEvent] = {}
        self.observed = Observed(started_at, earlier={alert.alert_id: _left_open(alert) for alert in open_before})

    def close(self) -> None:
        """Let go of the bus."""
        self._reader.close()

    def catch_up(self) -> list[AlertRecord]:
        """Note all that came since the last call; returns its alerts raised and cleared. Raises ``Unavailable``."""
        self.observed.frames_published = sum(
            self._reader.bounds(partition)[1] - start for partition, start in self._frames_from.items()
        )
        for record in self._new(FACINGS):
            self._note_facings(record)
        for record in self._new(EVENTS):
            self._note_event(record)
        return [step for record in self._new(ALERTS) if (step := self._note_alert(record)) is not None]

    def _new(self, topic: str) -> list[Record]:
        found: list[Record] = []
        for partition in [each for each in self._next if each.topic == topic]:
            first, end = self._reader.bounds(partition)
            start = max(first, self._next[partition])
            if end > start:
                found.extend(self._reader.read(partition, start, end))
                self._next[partition] = end
        return sorted(found, key=lambda record: record.appended_at)

    def _note_facings(self, record: Record) -> None:
        seen = _read(record, FrameFacings)
        if seen is None:
            return
        self.observed.frames_seen += 1
        self.observed.facings_seen += sum(kind == FacingKind.FACING for kind in seen.kinds)
        self._captured_at[seen.frame_id] = seen.captured_at
        if len(self._captured_at) > _FRAMES_REMEMBERED:
            self._captured_at.popitem(last=False)

    def _note_event(self, record: Record) -> None:
        event = _read(record, StockEvent)
        if event is None or event.event_id in self._events or event.emitted_at < self.observed.started_at:
            return
        frames = [self._captured_at[frame] for frame in event.transition.frames if frame in self._captured_at]
        noted = ObservedEvent(event, max(frames, default=None))
        self._events[event.event_id] = noted
        self.observed.events.append(noted)

    def _note_alert(self, record: Record) -> AlertRecord | None:
        step = _read(record, AlertRecord)
        if step is None:
            return None
        known = self.observed.alerts.get(step.alert_id) or self.observed.earlier.get(step.alert_id)
        if step.cleared_at is not None:
            if known is None or known.cleared_at is not None:
                return None
            known.cleared_at = step.emitted_at or step.cleared_at
            return step
        if known is not None or step.status is not AlertStatus.RAISED:
            return None
        # What an earlier run saw but had no time to tell is told by this one, and still is none of its findings.
        ours = step.raised_at >= self.observed.started_at
        (self.observed.alerts if ours else self.observed.earlier)[step.alert_id] = self._raised(step)
        return step

    def _raised(self, step: AlertRecord) -> ObservedAlert:
        event = self._events.get(step.event_id)
        evidence_at = step.raised_at
        if event is not None:
            evidence_at = event.captured_at or event.event.transition.decided_at
        raised_at = step.emitted_at or step.raised_at
        return ObservedAlert(step.alert_id, step.store, step.slot, step.gtin, step.state, evidence_at, raised_at)


def _left_open(alert: InboxAlert) -> ObservedAlert:
    return ObservedAlert(
        alert.alert_id, alert.store, alert.slot, alert.gtin, alert.state, alert.raised_at, alert.raised_at
    )


def _read(record: Record, kind: type[Message]) -> Message | None:
    """The message, unless the record is about the partition itself or is junk: that is for the stages to tell of."""
    if is_control(record):
        return None
    try:
        return kind.decode(record.value)
    except InvalidMessage:
        return None
