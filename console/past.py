"""What SQL knows of the past, as far as somebody may ask: history, figures of alerts, what staff said of the plan."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.answered.figures import AlertFigures, AlertGrain
from alerts.answered.proposals import PlanProposal
from analytics.history.oos import OosInterval
from analytics.history.questions.named import QUESTIONS
from analytics.history.questions.question import AnswerColumn, Asked, HistoryPage, Question
from console.access.roles import May, Visitor
from console.access.seen import SeenCatalogue, SeenPictures
from console.links import evidence_urls
from console.sources import ConsoleSources, NotAllowed, NotFound, SlotPast, check_store
from shelfstream.answers import AnswerKind
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.hours import local_day
from shelfstream.clock import Clock

DAY = timedelta(hours=24)
_SAID_WITHIN = timedelta(days=60)
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Past:
    """Questions of one visitor. Every method raises ``Unavailable``."""

    sources: ConsoleSources
    visitor: Visitor
    clock: Clock

    def slot(self, store: str, slot: str) -> SlotPast:
        """A slot's last day and its newest alerts. Raises ``NotFound``."""
        check_store(self.sources, self.visitor, store)
        now = self.clock.now()
        stretches = tuple(self.sources.history.of_slot(store, slot, now - DAY, now))
        seen = SeenPictures(self.sources.pictures, SeenCatalogue(self.visitor.stores, self._catalogue()))
        pictures = {each.event_id: evidence_urls(seen.exists, store, each.event_id) for each in stretches}
        return SlotPast(stretches, tuple(self.sources.inbox.of_slot(store, slot)), pictures)

    def oos(self, store: str, start: datetime, stop: datetime) -> list[OosInterval]:
        """Stretches out of stock within a time, oldest first. Raises ``NotFound``, ``NotAllowed``."""
        self._check_history(store)
        return self.sources.history.oos(store, start, stop, self.clock.now())

    def answer(self, question: str, asked: Asked, at_most: int, after: str | None) -> HistoryPage:
        """A page of the answer to a named question. Raises ``NotFound``, ``NotAllowed``, ``Faults``."""
        found, seen = self._question(question), self._seen(asked)
        if seen is None:
            return HistoryPage(list(found.columns.values()), [])
        return self.sources.history.answer(found, seen, at_most, after)

    def whole_answer(self, question: str, asked: Asked) -> tuple[Sequence[AnswerColumn], Iterator[tuple[object, ...]]]:
        """Columns and all rows of an answer. Raises ``NotFound``, ``NotAllowed``, ``Faults``."""
        found, seen = self._question(question), self._seen(asked)
        if seen is None:
            return list(found.columns.values()), iter(())
        return self.sources.history.whole_answer(found, seen)

    def coverage(self, store: str) -> dict[str, float]:
        """By slot, the share of the last week's planned time in which its state was known. Raises ``NotFound``."""
        check_store(self.sources, self.visitor, store)
        today = local_day(self._catalogue().stores[store], self.clock.now())
        return self.sources.history.coverage(store, today - _WEEK, today)

    def alert_figures(self, store: str, start: datetime, stop: datetime, by: AlertGrain) -> list[AlertFigures]:
        """How right a store's alerts of a time were. Raises ``NotFound``, ``NotAllowed``."""
        self._check_history(store)
        return self.sources.inbox.figures(store, start, stop, by)

    def plan_proposals(self, store: str) -> list[PlanProposal]:
        """What staff say of the plan as it is now, the newest first. Raises ``NotFound``, ``NotAllowed``."""
        check_store(self.sources, self.visitor, store)
        self._check_may(May.SET_UP)
        slots = self._catalogue().slots
        found = self.sources.inbox.proposals([store], self.clock.now() - _SAID_WITHIN)
        return [each for each in found if (slot := slots.get((store, each.slot))) and slot.gtin == each.gtin]

    def settle(self, store: str, slot: str, kind: AnswerKind) -> None:
        """What staff said of a place was dealt with. Raises ``NotFound``, ``NotAllowed``."""
        self.sources.inbox.settle(self._proposal(store, slot, kind), self.visitor.name, self.clock.now())

    def take_out(self, store: str, slot: str, kind: AnswerKind) -> None:
        """Take a place out of the plan, since staff said so. Raises ``NotFound``, ``NotAllowed``, ``Faults``."""
        proposal = self._proposal(store, slot, kind)
        if self.sources.desk is None:
            raise NotAllowed("this console may not change the catalogue: console.catalogue_folder is not set")
        self.sources.desk.take_out(store, proposal.slot, proposal.gtin)
        self.settle(store, slot, kind)

    def _proposal(self, store: str, slot: str, kind: AnswerKind) -> PlanProposal:
        found = (each for each in self.plan_proposals(store) if (each.slot, each.kind) == (slot, kind))
        proposal = next(found, None)
        if proposal is None:
            raise NotFound("nobody says so any more: the plan was changed, or somebody settled it")
        return proposal

    def _question(self, name: str) -> Question:
        self._check_may(May.HISTORY)
        if name not in QUESTIONS:
            raise NotFound(f"there is no question {name!r}; there are {', '.join(QUESTIONS)}")
        return QUESTIONS[name]

    def _seen(self, asked: Asked) -> Asked | None:
        """What is asked, of the stores that this visitor sees alone; ``None`` where that is none at all."""
        if self.visitor.stores is None:
            return asked
        hidden = [store for store in asked.stores if not self.visitor.sees(store)]
        if hidden:
            raise NotFound(f"there is no store {hidden[0]!r} in the catalogue")
        stores = asked.stores or tuple(sorted(self.visitor.stores))
        return replace(asked, stores=stores) if stores else None

    def _catalogue(self) -> Catalogue:
        return self.sources.catalogue.snapshot.catalogue

    def _check_history(self, store: str) -> None:
        self._check_may(May.HISTORY)
        check_store(self.sources, self.visitor, store)

    def _check_may(self, what: May) -> None:
        if not self.visitor.may(what):
            raise NotAllowed(f"your account may not {what.value}")
