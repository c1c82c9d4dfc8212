"""A chain of stores in a database of history: the sums that its roll-ups would have, drawn by seed.

A store's week is drawn, not simulated: what costs a question time is how many products were out, not why.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, Table, insert, text

from analytics.historian.availability.tables import (
    bay_weeks,
    product_facts,
    product_spans,
    product_weeks,
    store_days,
    store_facts,
)
from shelfstream.sql import writing

FIRST_MONDAY = date(2025, 1, 6)
_DAY_US = 12 * 3600 * 1_000_000
_REGIONS, _CATEGORIES = 8, 60
_ROWS_AT_ONCE = 50_000

Figures = NDArray[np.int64]


@dataclass(frozen=True)
class Density:
    """How large one store is, and how often one of its products is out in a week."""

    slots: int = 10_000
    products: int = 8_000
    bays: int = 150
    weeks: int = 52
    out_in_a_week: float = 0.33


def add_stores(engine: Engine, density: Density, numbers: range, seed: int) -> int:
    """Write some more stores; returns how many rows that was."""
    count = 0
    for number in numbers:
        dice, store = np.random.default_rng([seed, number]), f"store-{number:04}"
        with writing(engine) as connection:
            count += _write_facts(connection, dice, density, store, number)
            gtins = [f"{product:014}" for product in range(density.products)]
            names = [f"bay-{bay}" for bay in range(density.bays)]
            for week in range(density.weeks):
                monday = FIRST_MONDAY + timedelta(weeks=week)
                products, bays, days = _week(dice, density)
                count += _copy(connection, product_weeks, _rows(store, monday, gtins, products))
                count += _copy(connection, bay_weeks, _rows(store, monday, names, bays))
                each_day = ([store, monday + timedelta(days=n), *map(int, row)] for n, row in enumerate(days))
                count += _copy(connection, store_days, each_day)
            for span, starts_on, weeks in _spans(density.weeks):
                figures = _week(dice, density)[0] * weeks
                rows = ([span, starts_on, *row[:1], *row[2:]] for row in _rows(store, starts_on, gtins, figures))
                count += _copy(connection, product_spans, rows)
    return count


def _spans(weeks: int) -> Iterator[tuple[str, date, int]]:
    """The calendar's months, quarters and years of so many weeks, and how many weeks each is, roughly."""
    for month in range(1, max(1, round(weeks * 12 / 52)) + 1):
        starts_on = FIRST_MONDAY.replace(month=month, day=1)
        for span, months, length in (("month", 1, 4), ("quarter", 3, 13), ("year", 12, 52)):
            if (month - 1) % months == 0:
                yield span, starts_on, length


def _week(dice: np.random.Generator, density: Density) -> tuple[Figures, Figures, Figures]:
    """Sums (rows, ``SUMMED``) of a week by product, by bay and by day."""
    slots = np.ones(density.products, np.int64)
    slots[: density.slots - density.products] += 1
    planned = slots * 7 * _DAY_US
    was_out = dice.random(density.products) < density.out_in_a_week
    out = np.where(was_out, dice.exponential(0.05, density.products) * planned, 0).astype(np.int64)
    out = np.minimum(out, planned // 2)
    unknown = (dice.beta(1, 20, density.products) * planned / 2).astype(np.int64)
    low = (dice.beta(1, 12, density.products) * (planned - out - unknown)).astype(np.int64)
    columns = [slots * 7, was_out * 1, planned, low, out, out // 50, unknown, out * 9 // 10, out * 12 // 10]
    products = np.stack(columns, 1).astype(np.int64)
    cut = np.array_split(np.arange(density.products), density.bays)
    bays = np.stack([products[some].sum(0) for some in cut])
    return products, bays, np.tile(products.sum(0) // 7, (7, 1))


def _write_facts(connection: Connection, dice: np.random.Generator, density: Density, store: str, number: int) -> int:
    region = f"Region {number % _REGIONS}"
    connection.execute(
        insert(store_facts).values(
            store=store, name=store, region=region, currency="EUR", time_zone="UTC", catalogue="drawn"
        )
    )  # fmt: skip
    prices, sales = dice.uniform(0.5, 12, density.products), dice.exponential(6, density.products)
    rows = (
        [
            store,
            f"{each:014}",
            f"Product {each}",
            f"Category {each % _CATEGORIES}",
            f"{prices[each]:.2f}",
            sales[each],
            1,
        ]
        for each in range(density.products)
    )
    return 1 + _copy(connection, product_facts, rows)


def _rows(store: str, monday: date, names: Sequence[str], figures: Figures) -> Iterator[list[object]]:
    for name, row in zip(names, figures.tolist(), strict=True):
        yield [store, monday, name, *row]


def _copy(connection: Connection, table: Table, rows: Iterable[Sequence[object]]) -> int:
    """Rows whose values are in the order of the table's columns: by COPY where there is one."""
    found = list(rows)
    if connection.dialect.name == "postgresql":
        lines = io.StringIO()
        csv.writer(lines).writerows(found)
        driver = connection.connection.driver_connection
        assert driver is not None
        with driver.cursor().copy(f"COPY {table.name} FROM STDIN (FORMAT csv)") as copy:
            copy.write(lines.getvalue())
        return len(found)
    names = [column.name for column in table.columns]
    for begin in range(0, len(found), _ROWS_AT_ONCE):
        some = [dict(zip(names, row, strict=True)) for row in found[begin : begin + _ROWS_AT_ONCE]]
        connection.execute(insert(table), some)
    return len(found)


def settle(engine: Engine) -> None:
    """Let the database learn how its rows are spread, as it does by itself in time."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE" if engine.dialect.name == "postgresql" else "ANALYZE"))


def size_bytes(engine: Engine) -> int:
    """What the database takes on disk."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
        pages = int(connection.scalar(text("PRAGMA page_count")) or 0)
        return pages * int(connection.scalar(text("PRAGMA page_size")) or 0)
