"""How many messages a store's people get, how soon, and how fast alerts decide: ``python -m benchmarks.alerts --help``.

The events are those of a simulated week, kept by ``python -m benchmarks.events --keep FOLDER``. At first nobody
answers, so that nothing is closed but by the camera; then staff say twenty minutes later what is true, without and with
a budget of wrong alerts.
"""

import json
import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from alerts.contract import AlertRecord, AlertStatus
from alerts.delivery.bundles import BundleKey, bundled, is_due
from alerts.delivery.policy import Waiting
from alerts.handler import AlertsHandler, AlertsItem
from alerts.model import AlertsState, AlertStep, InboxAlert, NotificationKind
from alerts.policy import Policy
from alerts.settings import AlertsSettings
from analytics.contract import SlotState, StockEvent
from benchmarks.alert_events import as_received, decisions_a_second, event_at
from benchmarks.events.difficulty import Level, difficulty_of
from benchmarks.events.market import Market
from benchmarks.events.plain_events import Episode, Opening, Told, read_said, read_truth
from benchmarks.events.run import FIRST_DAY
from shelfstream.answers import Answer, AnswerKind
from shelfstream.bus.api import Partition, Record
from shelfstream.bus.stage import Received
from shelfstream.bus.topics import ANSWERS
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.hours import shift_at
from shelfstream.catalogue.model import AlertBudget, Store

_RUN = re.compile(r"s(\d+)w(\d+)")
_TICK = timedelta(seconds=10)
_SHIFT = timedelta(hours=8)
_SOON = timedelta(minutes=10)
_ANSWERED_AFTER = timedelta(minutes=20)
_FEW = 2
_STATES = {"out": SlotState.OUT, "available": SlotState.STOCKED, "unknown": SlotState.UNKNOWN}
_FLIP = (SlotState.OUT, SlotState.STOCKED)
_DECISIONS = 50_000


@dataclass(frozen=True)
class Way:
    """How people are told: ``most`` alerts in a message; staff who answer what is true, or nobody who does."""

    name: str
    most: int
    answers: bool = False
    budget: AlertBudget | None = None


_WAYS = (
    Way("one for each alert", 1),
    Way("one for an aisle (as it ships)", 20),
    Way("the same, staff answer", 20, answers=True),
    Way("the same, at most 2 wrong a shift", 20, answers=True, budget=AlertBudget(wrong_most=2)),
    Way("the same, at most 1 wrong a shift", 20, answers=True, budget=AlertBudget(wrong_most=1)),
)


@dataclass
class Week:
    """What came of one store's week. ``told``: when each place was told of, and whether it had been told before."""

    shifts: float
    events: int = 0
    alerts: int = 0
    messages: int = 0
    reminders: int = 0
    told: dict[str, list[datetime]] = field(default_factory=dict)
    gaps: int = 0
    gaps_told_soon: int = 0
    wrong: Counter[datetime] = field(default_factory=Counter)
    """Wrong alerts by the shift that they were told in."""


