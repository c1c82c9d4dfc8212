"""What the queries of all questions are made of: sums of times, shares of them, weeks, filters by facts."""

from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Float,
    FromClause,
    Select,
    cast,
    func,
    literal_column,
    select,
    type_coerce,
)

from analytics.historian.availability.tables import SUMMED, product_facts, store_facts
from analytics.history.questions.question import AnswerColumn, Asked, Unit

_MINUTE_US = 60_000_000.0

AVAILABILITY = AnswerColumn(
    "availability", Unit.SHARE, "Share of the time known in which the product was there to be bought (STOCKED or LOW)."
)
COVERAGE = AnswerColumn("coverage", Unit.SHARE, "Share of the planned time in which the state was known.")
MINUTES_OUT = AnswerColumn("minutes_out", Unit.MINUTES, "Minutes out within opening hours, from seen to seen.")
MINUTES_OUT_LEAST = AnswerColumn(
    "minutes_out_least", Unit.MINUTES, "The shortest it can have been: the sum of the shortest of each stretch."
)
MINUTES_OUT_MOST = AnswerColumn("minutes_out_most", Unit.MINUTES, "The longest it can have been, likewise.")
SLOT_DAYS = AnswerColumn("slot_days", Unit.COUNT, "Days of slots: how many slots were planned on how many days.")
SLOT_DAYS_OUT = AnswerColumn("slot_days_out", Unit.COUNT, "Those of them in which the product was out for a while.")
TIMES = (AVAILABILITY, COVERAGE, MINUTES_OUT, MINUTES_OUT_LEAST, MINUTES_OUT_MOST, SLOT_DAYS, SLOT_DAYS_OUT)
"""Columns that ``times_of`` gives."""


def by_name(*columns: AnswerColumn) -> dict[str, AnswerColumn]:
    """Columns as a ``Question`` has them."""
    return {column.name: column for column in columns}


def added(table: FromClause, name: str) -> ColumnElement[int]:
    """The sum of a column of whole numbers, as a whole number on every database."""
    return cast(func.sum(table.c[name]), BigInteger)


def sums_of(table: FromClause) -> list[ColumnElement[int]]:
    """All of ``SUMMED`` of a table, added up."""
    return [added(table, name).label(name) for name in SUMMED]


def times_of(sums: FromClause) -> list[ColumnElement[Any]]:
    """The columns of ``TIMES``, from a subquery with ``SUMMED``."""
    known = sums.c.planned_us - sums.c.unknown_us
    there = known - sums.c.out_us - sums.c.misplaced_us
    return [
        share_of(there, known).label(AVAILABILITY.name),
        share_of(known, sums.c.planned_us).label(COVERAGE.name),
        minutes_of(sums.c.out_us).label(MINUTES_OUT.name),
        minutes_of(sums.c.out_least_us).label(MINUTES_OUT_LEAST.name),
        minutes_of(sums.c.out_most_us).label(MINUTES_OUT_MOST.name),
        sums.c.slot_days,
        sums.c.slot_days_out,
    ]


def share_of(part: ColumnElement[Any], whole: ColumnElement[Any]) -> ColumnElement[Any]:
    """A part of a whole, null of nothing."""
    return cast(part, Float) / cast(func.nullif(whole, 0), Float)


def minutes_of(us: ColumnElement[Any]) -> ColumnElement[Any]:
    """Microseconds as minutes."""
    return cast(us, Float) / _MINUTE_US


def week_of_day(day: ColumnElement[date], dialect: str) -> ColumnElement[date]:
    """The Monday of a day's week."""
    if dialect == "postgresql":
        return cast(func.date_trunc(literal_column("'week'"), day), Date)
    return type_coerce(func.date(day, literal_column("'-6 days'"), literal_column("'weekday 1'")), Date)


def of_stores(query: Select[Any], store: ColumnElement[str], asked: Asked) -> Select[Any]:
    """Only the stores and regions that were asked about."""
    if asked.stores:
        query = query.where(store.in_(asked.stores))
    if asked.regions:
        named = select(store_facts.c.store).where(store_facts.c.region.in_(asked.regions))
        query = query.where(store.in_(named))
    return query


def of_products(query: Select[Any], gtin: ColumnElement[str], asked: Asked) -> Select[Any]:
    """Only the products and categories that were asked about; the query has ``product_facts`` in it, where known."""
    if asked.gtins:
        query = query.where(gtin.in_(asked.gtins))
    if asked.categories:
        query = query.where(product_facts.c.category.in_(asked.categories))
    return query
