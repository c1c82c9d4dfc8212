"""Events of a market's slots as alerts reads them, and how fast it decides about them."""

import time
from datetime import datetime, timedelta

from alerts.handler import AlertsHandler, AlertsItem
from alerts.model import AlertsState
from alerts.policy import Policy
from alerts.settings import AlertsSettings
from analytics.contract import Onset, SlotState, StockEvent, Transition, event_id_of
from benchmarks.events.run import FIRST_DAY
from shelfstream.bus.api import Partition, Record
from shelfstream.bus.stage import Received
from shelfstream.bus.topics import EVENTS
from simulator.store.market import MARKET_ID

_FLIP = (SlotState.OUT, SlotState.STOCKED)
_DECISIONS = 50_000


def decisions_a_second() -> float:
    """Events that the handler takes in, in batches of 500, of 500 slots that run out and are filled again and again."""
    handler = AlertsHandler(Policy.of(AlertsSettings(cooldown_s=0), lambda _: None), lambda _s, _p, _n: False)
    made = [
        event_at(f"p{number % 500}", number // 500 + 1, FIRST_DAY + timedelta(seconds=number), _FLIP[number // 500 % 2])
        for number in range(_DECISIONS)
    ]
    taken = [as_received(each) for each in made]
    state, began_s = AlertsState(), time.perf_counter()
    for first in range(0, len(taken), 500):
        state = handler.handle(state, taken[first : first + 500], FIRST_DAY).state
    return len(taken) / (time.perf_counter() - began_s)


def event_at(slot: str, sequence: int, at: datetime, state: SlotState, bay: str = "b1") -> StockEvent:
    """A change of a slot, seen and decided at a time."""
    transition = Transition(
        sequence=sequence, gtin="04006381333931", before=SlotState.STOCKED, state=state, decided_at=at, confidence=0.99,
        onset=Onset(earliest=at, latest=at, level=0.9), level=0.0 if state is SlotState.OUT else 1.0,
    )  # fmt: skip
    event_id = event_id_of(MARKET_ID, slot, sequence)
    return StockEvent(event_id=event_id, store=MARKET_ID, slot=slot, bay=bay, transition=transition, emitted_at=at)


def received_event(slot: str, at: datetime, state: SlotState) -> Received[AlertsItem]:
    """A slot's first event, as it is read from the bus."""
    return as_received(event_at(slot, 1, at, state))


def as_received(event: StockEvent) -> Received[AlertsItem]:
    """An event as it is read from the bus."""
    message = event.message()
    at = event.transition.decided_at
    return Received(Record(Partition(EVENTS, 0), 0, message.key.encode(), message.value, message.headers, at), event)