def main(
    *,
    events: Annotated[
        Path | None, typer.Option(help="A folder that `python -m benchmarks.events --keep` wrote.")
    ] = None,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Measure and tell."""
    console, figures = Console(), {"decisions_a_second": decisions_a_second()}
    console.print(f"decisions a second and core: {figures['decisions_a_second']:,.0f}")
    if events is not None:
        runs = _runs(events)
        figures |= _told(console, [(way, [_week(events, run, way) for run in runs]) for way in _WAYS])
    if as_json is not None:
        as_json.write_text(json.dumps(figures, indent=2))


def _runs(folder: Path) -> list[str]:
    return sorted(
        {row.camera.partition("/")[0] for row in read_truth(folder / "truth.jsonl") if isinstance(row, Opening)}
    )


def _week(folder: Path, run: str, way: Way) -> Week:
    """One store's week through policy and bundles, with the settings that ship."""
    truth = [row for row in read_truth(folder / "truth.jsonl") if _run_of(row) == run]
    said = [row for row in read_said(folder / "shelfstream.jsonl") if isinstance(row, Told) and _run_of(row) == run]
    found = _RUN.fullmatch(run)
    if found is None:
        raise ValueError(f"{run} is no run of benchmarks.events")
    catalogue = Market(int(found[1]) * 1000 + int(found[2]), difficulty_of(Level.STANDARD), FIRST_DAY, 7).catalogue
    openings = {(row.begins, row.ends) for row in truth if isinstance(row, Opening)}
    week = Week(shifts=sum((ends - begins) / _SHIFT for begins, ends in openings))
    gaps = [row for row in truth if isinstance(row, Episode)]
    _tell_people(week, catalogue, said, way, gaps)
    for gap in (each for each in gaps if _lasts(each) and _begins_open(each, openings)):
        week.gaps += 1
        soon = (gap.began_at <= at <= gap.began_at + _SOON for at in week.told.get(gap.place.partition("/")[2], ()))
        week.gaps_told_soon += any(soon)
    return week


def _tell_people(week: Week, catalogue: Catalogue, said: Sequence[Told], way: Way, gaps: Sequence[Episode]) -> None:
    settings = AlertsSettings()
    store = next(iter(catalogue.stores.values())).model_copy(update={"budget": way.budget})
    handler = AlertsHandler(Policy.of(settings, lambda _: store), lambda _s, _p, _n: False)
    state, waiting, last_sent = AlertsState(), dict[str, Waiting](), dict[BundleKey, datetime]()
    answers: deque[Answer] = deque()
    for now, batch in _batches(catalogue, said):
        week.events += sum(
            each.item.transition.state is SlotState.OUT for each in batch if isinstance(each.item, StockEvent)
        )
        while answers and answers[0].answered_at <= now:
            batch.append(_answer_received(answers.popleft(), now))
        for received in (batch, []):
            outcome = handler.handle(state, received, now)
            state = outcome.state
            for write in outcome.effects:
                for step in write.steps:
                    week.alerts += step.record.step == 1
                    _take(waiting, step, now)
        for bundle in bundled(waiting.values(), catalogue, way.most):
            if is_due(bundle, last_sent.get(bundle.key), now, settings.delivery, way.most):
                last_sent[bundle.key] = now
                week.messages += 1
                week.reminders += bundle.first.telling is NotificationKind.ESCALATED
                for each in bundle.members:
                    week.told.setdefault(each.alert.slot, []).append(now)
                    waiting.pop(each.alert.alert_id)
                    _judge(week, each, gaps, answers if way.answers else deque(), store)


def _judge(week: Week, told: Waiting, gaps: Sequence[Episode], answers: deque[Answer], store: Store) -> None:
    """Count an alert that is told for the first time and is wrong; staff find out after a while."""
    alert = told.alert
    if told.telling is not NotificationKind.RAISED:
        return
    at = alert.raised_at
    right = any(
        gap.place.partition("/")[2] == alert.slot and gap.began_at <= at and (gap.ended_at is None or at < gap.ended_at)
        for gap in gaps
    )
    week.wrong[shift_at(store, store.budget or AlertBudget(wrong_most=0), at).starts_at] += not right
    answers.append(
        Answer(
            answer_id=f"answer-{alert.alert_id}",
            store=alert.store,
            slot=alert.slot,
            gtin=alert.gtin,
            alert_id=alert.alert_id,
            # What was right stays open until the camera sees it filled: the week's refills are what they were.
            kind=AnswerKind.NO_STOCK_IN_BACK if right else AnswerKind.NOT_EMPTY,
            answered_at=at + _ANSWERED_AFTER,
        )
    )


def _take(waiting: dict[str, Waiting], step: AlertStep, now: datetime) -> None:
    """What a step does to the messages that wait: a raising or escalation is one more, an end takes it back."""
    record = step.record
    if step.closes:
        waiting.pop(record.alert_id, None)
    elif record.status is AlertStatus.RAISED:
        telling = NotificationKind.RAISED if record.step == 1 else NotificationKind.ESCALATED
        waiting[record.alert_id] = Waiting(
            _inbox_alert(step, record), record.step, telling, "people", now, 0, told_before=False
        )


def _batches(catalogue: Catalogue, said: Sequence[Told]) -> Iterator[tuple[datetime, list[Received[AlertsItem]]]]:
    """The events of each tick. What a system said anew is an event; a place's first word of a day is one as well."""
    ordered = sorted(said, key=lambda row: row.at)
    sequences: dict[str, int] = {}
    index = 0
    now, ends = FIRST_DAY, ordered[-1].at + timedelta(hours=1) if ordered else FIRST_DAY
    while now < ends:
        batch: list[Received[AlertsItem]] = []
        while index < len(ordered) and ordered[index].at <= now:
            row = ordered[index]
            slot = row.place.partition("/")[2]
            sequences[slot] = sequences.get(slot, 0) + 1
            bay = next(each.bay for (_, name), each in catalogue.slots.items() if name == slot)
            batch.append(as_received(event_at(slot, sequences[slot], row.at, _STATES[row.state], bay)))
            index += 1
        yield now, batch
        now += _TICK


def _answer_received(answer: Answer, now: datetime) -> Received[AlertsItem]:
    return Received(Record(Partition(ANSWERS, 0), 0, None, None, (), now), answer)


def _inbox_alert(step: AlertStep, record: AlertRecord) -> InboxAlert:
    return InboxAlert(
        alert_id=record.alert_id, store=record.store, slot=record.slot, bay=record.bay, gtin=record.gtin,
        state=record.state, status=record.status, step=record.step, event_id=record.event_id,
        raised_at=record.raised_at, onset_earliest=step.onset.earliest, onset_latest=step.onset.latest,
        level=step.level, acknowledged_at=None, acknowledged_by=None, escalated_at=None, answer=None,
        answered_at=None, cleared_at=record.cleared_at, cleared_why=None, sent_at=None,
    )  # fmt: skip


def _run_of(row: object) -> str:
    named = getattr(row, "place", None) or getattr(row, "camera", "")
    return str(named).partition("/")[0]


def _lasts(gap: Episode) -> bool:
    """Whether it was there for long enough to be told of in time at all."""
    return gap.ended_at is None or gap.ended_at - gap.began_at >= _SOON


def _begins_open(gap: Episode, openings: set[tuple[datetime, datetime]]) -> bool:
    return any(begins <= gap.began_at <= ends - _SOON for begins, ends in openings)


def _told(console: Console, ways: Sequence[tuple[Way, Sequence[Week]]]) -> dict[str, float]:
    """Tell of all weeks together, a line for each way."""
    heads = (
        "what",
        "messages a shift",
        "reminders",
        "wrong alerts",
        "shifts within it (or 2)",
        "gaps told in 10 min",
    )
    table = Table(*heads, box=None)
    shifts = sum(week.shifts for week in ways[0][1])
    figures = {"events_a_shift": sum(week.events for week in ways[0][1]) / shifts}
    table.add_row("one for each event", f"{figures['events_a_shift']:.1f}", "", "", "", "")
    for way, weeks in ways:
        messages, reminders = (
            sum(getattr(week, each) for week in weeks) / shifts for each in ("messages", "reminders")
        )
        wrong = sum(sum(week.wrong.values()) for week in weeks) / shifts
        most = way.budget.wrong_most if way.budget is not None else _FEW
        within = 1 - sum(count > most for week in weeks for count in week.wrong.values()) / shifts
        soon = sum(week.gaps_told_soon for week in weeks) / max(1, sum(week.gaps for week in weeks))
        figures |= {f"{way.name}: messages": messages, f"{way.name}: wrong": wrong, f"{way.name}: told soon": soon}
        table.add_row(way.name, f"{messages:.1f}", f"{reminders:.1f}", f"{wrong:.2f}", f"{within:.0%}", f"{soon:.0%}")
    console.print(table)
    alone = ways[0][1]
    console.print(
        f"{sum(week.alerts for week in alone)} alerts, {shifts:.0f} shifts, {sum(week.gaps for week in alone)} gaps"
    )
    return figures


if __name__ == "__main__":
    typer.run(main)
