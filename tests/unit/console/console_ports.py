"""A picture store, a bus and history as the console sees them."""

from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime

from analytics.history.oos import OosInterval
from analytics.history.slot_states import SlotStretch
from shelfstream.answers import Answer
from shelfstream.bus.api import Appended, Message, Partition
from shelfstream.errors import Unavailable


class FakePictures(dict[str, bytes]):
    """A picture store."""

    away = False

    def exists(self, picture_id: str, /) -> bool:
        if self.away:
            raise Unavailable("picture store: gone")
        return picture_id in self

    def get(self, picture_id: str, /, _default: object = None) -> bytes | None:  # type: ignore[override]
        return self[picture_id] if self.exists(picture_id) else None


class FakeProducer:
    """A bus that takes answers; ``holds`` keeps it from acknowledging."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.holds = False

    def send(self, message: Message) -> "Future[Appended]":
        future: Future[Appended] = Future()
        if not self.holds:
            self.sent.append(message)
            future.set_result(Appended(Partition(message.topic, 0), len(self.sent) - 1))
        return future

    def flush(self, timeout_s: float) -> None: ...

    def close(self, timeout_s: float = 10.0) -> None: ...

    @property
    def answers(self) -> list[Answer]:
        """What was answered."""
        return [Answer.decode(message.value) for message in self.sent]


@dataclass
class FakeHistory:
    """The historian's tables; ``away`` makes it fail."""

    rows: list[OosInterval] = field(default_factory=list)
    stretches: list[SlotStretch] = field(default_factory=list)
    away: bool = False

    def oos(self, store: str, start: datetime, stop: datetime, now: datetime) -> list[OosInterval]:
        if self.away:
            raise Unavailable("SQL database: connection refused")
        theirs = [row for row in self.rows if row.store == store]
        return [row for row in theirs if row.began_at < stop and (row.ended_at or now) > start]

    def of_slot(self, store: str, slot: str, start: datetime, stop: datetime) -> list[SlotStretch]:
        if self.away:
            raise Unavailable("SQL database: connection refused")
        return [each for each in self.stretches if each.from_at < stop and (each.to_at or stop) > start]
