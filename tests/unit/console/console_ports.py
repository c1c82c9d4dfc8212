"""A picture store, a bus, the ledger of alerts and history as the console sees them."""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from alerts.answered.figures import AlertFigures, AlertGrain
from alerts.answered.proposals import PlanProposal
from alerts.contract import AlertStatus
from alerts.inbox import PastAlert, PastStep
from alerts.model import HeldAlert, InboxAlert
from analytics.history.oos import OosInterval
from analytics.history.questions.question import AnswerColumn, Asked, HistoryPage, Question, Unit
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
    covered: dict[str, float] = field(default_factory=dict)
    told: dict[str, HistoryPage] = field(default_factory=dict)
    """Answers of named questions, whatever is asked of them; others tell which products were out where."""
    away: bool = False

    def oos(self, store: str, start: datetime, stop: datetime, now: datetime) -> list[OosInterval]:
        if self.away:
            raise Unavailable("SQL database: connection refused")
        theirs = [row for row in self.rows if row.store == store]
        return [row for row in theirs if row.began_at < stop and (row.ended_at or now) > start]

    def coverage(self, store: str, first: date, last: date) -> dict[str, float]:
        if self.away:
            raise Unavailable("SQL database: connection refused")
        return dict(self.covered)

    def of_slot(self, store: str, slot: str, start: datetime, stop: datetime) -> list[SlotStretch]:
        if self.away:
            raise Unavailable("SQL database: connection refused")
        return [each for each in self.stretches if each.from_at < stop and (each.to_at or stop) > start]

    def answer(self, question: Question, asked: Asked, at_most: int, after: str | None) -> HistoryPage:
        if question.name in self.told and not self.away:
            question.settled(asked)
            return self.told[question.name]
        columns, rows = self.whole_answer(question, asked)
        begin = int(after or 0)
        found = list(rows)
        more = str(begin + at_most) if len(found) > begin + at_most else None
        return HistoryPage(columns, found[begin : begin + at_most], more)

    def whole_answer(self, question: Question, asked: Asked) -> tuple[list[AnswerColumn], Iterator[tuple[object, ...]]]:
        """Whatever is asked: which product was out in which store, of the stores asked about."""
        if self.away:
            raise Unavailable("SQL database: connection refused")
        question.settled(asked)
        theirs = [row for row in self.rows if not asked.stores or row.store in asked.stores]
        names = (AnswerColumn("store", Unit.TEXT, "The store."), AnswerColumn("product", Unit.TEXT, "The product."))
        return list(names), iter([(row.store, row.product) for row in theirs])


@dataclass
class FakeInbox:
    """The ledger; ``away`` makes it fail."""

    alerts: dict[str, InboxAlert] = field(default_factory=dict)
    waiting: list[HeldAlert] = field(default_factory=list)
    proposed: list[PlanProposal] = field(default_factory=list)
    away: bool = False

    def _check(self) -> None:
        if self.away:
            raise Unavailable("SQL database: connection refused")

    def add(self, alert: InboxAlert) -> None:
        self.alerts[alert.alert_id] = alert

    def change(self, alert_id: str, **changes: object) -> None:
        self.alerts[alert_id] = replace(self.alerts[alert_id], **changes)  # type: ignore[arg-type]

    def open(self, store: str | None) -> list[InboxAlert]:
        self._check()
        return [each for each in self.alerts.values() if each.is_open and store in (None, each.store)]

    def count(self, stores: Collection[str] | None) -> int:
        self._check()
        return sum(each.is_open and (stores is None or each.store in stores) for each in self.alerts.values())

    def recent(self, store: str | None, limit: int) -> list[InboxAlert]:
        self._check()
        newest = sorted(self.alerts.values(), key=lambda each: each.raised_at, reverse=True)
        return [each for each in newest if store in (None, each.store)][:limit]

    def held(self, store: str | None) -> list[HeldAlert]:
        self._check()
        return [each for each in self.waiting if store in (None, each.store)]

    def by_id(self, alert_id: str) -> InboxAlert | None:
        self._check()
        return self.alerts.get(alert_id)

    def of_slot(self, store: str, slot: str) -> list[PastAlert]:
        self._check()
        theirs = [each for each in self.alerts.values() if (each.store, each.slot) == (store, slot)]
        return [PastAlert(each, (PastStep(each.raised_at, AlertStatus.RAISED, "", ""),)) for each in theirs]

    def figures(self, store: str, start: datetime, stop: datetime, by: AlertGrain) -> list[AlertFigures]:
        self._check()
        return [AlertFigures(f"{by.value} of {store}", 12, 8, 2, 1, 0.8, (0.49, 0.94), 3.0, 25.0)]

    def proposals(self, stores: Sequence[str], since: datetime) -> list[PlanProposal]:
        self._check()
        return [each for each in self.proposed if each.store in stores and each.last_at >= since]

    def settle(self, proposal: PlanProposal, by: str, at: datetime) -> None:
        self._check()
        self.proposed.remove(proposal)
