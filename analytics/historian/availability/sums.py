"""Sums over the days of slots: by store and day, by week of products and of bays, by month and longer of
products.

They follow ``slot_days`` in the transaction that changes it, by what came and what went, so that they are to the
microsecond what adding all of it up anew would give.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import Connection, Table, bindparam, delete
from sqlalchemy.dialects import postgresql, sqlite

from analytics.historian.availability.minutes import Spent
from analytics.historian.availability.tables import SPENT, SUMMED, bay_weeks, product_spans, product_weeks, store_days


def week_of(day: date) -> date:
    """The Monday of its week, as ISO 8601 has it."""
    return day - timedelta(days=day.weekday())


SPANS = ("month", "quarter", "year")


def span_of(day: date, span: str) -> date:
    """The first day of the calendar month, quarter or year that a day is in."""
    months = {"month": 1, "quarter": 3, "year": 12}[span]
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


_Span = tuple[str, date, str]


@dataclass
class SumChanges:
    """What is to be added to the sums of one store; less, where days of slots went."""

    store: str
    days: dict[tuple[date], list[int]] = field(default_factory=dict)
    products: dict[tuple[date, str], list[int]] = field(default_factory=dict)
    bays: dict[tuple[date, str], list[int]] = field(default_factory=dict)
    spans: dict[_Span, list[int]] = field(default_factory=dict)

    def came(self, day: date, gtin: str, bay: str, spent: Spent) -> None:
        """A slot has a day that is written now."""
        self._count(day, gtin, bay, _figures(spent, 1))

    def went(self, day: date, gtin: str, bay: str, spent: Spent) -> None:
        """A slot had a day that is written no more, or anew."""
        self._count(day, gtin, bay, _figures(spent, -1))

    def write(self, connection: Connection) -> None:
        """Change the tables."""
        _add(connection, store_days, ("day",), self.store, self.days)
        _add(connection, product_weeks, ("week", "gtin"), self.store, self.products)
        _add(connection, bay_weeks, ("week", "bay"), self.store, self.bays)
        _add(connection, product_spans, ("span", "starts_on", "gtin"), self.store, self.spans)

    def _count(self, day: date, gtin: str, bay: str, figures: Sequence[int]) -> None:
        week = week_of(day)
        for sums in (
            self.days.setdefault((day,), [0] * len(SUMMED)),
            self.products.setdefault((week, gtin), [0] * len(SUMMED)),
            self.bays.setdefault((week, bay), [0] * len(SUMMED)),
            *(self.spans.setdefault((span, span_of(day, span), gtin), [0] * len(SUMMED)) for span in SPANS),
        ):
            for place, figure in enumerate(figures):
                sums[place] += figure


def _figures(spent: Spent, sign: int) -> list[int]:
    return [sign, sign * int(spent.out_us > 0), *(sign * int(getattr(spent, name)) for name in SPENT)]


def _add(
    connection: Connection,
    table: Table,
    keys: tuple[str, ...],
    store: str,
    changes: Mapping[tuple[date], list[int]] | Mapping[tuple[date, str], list[int]] | Mapping[_Span, list[int]],
) -> None:
    """Add to rows that are there, write those that are not, and drop those of which nothing is left."""
    rows = [
        {"store": store, **dict(zip(keys, key, strict=True)), **dict(zip(SUMMED, figures, strict=True))}
        for key, figures in sorted(changes.items())
        if any(figures)
    ]
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    fresh = dialect.insert(table)
    added = {name: table.c[name] + fresh.excluded[name] for name in SUMMED}
    connection.execute(fresh.on_conflict_do_update(index_elements=["store", *keys], set_=added), rows)
    _drop_empty(
        connection, table, ("store", *keys), [(store, *key) for key, (count, *_) in changes.items() if count < 0]
    )


def _drop_empty(
    connection: Connection, table: Table, keys: tuple[str, ...], shrunk: Sequence[tuple[object, ...]]
) -> None:
    if not shrunk:
        return
    statement = delete(table).where(table.c.slot_days == 0)
    for name in keys:
        statement = statement.where(table.c[name] == bindparam(f"of_{name}"))
    connection.execute(statement, [dict(zip((f"of_{name}" for name in keys), row, strict=True)) for row in shrunk])
