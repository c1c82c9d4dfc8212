"""Stock events in, rows out; nothing is sent."""

from collections.abc import Sequence
from datetime import datetime

from analytics.contract import StockEvent
from shelfstream.bus.ownership import is_claim
from shelfstream.bus.records import Record
from shelfstream.bus.stage import Outcome, Received
from shelfstream.errors import InvalidMessage
from shelfstream.identifiers import key_of


class HistorianHandler:
    """Keeps no state: what an event changes is worked out in SQL, in the transaction that inserts its id."""

    def decode(self, record: Record) -> StockEvent | None:
        """Parse one event; claims are skipped. Raises ``InvalidMessage``."""
        if is_claim(record):
            return None
        event = StockEvent.decode(record.value)
        if record.key != key_of(event.store, event.slot).encode():
            raise InvalidMessage(f"event of {event.store}/{event.slot} under the key {record.key!r}")
        return event

    def handle(self, state: None, batch: Sequence[Received[StockEvent]], now: datetime) -> Outcome[None, StockEvent]:
        """Every event is an effect."""
        del now
        return Outcome(state, effects=tuple(received.item for received in batch))
