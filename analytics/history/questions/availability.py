"""Questions about whole stores: on-shelf availability by week or day, and where nothing was seen."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, String, Table, func, literal_column, select

from analytics.historian.availability.sums import week_of
from analytics.historian.availability.tables import bay_weeks, slot_days, store_days, store_facts
from analytics.history.questions.question import AnswerColumn, Asked, Ordered, Question, Unit
from analytics.history.questions.sums import (
    COVERAGE,
    SLOT_DAYS,
    TIMES,
    added,
    by_name,
    minutes_of,
    of_stores,
    share_of,
    sums_of,
    times_of,
    week_of_day,
)
from shelfstream.errors import Fault, Faults

_NAME = AnswerColumn("name", Unit.TEXT, "The store, its region, or chain for all of them.")
_WEEK = AnswerColumn("week", Unit.DAY, "The Monday of the week. Only days asked about count.")
_DAY = AnswerColumn("day", Unit.DAY, "The day, of the store's calendar.")
_BY = ("store", "region", "chain")
_STORES = frozenset({"stores", "regions"})


def _osa_weeks(asked: Asked, dialect: str) -> Ordered:
    return _osa(asked, week_of_day(store_days.c.day, dialect).label("week"))


def _osa_days(asked: Asked, _dialect: str) -> Ordered:
    return _osa(asked, store_days.c.day.label("day"))


def _osa(asked: Asked, when: ColumnElement[date]) -> Ordered:
    """No database groups by what is the same in every row, so that the whole chain is named behind it all."""
    names = {"store": [store_days.c.store], "region": [store_facts.c.region], "chain": []}[asked.by or "store"]
    query = select(*(each.label("name") for each in names), when, *sums_of(store_days)).group_by(*names, when)
    if asked.by == "region":
        query = query.join_from(store_days, store_facts, store_facts.c.store == store_days.c.store)
    sums = _on_days(of_stores(query, store_days.c.store, asked), store_days.c.day, asked).subquery()
    name = sums.c.name if names else literal_column("'chain'", String).label("name")
    return Ordered(select(name, sums.c[when.name], *times_of(sums)), ("name", when.name))


def _on_days(query: Select[Any], day: ColumnElement[date], asked: Asked) -> Select[Any]:
    return query.where(day >= asked.first, day <= asked.last)


def _coverage(asked: Asked, _dialect: str) -> Ordered:
    """Slots of one store or a few by their days, bays of all by their weeks."""
    if asked.by == "slot":
        if not asked.stores:
            raise Faults("question", [Fault("stores", "name the stores whose slots are asked about")])
        names = ["store", "bay", "slot"]
        own = of_stores(_unseen(slot_days, names, func.count()), slot_days.c.store, asked)
        sums = _on_days(own, slot_days.c.day, asked).subquery()
    else:
        names = ["store", "bay"]
        own = of_stores(_unseen(bay_weeks, names, added(bay_weeks, "slot_days")), bay_weeks.c.store, asked)
        sums = own.where(bay_weeks.c.week >= week_of(asked.first), bay_weeks.c.week <= asked.last).subquery()
    unseen = sums.c.unknown_us.label("unknown_us")
    known = sums.c.planned_us - sums.c.unknown_us
    shown = [
        minutes_of(sums.c.unknown_us).label("minutes_unseen"),
        share_of(known, sums.c.planned_us).label("coverage"),
    ]
    query = select(*(sums.c[name] for name in names), unseen, *shown, sums.c.slot_days).where(sums.c.unknown_us > 0)
    return Ordered(query, ("-unknown_us", *names))


def _unseen(table: Table, names: Sequence[str], days: ColumnElement[int]) -> Select[Any]:
    keys = [table.c[name] for name in names]
    figures = [added(table, name).label(name) for name in ("planned_us", "unknown_us")]
    return select(*keys, *figures, days.label("slot_days")).group_by(*keys)


OSA_WEEKS = Question(
    "osa-weeks", "On-shelf availability by week, with how much of it was seen.",
    by_name(_NAME, _WEEK, *TIMES), _osa_weeks, _STORES, _BY,
)  # fmt: skip
OSA_DAYS = Question(
    "osa-days", "On-shelf availability by day, with how much of it was seen.",
    by_name(_NAME, _DAY, *TIMES), _osa_days, _STORES, _BY,
)  # fmt: skip
COVERAGE_HOLES = Question(
    "coverage", "Where shelves were planned and nobody could say what stood there, the longest first.",
    by_name(
        AnswerColumn("store", Unit.TEXT, "The store."),
        AnswerColumn("bay", Unit.TEXT, "The bay: its cameras see too little of it."),
        AnswerColumn("slot", Unit.TEXT, "The slot."),
        AnswerColumn("minutes_unseen", Unit.MINUTES, "Planned minutes in which the state was UNKNOWN."),
        COVERAGE, SLOT_DAYS,
    ),
    _coverage, _STORES, ("bay", "slot"),
)  # fmt: skip
