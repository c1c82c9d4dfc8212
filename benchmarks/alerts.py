"""How many messages a store's people get, how soon, and how fast alerts decide: ``python -m benchmarks.alerts --help``.

The events are those of a simulated week, kept by ``python -m benchmarks.events --keep FOLDER``; nobody answers, so that
nothing is closed but by the camera.
"""

import json
import re
import time
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
from analytics.contract import Onset, SlotState, StockEvent, Transition, event_id_of
from benchmarks.events.difficulty import Level, difficulty_of
from benchmarks.events.market import Market
from benchmarks.events.plain_events import Episode, Opening, Told, read_said, read_truth
from benchmarks.events.run import FIRST_DAY
from shelfstream.bus.api import Partition, Record
from shelfstream.bus.stage import Received
from shelfstream.bus.topics import EVENTS
from shelfstream.catalogue.catalogue import Catalogue
from simulator.store.market import MARKET_ID

_RUN = re.compile(r"s(\d+)w(\d+)")
_TICK = timedelta(seconds=10)
_SHIFT = timedelta(hours=8)
_SOON = timedelta(minutes=10)
_STATES = {"out": SlotState.OUT, "available": SlotState.STOCKED, "unknown": SlotState.UNKNOWN}
_FLIP = (SlotState.OUT, SlotState.STOCKED)
_DECISIONS = 50_000


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
        weeks = [_week(events, run, bundle_most) for run in _runs(events) for bundle_most in (1, 20)]
        figures |= _told(console, weeks)
    if as_json is not None:
        as_json.write_text(json.dumps(figures, indent=2))


def decisions_a_second() -> float:
    """Events that the handler takes in, in batches of 500, of 500 slots that run out and are filled again and again."""
    handler = AlertsHandler(Policy.of(AlertsSettings(cooldown_s=0), lambda _: None), lambda _s, _p, _n: False)
    made = [
        _event(f"p{number % 500}", number // 500 + 1, FIRST_DAY + timedelta(seconds=number), _FLIP[number // 500 % 2])
        for number in range(_DECISIONS)
    ]
    received = [_received(each) for each in made]
    state, began_s = AlertsState(), time.perf_counter()
    for first in range(0, len(received), 500):
        state = handler.handle(state, received[first : first + 500], FIRST_DAY).state
    return len(received) / (time.perf_counter() - began_s)


def _runs(folder: Path) -> list[str]:
    return sorted(
        {row.camera.partition("/")[0] for row in read_truth(folder / "truth.jsonl") if isinstance(row, Opening)}
    )


def _week(folder: Path, run: str, bundle_most: int) -> Week:
    """One store's week through policy and bundles, with the settings that ship."""
    truth = [row for row in read_truth(folder / "truth.jsonl") if _run_of(row) == run]
    said = [row for row in read_said(folder / "shelfstream.jsonl") if isinstance(row, Told) and _run_of(row) == run]
    found = _RUN.fullmatch(run)
    if found is None:
        raise ValueError(f"{run} is no run of benchmarks.events")
    catalogue = Market(int(found[1]) * 1000 + int(found[2]), difficulty_of(Level.STANDARD), FIRST_DAY, 7).catalogue
    openings = {(row.begins, row.ends) for row in truth if isinstance(row, Opening)}
    week = Week(shifts=sum((ends - begins) / _SHIFT for begins, ends in openings))
    _tell_people(week, catalogue, said, bundle_most)
    for gap in (row for row in truth if isinstance(row, Episode) and _lasts(row) and _begins_open(row, openings)):
        week.gaps += 1
        soon = (gap.began_at <= at <= gap.began_at + _SOON for at in week.told.get(gap.place.partition("/")[2], ()))
        week.gaps_told_soon += any(soon)
    return week


def _tell_people(week: Week, catalogue: Catalogue, said: Sequence[Told], bundle_most: int) -> None:
    settings = AlertsSettings()
    store = next(iter(catalogue.stores.values()))
    handler = AlertsHandler(Policy.of(settings, lambda _: store), lambda _s, _p, _n: False)
    state, waiting, last_sent = AlertsState(), dict[str, Waiting](), dict[BundleKey, datetime]()
    for now, batch in _batches(catalogue, said):
        week.events += sum(
            each.item.transition.state is SlotState.OUT for each in batch if isinstance(each.item, StockEvent)
        )
        for received in (batch, []):
            outcome = handler.handle(state, received, now)
            state = outcome.state
            for write in outcome.effects:
                for step in write.steps:
                    week.alerts += step.record.step == 1
                    _take(waiting, step, now)
        for bundle in bundled(waiting.values(), catalogue, bundle_most):
            if is_due(bundle, last_sent.get(bundle.key), now, settings.delivery, bundle_most):
                last_sent[bundle.key] = now
                week.messages += 1
                week.reminders += bundle.first.telling is NotificationKind.ESCALATED
                for each in bundle.members:
                    week.told.setdefault(each.alert.slot, []).append(now)
                    waiting.pop(each.alert.alert_id)


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
            batch.append(_received(_event(slot, sequences[slot], row.at, _STATES[row.state], bay)))
            index += 1
        yield now, batch
        now += _TICK


def _event(slot: str, sequence: int, at: datetime, state: SlotState, bay: str = "b1") -> StockEvent:
    transition = Transition(
        sequence=sequence, gtin="04006381333931", before=SlotState.STOCKED, state=state, decided_at=at, confidence=0.99,
        onset=Onset(earliest=at, latest=at, level=0.9), level=0.0 if state is SlotState.OUT else 1.0,
    )  # fmt: skip
    event_id = event_id_of(MARKET_ID, slot, sequence)
    return StockEvent(event_id=event_id, store=MARKET_ID, slot=slot, bay=bay, transition=transition, emitted_at=at)


def received_event(slot: str, at: datetime, state: SlotState) -> Received[AlertsItem]:
    """A slot's first event, as it is read from the bus."""
    return _received(_event(slot, 1, at, state))


def _received(event: StockEvent) -> Received[AlertsItem]:
    message = event.message()
    at = event.transition.decided_at
    return Received(Record(Partition(EVENTS, 0), 0, message.key.encode(), message.value, message.headers, at), event)


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


def _told(console: Console, weeks: Sequence[Week]) -> dict[str, float]:
    """Tell of all weeks together, a line for alerts alone and one for bundles."""
    table = Table("what", "messages a shift of 8 h", "of them reminders", "gaps told within 10 min", box=None)
    alone, bundles = weeks[::2], weeks[1::2]
    shifts = sum(week.shifts for week in alone)
    figures = {"events_a_shift": sum(week.events for week in alone) / shifts}
    table.add_row("one for each event", f"{figures['events_a_shift']:.1f}", "", "")
    for name, those in (("alone", alone), ("bundled", bundles)):
        figures[f"messages_a_shift_{name}"] = sum(week.messages for week in those) / shifts
        reminders = figures[f"reminders_a_shift_{name}"] = sum(week.reminders for week in those) / shifts
        share = sum(week.gaps_told_soon for week in those) / max(1, sum(week.gaps for week in those))
        figures[f"told_soon_{name}"] = share
        title = "one for each alert" if name == "alone" else "one for an aisle (as it ships)"
        table.add_row(title, f"{figures[f'messages_a_shift_{name}']:.1f}", f"{reminders:.1f}", f"{share:.0%}")
    console.print(table)
    console.print(
        f"{sum(week.alerts for week in alone)} alerts, {shifts:.0f} shifts, {sum(week.gaps for week in alone)} gaps"
    )
    return figures


if __name__ == "__main__":
    typer.run(main)
