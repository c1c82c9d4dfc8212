"""What the console reads, as seams: Redis, SQL, pictures and the catalogue."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Protocol

from sqlalchemy import Engine

from alerts.answered.figures import AlertFigures, AlertGrain, alert_figures
from alerts.answered.proposals import PlanProposal, plan_proposals, settle
from alerts.inbox import PastAlert, alert_by_id, alerts_of_slot, held_alerts, open_alerts, open_count, recent_alerts
from alerts.model import HeldAlert, InboxAlert
from analytics.contract import SlotLevel
from analytics.history.availability import coverage_by_slot
from analytics.history.oos import OosInterval, oos_intervals
from analytics.history.questions.asking import ask, columns_of, rows_of
from analytics.history.questions.question import AnswerColumn, Asked, HistoryPage, Question
from analytics.history.slot_states import SlotStretch, slot_stretches
from detector.contract import FrameFacings
from ingest.contract import CameraStatus
from shelfstream.catalogue.catalogue import CatalogueSnapshot


class Live(Protocol):
    """What is true now: ``analytics.live.reader.LiveReader``. Every method raises ``Unavailable``."""

    def stores(self) -> list[str]: ...

    def slots(self, store: str) -> dict[str, SlotLevel]: ...

    def out_since(self, store: str) -> list[tuple[str, datetime]]: ...

    def cameras(self, store: str) -> dict[str, CameraStatus]: ...

    def facings(self, store: str) -> dict[str, FrameFacings]: ...

    def written_at(self, store: str) -> datetime | None: ...


class Inbox(Protocol):
    """The ledger of alerts. Every method raises ``Unavailable``."""

    def open(self, store: str | None) -> list[InboxAlert]: ...

    def count(self, stores: Collection[str] | None) -> int: ...

    def recent(self, store: str | None, limit: int) -> list[InboxAlert]: ...

    def held(self, store: str | None) -> list[HeldAlert]: ...

    def by_id(self, alert_id: str) -> InboxAlert | None: ...

    def of_slot(self, store: str, slot: str) -> list[PastAlert]: ...

    def figures(self, store: str, start: datetime, stop: datetime, by: AlertGrain) -> list[AlertFigures]: ...

    def proposals(self, stores: Sequence[str], since: datetime) -> list[PlanProposal]: ...

    def settle(self, proposal: PlanProposal, by: str, at: datetime) -> None: ...


class PictureSource(Protocol):
    """The picture store. Every method raises ``Unavailable``, and ``ValueError`` for what is no picture id."""

    def get(self, picture_id: str, /) -> bytes | None: ...

    def exists(self, picture_id: str, /) -> bool: ...


class History(Protocol):
    """What was true. Every method raises ``Unavailable``."""

    def oos(self, store: str, start: datetime, stop: datetime, now: datetime) -> list[OosInterval]: ...

    def of_slot(self, store: str, slot: str, start: datetime, stop: datetime) -> list[SlotStretch]: ...

    def coverage(self, store: str, first: date, last: date) -> dict[str, float]:
        """By slot, the share of its planned time of these days in which its state was known."""
        ...

    def answer(self, question: Question, asked: Asked, at_most: int, after: str | None) -> HistoryPage:
        """A page of an answer. Raises ``Faults`` for what cannot be asked."""
        ...

    def whole_answer(self, question: Question, asked: Asked) -> tuple[list[AnswerColumn], Iterator[tuple[object, ...]]]:
        """The columns and all rows of an answer, read while they are taken. Raises ``Faults``, likewise."""
        ...


class CatalogueSource(Protocol):
    """The live catalogue."""

    @property
    def snapshot(self) -> CatalogueSnapshot: ...


class SqlInbox:
    """The ledger in SQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open(self, store: str | None) -> list[InboxAlert]:
        return open_alerts(self._engine, store)

    def count(self, stores: Collection[str] | None) -> int:
        return open_count(self._engine, stores)

    def recent(self, store: str | None, limit: int) -> list[InboxAlert]:
        return recent_alerts(self._engine, store, limit)

    def held(self, store: str | None) -> list[HeldAlert]:
        return held_alerts(self._engine, store)

    def by_id(self, alert_id: str) -> InboxAlert | None:
        return alert_by_id(self._engine, alert_id)

    def of_slot(self, store: str, slot: str) -> list[PastAlert]:
        return alerts_of_slot(self._engine, store, slot)

    def figures(self, store: str, start: datetime, stop: datetime, by: AlertGrain) -> list[AlertFigures]:
        return alert_figures(self._engine, store, start, stop, by)

    def proposals(self, stores: Sequence[str], since: datetime) -> list[PlanProposal]:
        return plan_proposals(self._engine, stores, since)

    def settle(self, proposal: PlanProposal, by: str, at: datetime) -> None:
        settle(self._engine, proposal, by, at)


class SqlHistory:
    """The historian's tables in SQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def oos(self, store: str, start: datetime, stop: datetime, now: datetime) -> list[OosInterval]:
        return oos_intervals(self._engine, store, start, stop, now=now)

    def of_slot(self, store: str, slot: str, start: datetime, stop: datetime) -> list[SlotStretch]:
        return slot_stretches(self._engine, store, slot, start, stop)

    def coverage(self, store: str, first: date, last: date) -> dict[str, float]:
        """By slot, the share of its planned time of these days in which its state was known."""
        return coverage_by_slot(self._engine, store, first, last)

    def answer(self, question: Question, asked: Asked, at_most: int, after: str | None) -> HistoryPage:
        """A page of an answer."""
        return ask(self._engine, question, asked, at_most=at_most, after=after)

    def whole_answer(self, question: Question, asked: Asked) -> tuple[list[AnswerColumn], Iterator[tuple[object, ...]]]:
        """The columns and all rows of an answer."""
        return columns_of(self._engine, question, asked), rows_of(self._engine, question, asked)


def stores_of(snapshot: CatalogueSnapshot) -> Sequence[str]:
    """Ids of the catalogue's stores, in order of their names."""
    stores = snapshot.catalogue.stores.values()
    return [store.id for store in sorted(stores, key=lambda store: (store.name, store.id))]
