"""``shelfstream history``: what was out, as a table or as CSV."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Engine

from alerts.answered.figures import AlertGrain, alert_figures
from analytics.contract import SlotState
from analytics.history.availability import (
    Availability,
    Grain,
    availability_by_day,
    availability_by_hour,
    rolled_up_to,
)
from analytics.history.oos import OosInterval, oos_intervals
from deploy.commands.asking.alert_figures import tell_figures
from deploy.commands.asking.questions import QuestionCommands
from deploy.commands.asking.typed import day, product_asked, span, zone_of
from deploy.runtime.open import engine_here
from shelfstream.clock import Clock, SystemClock
from shelfstream.csv_cells import csv_text
from shelfstream.errors import Fault, Faults

OpenEngine = Callable[[], AbstractContextManager[Engine]]
StoreOption = Annotated[str, typer.Option("--store", help="The store's id.")]
FromOption = Annotated[str, typer.Option("--from", help="A day or time in the store's zone, such as 2026-11-02.")]
ToOption = Annotated[str | None, typer.Option("--to", help="Up to this day or time, not included; default: now.")]
GtinOption = Annotated[str | None, typer.Option("--gtin", help="One product alone, by its GTIN.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="Write CSV to standard output, times with their offset.")]
FirstOption = Annotated[str, typer.Option("--from", help="The first day, such as 2026-11-02.")]
LastOption = Annotated[str | None, typer.Option("--to", help="The last day, itself included; default: today.")]
ByOption = Annotated[Grain, typer.Option("--by", help="What is taken together.")]
AlertsByOption = Annotated[AlertGrain, typer.Option("--by", help="What is taken together.")]
HoursOption = Annotated[bool, typer.Option("--hours", help="By the hour instead of by the day.")]

_INTERVAL_FIELDS = (
    "store",
    "slot",
    "bay",
    "gtin",
    "product",
    "began_earliest",
    "began_at",
    "ended_earliest",
    "ended_at",
    "minutes_out",
    "minutes_out_min",
    "minutes_out_max",
    "lost_sales",
)
_AVAILABILITY_FIELDS = (
    "store",
    "day",
    "starts_at",
    "name",
    "minutes_planned",
    "minutes_stocked",
    "minutes_low",
    "minutes_out",
    "minutes_misplaced",
    "minutes_unknown",
    "availability",
    "coverage",
)
_STATES = (SlotState.STOCKED, SlotState.LOW, SlotState.OUT, SlotState.MISPLACED, SlotState.UNKNOWN)


@dataclass(frozen=True)
class HistoryCommands:
    """The commands. ``open_engine`` gives an engine on the database that the settings name."""

    open_engine: OpenEngine
    console: Console
    clock: Clock

    def app(self) -> typer.Typer:
        """The commands as a part of the command line."""
        app = typer.Typer(help="Ask what was out, where, since when, and what that cost.", no_args_is_help=True)
        app.callback()(self.history)
        app.command()(self.oos)
        app.command()(self.availability)
        app.command()(self.alerts)
        QuestionCommands(self.open_engine, self.console, self.clock).add_to(app)
        return app

    def history(self) -> None:
        """Ask what was out, where, since when, and what that cost."""

    def oos(
        self,
        *,
        store: StoreOption,
        begins: FromOption,
        ends: ToOption = None,
        gtin: GtinOption = None,
        as_csv: CsvOption = False,
    ) -> None:
        """List what was out of stock; minutes count within opening hours, times are the store's."""
        now, product = self.clock.now(), None if gtin is None else product_asked(gtin)
        with self.open_engine() as engine:
            zone = zone_of(engine, store, now)
            start, stop = span(begins, ends, zone, now)
            found = oos_intervals(engine, store, start, stop, now=now, gtin=product)
            self._tell_intervals(found, zone, as_csv=as_csv)

    def availability(
        self,
        *,
        store: StoreOption,
        begins: FirstOption,
        ends: LastOption = None,
        by: ByOption = Grain.STORE,
        hours: HoursOption = False,
        as_csv: CsvOption = False,
    ) -> None:
        """Tell how long slots were in which state, of the time for which they were planned and the store was open."""
        now = self.clock.now()
        with self.open_engine() as engine:
            zone = zone_of(engine, store, now)
            first = day(begins, "--from")
            last = now.astimezone(zone).date() if ends is None else day(ends, "--to")
            if last < first:
                raise Faults("history", [Fault("--to", "must not be before --from")])
            ask = availability_by_hour if hours else availability_by_day
            found, until = ask(engine, store, first, last, by), rolled_up_to(engine, store)
        if as_csv:
            rows = ([store, *_availability_cells(each)] for each in found)
            typer.echo(csv_text(_AVAILABILITY_FIELDS, rows, zone), nl=False)
        else:
            self._tell_availability(found, by, until, zone)

    def alerts(
        self,
        *,
        store: StoreOption,
        begins: FromOption,
        ends: ToOption = None,
        by: AlertsByOption = AlertGrain.STORE,
        as_csv: CsvOption = False,
    ) -> None:
        """Tell how often alerts were right, as far as staff said, and how soon they were acted on."""
        now = self.clock.now()
        with self.open_engine() as engine:
            start, stop = span(begins, ends, zone_of(engine, store, now), now)
            found = alert_figures(engine, store, start, stop, by)
        tell_figures(self.console, found, by, as_csv=as_csv)

    def _tell_availability(
        self, found: Sequence[Availability], by: Grain, until: datetime | None, zone: tzinfo
    ) -> None:
        if until is None or not found:
            rolls_up = "Nothing is rolled up yet; the historian does that every few minutes."
            self.console.print(
                rolls_up if until is None else "Nothing was planned in this time while the store was open."
            )
            return
        minutes_in = [f"min {state.lower()}" for state in _STATES]
        table = Table("when", by.value, "available", "of time seen", *minutes_in, box=None)
        for each in found:
            when = f"{each.day}" if each.starts_at is None else f"{each.starts_at.astimezone(zone):%Y-%m-%d %H:%M}"
            share, spent = each.spent.availability, each.spent
            available = "not seen" if share is None else f"{share:.1%}"
            minutes = (f"{spent.minutes(state):.1f}" for state in _STATES)
            table.add_row(when, each.name, available, f"{spent.coverage:.0%}", *minutes)
        self.console.print(table)
        self.console.print(f"Rolled up to {until.astimezone(zone):%Y-%m-%d %H:%M}.")

    def _tell_intervals(self, found: Sequence[OosInterval], zone: tzinfo, *, as_csv: bool) -> None:
        if as_csv:
            self._write(_INTERVAL_FIELDS, found, zone)
            return
        table = Table("product", "slot", "bay", "out since", "until", "minutes out", "lost sales", box=None)
        for each in found:
            began = _span(each.began_earliest, each.began_at, zone)
            ended = "still out" if each.ended_at is None else _span(each.ended_earliest, each.ended_at, zone)
            minutes = _minutes(each.minutes_out, each.minutes_out_min, each.minutes_out_max)
            name = each.product or each.gtin
            table.add_row(escape(name), each.slot, each.bay, began, ended, minutes, _money(each.lost_sales))
        self.console.print(table if found else "Nothing was out in this time, as far as it was seen.")

    def _write(self, fields: Sequence[str], rows: Sequence[object], zone: tzinfo) -> None:
        typer.echo(csv_text(fields, ([getattr(row, field) for field in fields] for row in rows), zone), nl=False)


def _availability_cells(each: Availability) -> list[object]:
    spent = each.spent
    minutes = [spent.minutes_planned, *(spent.minutes(state) for state in _STATES)]
    return [each.day, each.starts_at, each.name, *minutes, spent.availability, spent.coverage]


def _span(earliest: datetime | None, latest: datetime, zone: tzinfo) -> str:
    shown = latest.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    unsure_s = (latest - earliest).total_seconds() if earliest is not None else 0.0
    return shown if unsure_s < 1 else f"{shown} (−{_length(unsure_s)})"


def _length(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _minutes(seen: float, shortest: float, longest: float) -> str:
    return f"{seen:.1f}" if longest - shortest < 0.05 else f"{seen:.1f} ({shortest:.1f}–{longest:.1f})"


def _money(amount: float | None) -> str:
    return "" if amount is None else f"{amount:.2f}"


app = HistoryCommands(engine_here, Console(highlight=False), SystemClock()).app()
