"""How often alerts were right, as far as staff said, and how soon they were acted on. Public: commands and pages ask.

Nothing here is about a person: places and times alone.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from statistics import median
from zoneinfo import ZoneInfo

from scipy.stats import binomtest
from sqlalchemy import Connection, Engine, Label, func, select

from alerts.contract import AlertStatus
from alerts.tables import alert_steps, alerts
from analytics.contract import SlotState
from shelfstream.answers import AnswerKind
from shelfstream.catalogue.hours import shift_at
from shelfstream.catalogue.model import AlertBudget, Store
from shelfstream.catalogue.versions_sql import catalogue_at
from shelfstream.sql import reading

_LEVEL = 0.95
_RIGHT = frozenset({AnswerKind.REFILLED.value, AnswerKind.NO_STOCK_IN_BACK.value})
_WRONG = frozenset({AnswerKind.NOT_EMPTY.value})
_PLAN = frozenset(
    {AnswerKind.PLAN_IS_WRONG.value, AnswerKind.DISCONTINUED.value, AnswerKind.WRONG_PRODUCT.value},
)
_SEEN_FILLED = frozenset({SlotState.STOCKED.value, SlotState.LOW.value, AnswerKind.REFILLED.value})


class AlertGrain(StrEnum):
    """What alerts are taken together by."""

    STORE = "store"
    BAY = "bay"
    SLOT = "slot"
    SHIFT = "shift"


@dataclass(frozen=True, slots=True)
class AlertFigures:
    """Of alerts raised in a time: how many, and what staff said of them.

    ``right``: refilled, or would have been; ``wrong``: not empty; ``about_plan``: the plan, or what stands there, is at
    fault. ``precision`` is ``right`` of ``right`` and ``wrong``, within ``precision_between`` with 95 % (Wilson 1927);
    ``None`` where nobody said either. Minutes are medians, from the raising.
    """

    name: str
    raised: int
    right: int
    wrong: int
    about_plan: int
    precision: float | None
    precision_between: tuple[float, float] | None
    minutes_to_acknowledge: float | None
    minutes_to_refill: float | None


@dataclass(frozen=True, slots=True)
class _Told:
    name: str
    answer: str | None
    acknowledged_min: float | None
    refilled_min: float | None


def alert_figures(
    engine: Engine, store: str, start: datetime, stop: datetime, by: AlertGrain = AlertGrain.STORE
) -> list[AlertFigures]:
    """The figures of what was raised in ``start <= t < stop``, those with the most wrong ones first.

    Raises ``Unavailable``.
    """
    name = alerts.c.store if by is AlertGrain.SHIFT else alerts.c[by.value]
    query = select(
        name.label("name"),
        alerts.c.answer,
        alerts.c.raised_at,
        _first_taken(),
        alerts.c.cleared_at,
        alerts.c.cleared_why,
    ).where(alerts.c.store == store, alerts.c.raised_at >= start, alerts.c.raised_at < stop)
    with reading(engine) as connection:
        named_by = _shift_names(connection, store, stop) if by is AlertGrain.SHIFT else None
        found = [
            _Told(
                row.name if named_by is None else named_by(row.raised_at),
                row.answer,
                _minutes(row.raised_at, row.acknowledged_at),
                _minutes(row.raised_at, row.cleared_at) if row.cleared_why in _SEEN_FILLED else None,
            )
            for row in connection.execute(query)
        ]
    named: dict[str, list[_Told]] = {}
    for each in found:
        named.setdefault(each.name, []).append(each)
    figures = [_figures(each, told) for each, told in named.items()]
    return sorted(figures, key=lambda each: (-each.wrong, -each.raised, each.name))


def _shift_names(connection: Connection, store: str, at: datetime) -> Callable[[datetime], str]:
    """Names the shift of a time by the store's clock, as the catalogue had it then: ``06:00 to 14:00``."""
    found = catalogue_at(connection, at, [store]).stores.get(store)
    place = found or Store(id=store, name=store, time_zone="UTC", hours={})
    budget, zone = place.budget or AlertBudget(wrong_most=0), ZoneInfo(place.time_zone)

    def name(raised_at: datetime) -> str:
        shift = shift_at(place, budget, raised_at)
        return f"{shift.starts_at.astimezone(zone):%H:%M} to {shift.ends_at.astimezone(zone):%H:%M}"

    return name


def _first_taken() -> Label[datetime | None]:
    """When somebody took an alert first; it may have been taken again."""
    steps = alert_steps.c
    first = select(func.min(steps.at)).where(
        steps.alert_id == alerts.c.alert_id, steps.status == AlertStatus.ACKNOWLEDGED.value
    )
    return first.scalar_subquery().label("acknowledged_at")


def _figures(name: str, told: Sequence[_Told]) -> AlertFigures:
    right, wrong, about_plan = (sum(each.answer in kinds for each in told) for kinds in (_RIGHT, _WRONG, _PLAN))
    said = right + wrong
    between = binomtest(right, said).proportion_ci(_LEVEL, method="wilson") if said else None
    return AlertFigures(
        name=name,
        raised=len(told),
        right=right,
        wrong=wrong,
        about_plan=about_plan,
        precision=right / said if said else None,
        precision_between=None if between is None else (float(between.low), float(between.high)),
        minutes_to_acknowledge=_median(each.acknowledged_min for each in told),
        minutes_to_refill=_median(each.refilled_min for each in told),
    )


def _minutes(start: datetime, stop: datetime | None) -> float | None:
    return None if stop is None else (stop - start).total_seconds() / 60


def _median(found: Iterable[float | None]) -> float | None:
    known = [each for each in found if each is not None]
    return median(known) if known else None
