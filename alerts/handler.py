"""Events and answers in; steps of alerts and writes of the ledger out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts import rules
from alerts.budget import ShiftBook
from alerts.model import AlertsState, AlertStep, Folded, SlotFold, SlotWrite
from alerts.policy import Policy
from analytics.contract import StockEvent, read_event
from shelfstream.answers import Answer
from shelfstream.bus.api import Record
from shelfstream.bus.ownership import is_control
from shelfstream.bus.stage import Outcome, Received
from shelfstream.bus.topics import ANSWERS
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.hours import shift_at
from shelfstream.catalogue.model import Store
from shelfstream.errors import InvalidMessage
from shelfstream.identifiers import key_of

_PATIENCE = timedelta(seconds=60)

_TEXT_MOST = 64


class RemovedSlots:
    """Remembers since when slots are missing: a catalogue that is just being published again must not clear alerts.

    A store that this process never saw in the catalogue says nothing about its slots.
    """

    def __init__(self, catalogue: Callable[[], Catalogue]) -> None:
        self._catalogue = catalogue
        self._known: set[str] = set()
        self._since: dict[tuple[str, str], datetime] = {}

    def is_gone(self, store: str, slot: str, now: datetime) -> bool:
        """Whether the slot has been out of the plan for a while."""
        catalogue = self._catalogue()
        self._known.update(catalogue.stores)
        key = (store, slot)
        if store not in self._known or key in catalogue.slots:
            self._since.pop(key, None)
            return False
        return now - self._since.setdefault(key, now) >= _PATIENCE


AlertsItem = StockEvent | Answer
IsGone = Callable[[str, str, datetime], bool]


class AlertsHandler:
    """Pure, but for asking ``is_gone(store, slot, now)`` and the policy's stores of the catalogue in memory."""

    def __init__(self, policy: Policy, is_gone: IsGone) -> None:
        self._policy = policy
        self._is_gone = is_gone

    def decode(self, record: Record) -> AlertsItem | None:
        """An event or an answer; claims and other control records are skipped. Raises ``InvalidMessage``."""
        if is_control(record):
            return None
        return _read_answer(record) if record.partition.topic == ANSWERS else read_event(record)

    def handle(
        self, state: AlertsState, batch: Sequence[Received[AlertsItem]], now: datetime
    ) -> Outcome[AlertsState, SlotWrite]:
        """Fold a batch in order; an empty batch raises what has become due."""
        draft = _Draft(state, now, self._policy)
        for received in batch:
            self._take(draft, received)
        if not batch:
            self._tick(draft, now)
        return draft.outcome()

    def _take(self, draft: "_Draft", received: Received[AlertsItem]) -> None:
        item = received.item
        fold = draft.fold(item.store, item.slot)
        if isinstance(item, StockEvent):
            draft.take(rules.on_event(fold, item, draft.policy))
        elif fold is not None:
            draft.take(rules.on_answer(fold, item, received.record.appended_at, draft.policy))

    def _tick(self, draft: "_Draft", now: datetime) -> None:
        for fold in draft.before.folds():
            if fold.open is None and fold.due_at is None:
                continue
            if self._is_gone(fold.store, fold.slot, now):
                draft.take(rules.on_gone(fold, now))
            else:
                draft.take(rules.on_time(fold, now, draft.policy))


def _read_answer(record: Record) -> Answer:
    answer = Answer.decode(record.value)
    if record.key != key_of(answer.store, answer.slot).encode():
        raise InvalidMessage(f"answer about {answer.store}/{answer.slot} under the key {record.key!r}")
    # The wire lets pass what no database takes.
    if not all(text.isprintable() and len(text) <= _TEXT_MOST for text in (answer.answer_id, answer.by)):
        raise InvalidMessage(f"answer: an identifier is longer than {_TEXT_MOST}, or no plain text")
    return answer


class _Draft:
    """The state while a batch is being folded."""

    def __init__(self, before: AlertsState, now: datetime, policy: Policy) -> None:
        self.before = before
        self.policy = replace(policy, book_of=self._book)
        self._now = now
        self._books: dict[str, ShiftBook] = {}
        self._folds: dict[tuple[str, str], SlotFold] = {}
        self._steps: dict[tuple[str, str], list[AlertStep]] = {}

    def fold(self, store: str, slot: str) -> SlotFold | None:
        return self._folds.get((store, slot)) or self.before.fold(store, slot)

    def _book(self, store: Store, at: datetime) -> ShiftBook | None:
        """The book of the shift of a time, read once a batch and kept up from then on."""
        if store.budget is None:
            return None
        book = self._books.get(store.id)
        if book is None or not book.shift.starts_at <= at < book.shift.ends_at:
            shift = shift_at(store, store.budget, at)
            book = ShiftBook.of(store.budget.wrong_most, shift, self._folds_of(store.id))
            self._books[store.id] = book
        return book

    def _folds_of(self, store: str) -> Iterator[SlotFold]:
        changed = {slot: fold for (of, slot), fold in self._folds.items() if of == store}
        yield from ({**self.before.slots(store), **changed}).values()

    def take(self, folded: Folded) -> None:
        key = (folded.fold.store, folded.fold.slot)
        if folded.fold == self.fold(*key):
            return
        book = self._books.get(folded.fold.store)
        if book is not None:
            book.replace(self.fold(*key), folded.fold)
        self._folds[key] = folded.fold
        self._steps.setdefault(key, []).extend(self._emitted(step) for step in folded.steps)

    def outcome(self) -> Outcome[AlertsState, SlotWrite]:
        writes = tuple(self._write(fold) for fold in self._folds.values())
        messages = tuple(step.record.message() for steps in self._steps.values() for step in steps)
        state = self.before.with_folds(write.fold for write in writes) if writes else self.before
        return Outcome(state, (messages,) if messages else (), writes)

    def _write(self, fold: SlotFold) -> SlotWrite:
        written = fold.model_copy(update={"revision": fold.revision + 1})
        return SlotWrite(fold.revision, written, tuple(self._steps[fold.store, fold.slot]))

    def _emitted(self, step: AlertStep) -> AlertStep:
        record = step.record.model_copy(update={"emitted_at": self._now})
        return replace(step, record=record)
