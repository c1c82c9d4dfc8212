"""Adds up the days of slots anew, to compare what the roll-ups keep."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Engine, select

from analytics.historian.availability.tables import (
    SPENT,
    bay_weeks,
    product_spans,
    product_weeks,
    slot_days,
    slot_hours,
    store_days,
)
from shelfstream.sql import reading

ROLL_UPS = (slot_hours, slot_days, store_days, product_weeks, bay_weeks, product_spans)


def check_sums_of_days(engine: Engine) -> None:
    """By store and day and by product and week, against adding up the days of slots."""
    with reading(engine) as connection:
        rows = connection.execute(select(slot_days)).all()
        by_store = connection.execute(select(store_days)).all()
        by_week = connection.execute(select(product_weeks)).all()
        by_bay = connection.execute(select(bay_weeks)).all()
        by_span = connection.execute(select(product_spans)).all()
    expected_days: dict[tuple[Any, ...], list[int]] = {}
    expected_weeks: dict[tuple[Any, ...], list[int]] = {}
    expected_bays: dict[tuple[Any, ...], list[int]] = {}
    expected_spans: dict[tuple[Any, ...], list[int]] = {}
    for row in rows:
        monday = row.day - timedelta(days=row.day.weekday())
        figures = [1, int(row.out_us > 0), *(getattr(row, name) for name in SPENT)]
        for sums, key in (
            (expected_days, (row.store, row.day)),
            (expected_weeks, (row.store, monday, row.gtin)),
            (expected_bays, (row.store, monday, row.bay)),
            (expected_spans, ("month", row.day.replace(day=1), row.store, row.gtin)),
            (expected_spans, ("quarter", date(2026, (1, 4, 7, 10)[(row.day.month - 1) // 3], 1), row.store, row.gtin)),
            (expected_spans, ("year", date(2026, 1, 1), row.store, row.gtin)),
        ):
            sums[key] = [a + b for a, b in zip(sums.get(key, [0] * len(figures)), figures, strict=True)]
    assert {tuple(row[:2]): list(row[2:]) for row in by_store} == expected_days
    assert {tuple(row[:3]): list(row[3:]) for row in by_week} == expected_weeks
    assert {tuple(row[:3]): list(row[3:]) for row in by_bay} == expected_bays
    assert {tuple(row[:4]): list(row[4:]) for row in by_span} == expected_spans
