"""When an installation and a store want to be told: states, delays, opening and quiet hours, and what answers hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.budget import ShiftBook
from alerts.contract import AlertStatus
from alerts.model import Hold, SlotFold, WaitsFor
from alerts.settings import AlertsSettings
from analytics.contract import SlotState
from shelfstream.answers import AnswerKind
from shelfstream.catalogue.hours import Interval, open_intervals, quiet_intervals
from shelfstream.catalogue.model import Store

StoreOf = Callable[[str], Store | None]
BookOf = Callable[[Store, datetime], ShiftBook | None]
LOOKED_AHEAD = timedelta(days=15)
_SEVERITY = {SlotState.LOW: 1, SlotState.OUT: 2, SlotState.MISPLACED: 2}
_HELD_BY = {
    AnswerKind.REFILLED: WaitsFor.REFILLED,
    AnswerKind.LATER: WaitsFor.LATER,
    AnswerKind.NOT_EMPTY: WaitsFor.NOT_EMPTY,
    AnswerKind.PLAN_IS_WRONG: WaitsFor.NOT_WANTED,
    AnswerKind.DISCONTINUED: WaitsFor.NOT_WANTED,
}
"""Answers that close an alert, and what then holds the next one."""


@dataclass(frozen=True, slots=True)
class Due:
    """When an alert is to be raised, and what it waits for; ``None``: for nothing."""

    at: datetime
    waits_for: WaitsFor | None


@dataclass(frozen=True)
class Policy:
    """``store_of`` gives a store of the catalogue; one that is not there counts as always open and never quiet.

    ``holds``: for how long each kind of hold lasts. ``escalate_after``: how long an alert may wait for somebody to take
    it (``None``: for ever), ``acknowledged_holds`` for its refill after that. ``book_of``: gives what is known of the
    alerts of a store that has a budget of wrong ones, in the shift of a time.
    """

    raise_on: frozenset[SlotState]
    raise_after: timedelta
    escalate_after: timedelta | None
    acknowledged_holds: timedelta
    holds: Mapping[WaitsFor, timedelta]
    only_when_open: bool
    store_of: StoreOf
    book_of: BookOf = lambda _store, _at: None

    @classmethod
    def of(cls, settings: AlertsSettings, store_of: StoreOf) -> "Policy":
        """The policy that these settings say."""
        return cls(
            raise_on=settings.raise_on,
            raise_after=timedelta(seconds=settings.raise_after_s),
            escalate_after=timedelta(seconds=settings.escalate_after_s) if settings.escalate_after_s else None,
            acknowledged_holds=timedelta(seconds=settings.acknowledged_holds_s),
            holds={
                WaitsFor.REFILLED: timedelta(seconds=settings.refilled_grace_s),
                WaitsFor.LATER: timedelta(seconds=settings.later_s),
                WaitsFor.NOT_EMPTY: timedelta(hours=settings.not_empty_holds_h),
                WaitsFor.NOT_WANTED: timedelta(days=settings.not_wanted_holds_days),
                WaitsFor.COOLDOWN: timedelta(seconds=settings.cooldown_s),
            },
            only_when_open=settings.only_when_open,
            store_of=store_of,
        )

    def hold_after(self, kind: AnswerKind, state: SlotState, at: datetime) -> Hold | None:
        """What an answer that closes an alert holds; ``None`` for answers that leave it open."""
        held_by = _HELD_BY.get(kind)
        return None if held_by is None else self.hold(held_by, state, at)

    def hold(self, kind: WaitsFor, state: SlotState, at: datetime) -> Hold:
        """No alert about a slot that is ``state`` for a while from ``at`` on."""
        return Hold(kind=kind, until=at + self.holds[kind], state=state)

    def escalates_at(self, status: AlertStatus, at: datetime) -> datetime | None:
        """When an alert that came to a status at a time is to be told to others, too, if nothing happens."""
        if self.escalate_after is None:
            return None
        wait = {AlertStatus.RAISED: self.escalate_after, AlertStatus.ACKNOWLEDGED: self.acknowledged_holds}.get(status)
        return None if wait is None else at + wait

    def due(self, store: str, decided_at: datetime, hold: Hold | None) -> Due:
        """When an alert about a state that was decided at a time may be raised."""
        due_at = decided_at + self.raise_after
        waits_for = WaitsFor.LASTING if self.raise_after else None
        if hold is not None and hold.until > due_at:
            due_at, waits_for = hold.until, hold.kind
        found = self.told_from(store, due_at)
        return Due(found.at, found.waits_for or waits_for)

    def book(self, fold: SlotFold, at: datetime) -> ShiftBook | None:
        """What is known of the alerts of a slot's store; ``None`` where it has no budget."""
        store = self.store_of(fold.store)
        return None if store is None or store.budget is None else self.book_of(store, at)

    def told_from(self, store_id: str, at: datetime) -> Due:
        """The first moment at or after ``at`` at which the store is told of alerts.

        A store that is not to be told for a fortnight is looked at again after that.
        """
        store = self.store_of(store_id)
        moment, waits_for = at, None
        while store is not None and moment < at + LOOKED_AHEAD:
            quiet = next(quiet_intervals(store, moment, at + LOOKED_AHEAD), None) if store.quiet else None
            if quiet is not None and quiet.starts_at <= moment:
                moment, waits_for = quiet.ends_at, WaitsFor.QUIET_HOURS
                continue
            opens_at = self._opens_at(store, moment, at + LOOKED_AHEAD)
            if opens_at <= moment:
                break
            moment, waits_for = opens_at, WaitsFor.OPENING
        return Due(moment, waits_for)

    def _opens_at(self, store: Store, at: datetime, until: datetime) -> datetime:
        if not self.only_when_open:
            return at
        first: Interval | None = next(open_intervals(store, at, until), None)
        return until if first is None else first.starts_at


def is_worse(state: SlotState, than: SlotState) -> bool:
    """Whether people who know of ``than`` must be told of ``state`` as well."""
    return _SEVERITY.get(state, 0) > _SEVERITY.get(than, 0)


def outlives(hold: Hold | None, state: SlotState) -> bool:
    """Whether a hold still holds when its slot is seen in a state.

    A new fact ends it: the shelf was filled, or is worse than it was. What is not wanted stays so until the plan
    changes or its time is over; a cooldown is there for a shelf that is seen a little fuller and empty again.
    """
    if hold is None or state is SlotState.UNKNOWN:
        return hold is not None
    if hold.kind is WaitsFor.NOT_WANTED:
        return True
    if state is SlotState.STOCKED or is_worse(state, hold.state):
        return False
    return hold.kind is WaitsFor.COOLDOWN or not is_worse(hold.state, state)
