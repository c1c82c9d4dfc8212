"""Whether a budget of wrong alerts holds, and what it costs: ``python -m benchmarks.alert_budget --help``.

A store of 150 places is simulated for weeks, through the stage's own handler: what runs out, what eyes call out that
is not (some places far more often than others, and places go bad and are mended while the weeks pass), and staff who
answer late, wrongly or not at all. Beside the budget: none, and stopping once staff have called as many alerts wrong.
"""

import heapq
import itertools
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from alerts.contract import AlertRecord, AlertStatus
from alerts.handler import AlertsHandler, AlertsItem
from alerts.model import AlertsState, SlotWrite
from alerts.policy import Policy
from alerts.settings import AlertsSettings
from analytics.contract import Onset, SlotState, StockEvent, Transition, event_id_of
from shelfstream.answers import Answer, AnswerKind
from shelfstream.bus.api import Partition, Record
from shelfstream.bus.stage import Received
from shelfstream.bus.topics import EVENTS
from shelfstream.catalogue.model import WEEKDAYS, AlertBudget, OpeningHours, Store

_STORE, _GTIN = "market", "04006381333931"
_PLACES = 150
_OPENS_H, _CHANGES_H, _CLOSES_H = 6, 14, 22
_FIRST_DAY = datetime(2026, 11, 2, tzinfo=UTC)
_TICK = timedelta(minutes=1)
_SOON = timedelta(minutes=10)
_GAPS_AN_HOUR = 0.02


class Rule(StrEnum):
    """What holds alerts back: nothing; staff who called as many wrong as the shift may have; the budget."""

    NOTHING = "nothing"
    STOP = "stop"
    BUDGET = "budget"


@dataclass(frozen=True)
class Staff:
    """How often an alert is answered, and how often that answer is the wrong one."""

    answers: float
    mistakes: float


STAFF = {"careful": Staff(0.9, 0.02), "usual": Staff(0.6, 0.1), "sloppy": Staff(0.3, 0.2)}


@dataclass
class _Seen:
    """What the eyes call out of a place: whether it is wrong, since when, and whether anybody was told."""

    is_wrong: bool
    began_at: datetime
    told: bool = False


@dataclass
class Weeks:
    """What came of the simulated shifts."""

    wrong_by_shift: Counter[tuple[int, int]] = field(default_factory=Counter)
    alerts: int = 0
    gaps: int = 0
    told_soon: int = 0
    told: int = 0


