"""The alerts stage again, without its loop, ledger and messages: what would have been raised, and what staff said."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.handler import AlertsHandler
from alerts.model import AlertsState, AlertStep
from alerts.policy import Policy, StoreOf
from alerts.settings import AlertsSettings
from analytics.contract import SlotState, StockEvent
from analytics.replay.compare import in_time
from shelfstream.answers import Answer, AnswerKind
from shelfstream.bus.api import Message, Partition, Record
from shelfstream.bus.stage import Received

_ANSWERED_WITHIN = timedelta(minutes=15)
"""An answer about a slot that comes so long after its alert was closed is still about that alert."""


AnswerAt = tuple[Answer, datetime]
"""What somebody answered, and when the log took it."""


@dataclass(frozen=True, slots=True)
class RaisedAlert:
    """An alert as it would have been: until when it was open (``None``: at the end it still was), and why it closed."""

    raised_at: datetime
    slot: str
    gtin: str
    state: SlotState
    ended_at: datetime | None
    why: str

    @property
    def subject(self) -> tuple[str, str, SlotState]:
        """What it says, but for when."""
        return self.slot, self.gtin, self.state

    @property
    def began_at(self) -> datetime:
        """When it was raised."""
        return self.raised_at

    def answers_in(self, given: Iterable[AnswerAt]) -> tuple[AnswerKind, ...]:
        """What staff said of the slot while the alert was open or soon after, in order."""
        until = None if self.ended_at is None else self.ended_at + _ANSWERED_WITHIN
        return tuple(
            answer.kind
            for answer, at in given
            if (answer.slot, answer.gtin) == (self.slot, self.gtin)
            and self.raised_at <= at
            and (until is None or at <= until)
        )


class AlertsRerun:
    """One run under one kind of settings.

    An answer counts for whatever alert is open about its slot and product: the alert that it named was another run's.
    """

    def __init__(self, settings: AlertsSettings, store_of: StoreOf) -> None:
        self._handler = AlertsHandler(Policy.of(settings, store_of), _stays)
        self._state = AlertsState()
        self._raised: dict[str, AlertStep] = {}
        self._closed: dict[str, AlertStep] = {}

    def step(self, events: Iterable[StockEvent], answers: Iterable[AnswerAt], now: datetime) -> None:
        """Take in what came up to ``now``, then let time come to ``now``.

        Answers first: one moves the belief, and the event that follows from it must not close the alert before it.
        """
        taken: list[Received[StockEvent | Answer]] = []
        for given, at in answers:
            answer = given.model_copy(update={"alert_id": None})
            taken.append(Received(_record(answer.message(), at), answer))
        taken.extend(Received(_record(event.message(), now), event) for event in events)
        if taken:
            self._handle(taken, now)
        self._handle([], now)

    def _handle(self, batch: list[Received[StockEvent | Answer]], now: datetime) -> None:
        outcome = self._handler.handle(self._state, batch, now)
        self._state = outcome.state
        for write in outcome.effects:
            self._note(write.steps)

    def alerts(self, start: datetime, stop: datetime) -> list[RaisedAlert]:
        """What was raised in ``start <= t < stop``, in order."""
        return sorted(self._alerts(start, stop), key=in_time)

    def _alerts(self, start: datetime, stop: datetime) -> Iterator[RaisedAlert]:
        for alert_id, step in self._raised.items():
            record, closed = step.record, self._closed.get(alert_id)
            if start <= record.raised_at < stop:
                closed_at = None if closed is None else closed.record.cleared_at
                why = "" if closed is None else closed.record.why
                yield RaisedAlert(record.raised_at, record.slot, record.gtin, record.state, closed_at, why)

    def _note(self, steps: Iterable[AlertStep]) -> None:
        for step in steps:
            (self._closed if step.closes else self._raised)[step.record.alert_id] = step


def _stays(store: str, slot: str, now: datetime) -> bool:
    """No slot is gone but by an event that says so."""
    del store, slot, now
    return False


def _record(message: Message, at: datetime) -> Record:
    return Record(Partition(message.topic, 0), 0, message.key.encode(), message.value, message.headers, at)
