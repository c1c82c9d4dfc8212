"""Stock events in, rows out; nothing is sent."""

from collections.abc import Sequence
from datetime import datetime

from analytics.contract import StockEvent, read_event
from shelfstream.bus.records import Record
from shelfstream.bus.stage import Outcome, Received


class HistorianHandler:
    """Keeps no state: what an event changes is worked out in SQL, in the transaction that inserts its id."""

    def decode(self, record: Record) -> StockEvent | None:
        """Parse one event; claims are skipped. Raises ``InvalidMessage``."""
        return read_event(record)

    def handle(self, state: None, batch: Sequence[Received[StockEvent]], now: datetime) -> Outcome[None, StockEvent]:
        """Every event is an effect."""
        del now
        return Outcome(state, effects=tuple(received.item for received in batch))
