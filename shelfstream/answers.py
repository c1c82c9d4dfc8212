"""What staff answer to an alert: the contract of ``shelf.answers``, which flows backwards from the console."""

from enum import StrEnum

from pydantic import Field

from shelfstream.bus.api import Message
from shelfstream.bus.topics import ANSWERS
from shelfstream.identifiers import Gtin, Slug, key_of
from shelfstream.wire import UtcTime, Wire


class AnswerKind(StrEnum):
    """One tap each."""

    ACKNOWLEDGED = "acknowledged"
    HANDED_OVER = "handed_over"
    """Who took it leaves it to others, such as the next shift."""
    REFILLED = "refilled"
    NO_STOCK_IN_BACK = "no_stock_in_back"
    NOT_EMPTY = "not_empty"
    WRONG_PRODUCT = "wrong_product"
    PLAN_IS_WRONG = "plan_is_wrong"
    DISCONTINUED = "discontinued"
    LATER = "later"


class Answer(Wire):
    """One answer. ``answer_id`` is the client's idempotency key: the same one twice is one answer.

    ``by`` names a role or a device, never a person.
    """

    answer_id: str = Field(min_length=8, max_length=64)
    store: Slug
    slot: Slug
    gtin: Gtin
    alert_id: str | None = None
    kind: AnswerKind
    answered_at: UtcTime
    by: str = ""

    def message(self) -> Message:
        """The answer as it goes on the bus."""
        return Message(ANSWERS, key_of(self.store, self.slot), self.encode())