def main(
    *,
    seeds: Annotated[str, typer.Option(help="Seeds of stores, with commas.")] = "101,102,103",
    days: Annotated[int, typer.Option(min=2, help="Days of each store, two shifts a day.")] = 42,
    most: Annotated[str, typer.Option(help="Wrong alerts a shift that are put up with, with commas.")] = "1,2,4",
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Measure and tell."""
    budgets = [int(each) for each in most.split(",")]
    cases = [(staff, rule, budget) for staff in STAFF for budget in budgets for rule in (Rule.STOP, Rule.BUDGET)]
    cases += [(staff, Rule.NOTHING, budgets[0]) for staff in STAFF]
    rows: list[dict[str, object]] = []
    for staff, rule, budget in track(cases, console=Console(stderr=True)):
        weeks = [_Simulated(int(seed), days, STAFF[staff], rule, budget).run() for seed in seeds.split(",")]
        rows.append({"staff": staff, "rule": rule.value, "most": budget} | _figures(weeks, days, budget))
    _tell(rows)
    if as_json is not None:
        as_json.write_text(json.dumps(rows, indent=2))


def _figures(weeks: list[Weeks], days: int, most: int) -> dict[str, object]:
    shifts = 2 * days * len(weeks)
    wrong = [each.wrong_by_shift[day, half] for each in weeks for day in range(days) for half in (0, 1)]
    held = sum(each <= most for each in wrong)
    gaps = sum(each.gaps for each in weeks)
    return {
        "shifts": shifts,
        "shifts_within": held / shifts,
        "wrong_a_shift": sum(wrong) / shifts,
        "alerts_a_shift": sum(each.alerts for each in weeks) / shifts,
        "gaps_a_shift": gaps / shifts,
        "gaps_told_in_10_min": sum(each.told_soon for each in weeks) / gaps,
        "gaps_told": sum(each.told for each in weeks) / gaps,
    }


def _tell(rows: list[dict[str, object]]) -> None:
    heads = (
        "staff",
        "held back by",
        "at most",
        "shifts within it",
        "wrong",
        "alerts",
        "gaps",
        "told in 10 min",
        "told",
    )
    table = Table(*heads, title="A store of 150 places; wrong alerts, alerts and gaps are per shift")
    for row in rows:
        within = str(row["most"]), f"{row['shifts_within']:.1%} of {row['shifts']}"
        counts = (f"{row[name]:.2f}" for name in ("wrong_a_shift", "alerts_a_shift", "gaps_a_shift"))
        told = (f"{row[name]:.1%}" for name in ("gaps_told_in_10_min", "gaps_told"))
        table.add_row(str(row["staff"]), str(row["rule"]), *within, *counts, *told)
    Console().print(table)


class _Simulated:
    """One store's weeks. What is to come is in a queue by time; the handler is told of it minute by minute."""

    def __init__(self, seed: int, days: int, staff: Staff, rule: Rule, most: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._days, self._staff, self._rule, self._most = days, staff, rule, most
        store = _store(AlertBudget(wrong_most=most, shifts_begin=("06:00", "14:00")) if rule is Rule.BUDGET else None)
        self._handler = AlertsHandler(Policy.of(AlertsSettings(escalate_after_s=0), lambda _: store), lambda *_: False)
        self._state = AlertsState()
        self._weeks = Weeks()
        self._false_an_hour = self._rng.lognormal(np.log(0.0012), 1.2, _PLACES)
        self._bad_until_day = np.zeros(_PLACES)
        self._counter = itertools.count(1)
        self._queue: list[tuple[datetime, int, _Seen | Answer, int]] = []
        self._out: dict[int, _Seen] = {}
        self._called_wrong: Counter[tuple[int, int]] = Counter()

    def run(self) -> Weeks:
        """Every day from opening to closing."""
        for day in range(self._days):
            self._drift(day)
            opens = _FIRST_DAY + timedelta(days=day, hours=_OPENS_H)
            for minute in range((_CLOSES_H - _OPENS_H) * 60):
                self._minute(day, opens + minute * _TICK)
            self._fill_all(opens + timedelta(hours=_CLOSES_H - _OPENS_H, minutes=30))
        return self._weeks

    def _drift(self, day: int) -> None:
        """Places go bad by chance, for some days; all of them drift a little."""
        goes_bad = (self._rng.random(_PLACES) < 0.01) & (self._bad_until_day <= day)
        self._bad_until_day[goes_bad] = day + self._rng.integers(2, 8, int(goes_bad.sum()))
        self._false_an_hour *= self._rng.lognormal(0.0, 0.08, _PLACES)

    def _minute(self, day: int, now: datetime) -> None:
        bad = np.where(self._bad_until_day > day, 40.0, 1.0)
        wrong_an_hour = np.minimum(self._false_an_hour * bad, 0.3)
        for is_wrong, rates in ((False, np.full(_PLACES, _GAPS_AN_HOUR)), (True, wrong_an_hour)):
            for place in np.flatnonzero(self._rng.random(_PLACES) < rates / 60.0).tolist():
                if place not in self._out:
                    self._goes_out(place, now, is_wrong=is_wrong)
        while self._queue and self._queue[0][0] <= now:
            _, _, due, place = heapq.heappop(self._queue)
            if isinstance(due, Answer):
                self._called_wrong[_shift_of(now)] += due.kind is AnswerKind.NOT_EMPTY
                self._handle(due, now)
            elif self._out.get(place) is due:
                self._ends(place, now)
        self._handle(None, now)

    def _goes_out(self, place: int, now: datetime, *, is_wrong: bool) -> None:
        seen = _Seen(is_wrong, now)
        self._out[place] = seen
        self._weeks.gaps += not is_wrong
        lasts = timedelta(minutes=float(self._rng.exponential(40.0 if is_wrong else 240.0)))
        self._later(now + lasts, seen, place)
        sure = self._rng.beta(1.5, 2.0) if is_wrong else self._rng.beta(4.0, 1.0)
        self._handle(self._event(place, SlotState.OUT, now, 0.9 + 0.1 * float(sure)), now)

    def _ends(self, place: int, now: datetime) -> None:
        del self._out[place]
        self._handle(self._event(place, SlotState.STOCKED, now, 1.0), now)

    def _fill_all(self, now: datetime) -> None:
        for place in list(self._out):
            self._ends(place, now)

    def _handle(self, item: AlertsItem | None, now: datetime) -> None:
        batch = [] if item is None else [_received(item, now)]
        outcome = self._handler.handle(self._state, batch, now)
        self._state = outcome.state
        for write in outcome.effects:
            self._tell(write, now)

    def _tell(self, write: SlotWrite, now: datetime) -> None:
        place = int(write.fold.slot[1:])
        for step in write.steps:
            seen, shift = self._out.get(place), _shift_of(now)
            if step.record.status is not AlertStatus.RAISED or seen is None:
                continue
            if self._rule is Rule.STOP and self._called_wrong[shift] >= self._most:
                continue
            self._count(seen, shift, now)
            at = now + timedelta(minutes=float(self._rng.exponential(30.0)))
            if self._rng.random() < self._staff.answers:
                self._later(at, self._answer(step.record, seen), place)
            if not seen.is_wrong:
                self._later(at + _TICK, seen, place)

    def _count(self, seen: _Seen, shift: tuple[int, int], now: datetime) -> None:
        self._weeks.alerts += 1
        self._weeks.wrong_by_shift[shift] += seen.is_wrong
        if not seen.is_wrong and not seen.told:
            self._weeks.told += 1
            self._weeks.told_soon += now - seen.began_at <= _SOON
        seen.told = True

    def _answer(self, record: AlertRecord, seen: _Seen) -> Answer:
        says_wrong = seen.is_wrong != (self._rng.random() < self._staff.mistakes)
        return Answer(
            answer_id=f"answer-{next(self._counter)}",
            store=_STORE,
            slot=record.slot,
            gtin=_GTIN,
            alert_id=record.alert_id,
            kind=AnswerKind.NOT_EMPTY if says_wrong else AnswerKind.REFILLED,
            answered_at=record.raised_at,
            by="staff",
        )

    def _later(self, at: datetime, due: _Seen | Answer, place: int) -> None:
        heapq.heappush(self._queue, (at, next(self._counter), due, place))

    def _event(self, place: int, state: SlotState, now: datetime, chance: float) -> StockEvent:
        sequence, slot = next(self._counter), f"p{place}"
        onset = Onset(earliest=now, latest=now, level=0.9)
        before = SlotState.STOCKED if state is SlotState.OUT else SlotState.OUT
        transition = Transition(
            sequence=sequence,
            gtin=_GTIN,
            before=before,
            state=state,
            onset=onset,
            decided_at=now,
            confidence=min(1.0, chance),
        )
        event_id = event_id_of(_STORE, slot, sequence)
        return StockEvent(event_id=event_id, store=_STORE, slot=slot, bay="bay", transition=transition, emitted_at=now)


def _store(budget: AlertBudget | None) -> Store:
    hours = dict.fromkeys(WEEKDAYS, (OpeningHours(opens=f"{_OPENS_H:02}:00", closes=f"{_CLOSES_H}:00"),))
    return Store(id=_STORE, name="Market", time_zone="UTC", hours=hours, budget=budget)


def _shift_of(now: datetime) -> tuple[int, int]:
    since = now - _FIRST_DAY
    return since.days, int(since - timedelta(days=since.days) >= timedelta(hours=_CHANGES_H))


def _received(item: AlertsItem, now: datetime) -> Received[AlertsItem]:
    return Received(Record(Partition(EVENTS, 0), 0, None, None, (), now), item)


if __name__ == "__main__":
    typer.run(main)
