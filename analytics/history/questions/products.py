"""Questions about products over stores and weeks: what is out again and again, what that costs, what a change did."""

from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    FromClause,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal_column,
    select,
)

from analytics.historian.availability.sums import SPANS, span_of, week_of
from analytics.historian.availability.tables import product_facts, product_spans, product_weeks, store_facts
from analytics.history.questions.question import AnswerColumn, Asked, Ordered, Question, Unit
from analytics.history.questions.sums import (
    AVAILABILITY,
    TIMES,
    by_name,
    of_products,
    of_stores,
    share_of,
    sums_of,
    times_of,
)
from shelfstream.errors import Fault, Faults

_weeks, _spans, _facts = product_weeks.c, product_spans.c, product_facts.c
_CENTS = 100.0
_NO_TEXT = literal_column("''", String)
_NAMED, _CATEGORISED = func.coalesce(_facts.name, _NO_TEXT), func.coalesce(_facts.category, _NO_TEXT)
_ALL = frozenset({"stores", "regions", "categories", "gtins"})
_LOST = "Price × sales a day × days out, shared among the product's slots, by the catalogue now; null without a price."
LOST = (
    AnswerColumn("lost", Unit.MONEY, f"Sales lost, from seen to seen. {_LOST}"),
    AnswerColumn("lost_least", Unit.MONEY, "The same for the shortest that it can have been out."),
    AnswerColumn("lost_most", Unit.MONEY, "The same for the longest."),
)
_STORE = AnswerColumn("store", Unit.TEXT, "The store.")
_GTIN = AnswerColumn("gtin", Unit.TEXT, "The product's GTIN of 14 digits.")
_PRODUCT = AnswerColumn("product", Unit.TEXT, "The product's name, by the catalogue now.")
_CATEGORY = AnswerColumn("category", Unit.TEXT, "Its category, by the catalogue now.")


def _lost_cents(us: str) -> ColumnElement[int]:
    """The sum of what was lost, in hundredths. A day of a slot is as long as those of that week were on average."""
    slots = case((_facts.slots > 0, _facts.slots), else_=1)
    days_out = cast(_weeks[us], Float) * _weeks.slot_days / func.nullif(_weeks.planned_us, 0)
    cents = cast(_facts.price, Float) * _facts.sales_per_day * days_out / slots * _CENTS
    return cast(func.round(func.sum(cents)), BigInteger)


def _with_facts(asked: Asked, *columns: ColumnElement[Any]) -> Select[Any]:
    """Product-weeks of the days asked about, each week as a whole, beside what is known of their products, if anything:
    what was sold before there were facts is told all the same.
    """
    same = and_(_facts.store == _weeks.store, _facts.gtin == _weeks.gtin)
    query = select(*columns).join_from(product_weeks, product_facts, same, isouter=True)
    query = query.where(_weeks.week >= week_of(asked.first), _weeks.week <= asked.last)
    return of_products(of_stores(query, _weeks.store, asked), _weeks.gtin, asked)


def _money_of(sums: FromClause) -> list[ColumnElement[Any]]:
    return [(cast(sums.c[f"{name}_cents"], Float) / _CENTS).label(name) for name in _MONEY]


_MONEY = {"lost": "out_us", "lost_least": "out_least_us", "lost_most": "out_most_us"}


def _figures() -> list[ColumnElement[Any]]:
    return [*sums_of(product_weeks), *(_lost_cents(us).label(f"{name}_cents") for name, us in _MONEY.items())]


def _chronic(asked: Asked, _dialect: str) -> Ordered:
    """In the order of an index where one month, quarter or year is asked about: the first page reads its own rows."""
    span = asked.by or SPANS[0]
    same = and_(_facts.store == _spans.store, _facts.gtin == _spans.gtin)
    columns = [
        _spans.starts_on, _spans.store, _spans.gtin, _NAMED.label("product"), _CATEGORISED.label("category"),
        *times_of(product_spans), *(_money(us).label(name) for name, us in _MONEY.items()), _spans.out_us,
    ]  # fmt: skip
    begins, ends = span_of(asked.first, span), span_of(asked.last, span)
    when = _spans.starts_on == begins if begins == ends else _spans.starts_on.between(begins, ends)
    query = select(*columns).join_from(product_spans, product_facts, same, isouter=True)
    query = query.where(_spans.span == span, when, _spans.out_us > 0)
    order = ("-starts_on", "-slot_days_out", "-out_us", "-store", "-gtin")
    return Ordered(of_products(of_stores(query, _spans.store, asked), _spans.gtin, asked), order)


