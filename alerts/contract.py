"""What alerts emits: the life of each alert, on ``shelf.alerts``."""

import hashlib
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from analytics.contract import SlotState
from shelfstream.bus.api import Message
from shelfstream.bus.topics import ALERTS
from shelfstream.identifiers import Gtin, Slug, key_of
from shelfstream.wire import UtcTime, Wire

GONE = "the slot is no longer planned"
OTHER_PRODUCT = "the slot is for another product now"
REBUILT = "the bay is being rebuilt"
NOT_TAKEN = "nobody took it in time"
NOT_REFILLED = "taken, and not refilled in time"


class AlertStatus(StrEnum):
    """Where an alert stands.

    It is closed once ``cleared_at`` is set: by an answer, or (``CLEARED``) by what the camera saw or the plan says.
    """

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"
    CLEARED = "cleared"


class AlertRecord(Wire):
    """An alert after its newest step. ``step`` grows by one with every step, so that a repeat is recognised.

    ``why`` of the step that closes it is the state that was seen (``STOCKED``, …), ``GONE``, ``OTHER_PRODUCT``,
    ``REBUILT`` or what was answered; of one that escalates it (``RAISED`` again, ``step`` above 1) ``NOT_TAKEN`` or
    ``NOT_REFILLED``; ``handed_over`` of one that leaves it to others.
    ``raised_at``, ``at`` and ``cleared_at`` are times of the log (when the deciding frame or answer was received, or a
    wait was over), the same however often the log is read; ``emitted_at`` is when this process said so.
    """

    alert_id: str
    store: Slug
    slot: Slug
    bay: Slug
    gtin: Gtin
    state: SlotState
    status: AlertStatus
    step: Annotated[int, Field(ge=1)]
    event_id: str
    slot_sequence: Annotated[int, Field(ge=1)]
    raised_at: UtcTime
    at: UtcTime
    by: str = ""
    why: str = ""
    cleared_at: UtcTime | None = None
    emitted_at: UtcTime | None = None

    def message(self) -> Message:
        """The step as it goes on the bus."""
        return Message(ALERTS, key_of(self.store, self.alert_id), self.encode())


def alert_id_of(store: str, slot: str, sequence: int, nth: int) -> str:
    """The ``nth`` alert (from 1) that one transition of a slot leads to always has the same id."""
    return hashlib.sha256(key_of(store, slot, str(sequence), str(nth)).encode()).hexdigest()[:32]
