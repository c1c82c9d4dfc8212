"""``shelfstream history alerts``: how often alerts were right, and how soon they were acted on."""

from collections.abc import Iterable, Sequence
from datetime import UTC

import typer
from rich.console import Console
from rich.table import Table

from alerts.answered.figures import AlertFigures, AlertGrain
from shelfstream.csv_cells import csv_text

_FIELDS = (
    "name",
    "raised",
    "right",
    "wrong",
    "about_plan",
    "precision",
    "precision_low",
    "precision_high",
    "minutes_to_acknowledge",
    "minutes_to_refill",
)


def tell_figures(console: Console, found: Sequence[AlertFigures], by: AlertGrain, *, as_csv: bool) -> None:
    """Write figures as a table, or as CSV to standard output."""
    if as_csv:
        typer.echo(csv_text(_FIELDS, map(_cells, found), UTC), nl=False)
    else:
        console.print(_table(found, by) if found else "No alert was raised in this time.")


def _table(found: Iterable[AlertFigures], by: AlertGrain) -> Table:
    table = Table(
        by.value, "raised", "right", "wrong", "plan", "of those said right", "min to take", "min to refill", box=None
    )
    for each in found:
        share = (
            "nobody said"
            if each.precision is None or each.precision_between is None
            else (f"{each.precision:.0%} ({each.precision_between[0]:.0%}–{each.precision_between[1]:.0%})")
        )
        counts = (str(count) for count in (each.raised, each.right, each.wrong, each.about_plan))
        table.add_row(each.name, *counts, share, _shown(each.minutes_to_acknowledge), _shown(each.minutes_to_refill))
    return table


def _cells(each: AlertFigures) -> list[object]:
    low, high = each.precision_between or (None, None)
    waits = [each.minutes_to_acknowledge, each.minutes_to_refill]
    return [each.name, each.raised, each.right, each.wrong, each.about_plan, each.precision, low, high, *waits]


def _shown(minutes: float | None) -> str:
    return "" if minutes is None else f"{minutes:.1f}"