def _money(us: str) -> ColumnElement[Any]:
    """What was lost in one span; of money, hundredths are whole."""
    slots = case((_facts.slots > 0, _facts.slots), else_=1)
    days_out = cast(_spans[us], Float) * _spans.slot_days / func.nullif(_spans.planned_us, 0)
    cents = func.round(cast(_facts.price, Float) * _facts.sales_per_day * days_out / slots * _CENTS)
    return cast(cents, Float) / _CENTS


def _lost(asked: Asked, _dialect: str) -> Ordered:
    names = {"product": _weeks.gtin, "store": _weeks.store, "region": store_facts.c.region}
    name = names.get(asked.by or "", _CATEGORISED).label("name")
    query = _with_facts(asked, name, *_figures()).group_by(name)
    if asked.by == "region":
        query = query.join(store_facts, store_facts.c.store == _weeks.store)
    sums = query.subquery()
    cents = func.coalesce(sums.c.lost_cents, 0).label("cents")
    return Ordered(select(sums.c.name, *_money_of(sums), *times_of(sums), cents), ("-cents", "name"))


def _effect(asked: Asked, _dialect: str) -> Ordered:
    """Whole weeks before the change, and from the first Monday on or after it; stores that have both."""
    if asked.on is None or not asked.first < asked.on <= asked.last:
        raise Faults("question", [Fault("on", "name the day of the change, after from and not after to")])
    if not (asked.gtins or asked.categories or asked.stores):
        raise Faults("question", [Fault("gtins", "name the products, categories or stores that the change was about")])
    begins = week_of(asked.on + timedelta(days=6))
    before, after = _weeks.week < week_of(asked.on), _weeks.week >= begins
    parts = {"before": before, "after": after}
    columns = [
        cast(func.sum(case((part, _weeks[us]), else_=0)), BigInteger).label(f"{us}_{when}")
        for when, part in parts.items()
        for us in ("planned_us", "unknown_us", "out_us", "misplaced_us")
    ]
    keys = [_weeks.store, _weeks.gtin, _NAMED.label("name")]
    sums = _with_facts(asked, *keys, *columns).group_by(*keys).subquery()
    shares = {when: _known_share(sums, when) for when in parts}
    shown = [shares["before"].label("availability_before"), shares["after"].label("availability_after")]
    change = (shares["after"] - shares["before"]).label("change")
    seen = [sums.c[f"planned_us_{when}"] > sums.c[f"unknown_us_{when}"] for when in parts]
    query = select(sums.c.store, sums.c.gtin, sums.c.name.label("product"), *shown, change).where(*seen)
    return Ordered(query, ("gtin", "store"))


def _known_share(sums: FromClause, when: str) -> ColumnElement[Any]:
    known = sums.c[f"planned_us_{when}"] - sums.c[f"unknown_us_{when}"]
    return share_of(known - sums.c[f"out_us_{when}"] - sums.c[f"misplaced_us_{when}"], known)


CHRONIC = Question(
    "chronic", "What is out again and again: products of stores by calendar month, those with most days out first.",
    by_name(
        AnswerColumn("starts_on", Unit.DAY, "The first day of the month, quarter or year; it counts as a whole."),
        _STORE, _GTIN, _PRODUCT, _CATEGORY, *TIMES, *LOST,
    ),
    _chronic, _ALL, SPANS,
)  # fmt: skip
LOST_SALES = Question(
    "lost-sales", "What gaps cost, the most first. Stores with other currencies are added up as they are.",
    by_name(AnswerColumn("name", Unit.TEXT, "The category, GTIN, store or region."), *LOST, *TIMES),
    _lost, _ALL, ("category", "product", "store", "region"),
)  # fmt: skip
EFFECT = Question(
    "effect", "Availability of products before and after a day, in the same stores: a promotion, another plan.",
    by_name(
        _STORE, _GTIN, _PRODUCT,
        AnswerColumn("availability_before", Unit.SHARE, f"In whole weeks before the day. {AVAILABILITY.says}"),
        AnswerColumn("availability_after", Unit.SHARE, "In weeks from the first Monday on or after it."),
        AnswerColumn("change", Unit.SHARE, "The one less the other."),
    ),
    _effect, _ALL | {"on"},
)  # fmt: skip
