"""Events, answers and policies for the tests of alerts."""

from datetime import UTC, datetime, timedelta

from alerts.delivery.policy import Waiting
from alerts.ledger import ChannelsTold
from alerts.model import InboxAlert, NotificationKind, WaitsFor
from alerts.policy import Policy
from analytics.contract import Onset, SlotState, StockEvent, Transition, UnknownReason, event_id_of
from shelfstream.answers import Answer, AnswerKind
from shelfstream.bus.api import Message, Partition, Record
from shelfstream.bus.topics import EVENTS
from shelfstream.catalogue.model import OpeningHours, Store

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
MILK = "04006381333931"
BUTTER = "04012345678901"
STORE = "main-street"
GRACE_S, LATER_S, COOLDOWN_S = 900.0, 1200.0, 600.0
ESCALATE_S, TAKEN_S = 1800.0, 3600.0


def at(seconds: float) -> datetime:
    """Seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def event(
    sequence: int,
    state: SlotState,
    seconds: float | None = None,
    *,
    slot: str = "a1",
    gtin: str = MILK,
    store: str = STORE,
    reason: UnknownReason | None = None,
) -> StockEvent:
    """A slot's change of state, ``seconds`` after noon (default: ten for each sequence number)."""
    moment = at(sequence * 10.0 if seconds is None else seconds)
    onset = Onset(earliest=moment - timedelta(seconds=4), latest=moment - timedelta(seconds=2), level=0.9)
    transition = Transition(
        sequence=sequence,
        gtin=gtin,
        before=SlotState.STOCKED,
        state=state,
        reason=reason,
        onset=onset,
        decided_at=moment,
        confidence=0.99,
        level=0.0 if state is SlotState.OUT else 1.0,
    )
    return StockEvent(
        event_id=event_id_of(store, slot, sequence),
        store=store,
        slot=slot,
        bay="dairy-1",
        transition=transition,
        emitted_at=moment + timedelta(seconds=1),
    )


def retired(sequence: int, seconds: float | None = None, *, slot: str = "a1") -> StockEvent:
    """The slot has left the plan."""
    return event(sequence, SlotState.UNKNOWN, seconds, slot=slot, reason=UnknownReason.RETIRED)


def answer(
    kind: AnswerKind, seconds: float = 0.0, *, number: int = 1, slot: str = "a1", alert_id: str | None = None
) -> Answer:
    """What somebody answered about a slot."""
    return Answer(
        answer_id=f"answer-{number}",
        store=STORE,
        slot=slot,
        gtin=MILK,
        alert_id=alert_id,
        kind=kind,
        answered_at=at(seconds),
        by="staff",
    )


def policy(
    *,
    raise_on: frozenset[SlotState] = frozenset({SlotState.OUT}),
    raise_after_s: float = 0.0,
    cooldown_s: float = COOLDOWN_S,
    escalate_after_s: float = ESCALATE_S,
    store: Store | None = None,
) -> Policy:
    """A policy; without ``store`` always open."""
    return Policy(
        raise_on=raise_on,
        raise_after=timedelta(seconds=raise_after_s),
        escalate_after=timedelta(seconds=escalate_after_s) if escalate_after_s else None,
        acknowledged_holds=timedelta(seconds=TAKEN_S),
        holds={
            WaitsFor.REFILLED: timedelta(seconds=GRACE_S),
            WaitsFor.LATER: timedelta(seconds=LATER_S),
            WaitsFor.NOT_EMPTY: timedelta(hours=24),
            WaitsFor.NOT_WANTED: timedelta(days=14),
            WaitsFor.COOLDOWN: timedelta(seconds=cooldown_s),
        },
        only_when_open=True,
        store_of=lambda _: store,
    )


def everybody(*channels: str) -> ChannelsTold:
    """Every channel is told of every step."""
    return lambda _record, _telling, _now: channels


def waiting(
    alert: InboxAlert,
    telling: NotificationKind = NotificationKind.RAISED,
    *,
    channel: str = "chat",
    instead_of: str | None = None,
) -> Waiting:
    """A message about an alert's newest step that was never tried."""
    return Waiting(
        alert=alert,
        step=alert.step,
        telling=telling,
        channel=channel,
        written_at=alert.raised_at,
        attempts=0,
        told_before=telling is not NotificationKind.RAISED,
        instead_of=instead_of,
    )


def store_open(opens: str, closes: str) -> Store:
    """A store in UTC with the same hours on every day."""
    hours = (OpeningHours(opens=opens, closes=closes),)
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return Store.model_validate(
        {"id": STORE, "name": "Main Street", "time_zone": "UTC", "hours": dict.fromkeys(days, hours)}
    )


def record(message: Message, offset: int = 0, appended_at: datetime = NOON, topic: str = EVENTS) -> Record:
    """A message as it would be read."""
    partition = Partition(message.topic or topic, 0)
    return Record(partition, offset, message.key.encode(), message.value, message.headers, appended_at)
