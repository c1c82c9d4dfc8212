"""What a question is: what it asks for, what may be asked of it, and the columns of its answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from sqlalchemy import Select

from shelfstream.errors import Fault, Faults

_YEARS = range(2000, 2200)
MOST_ROWS = 1000
"""Of one page."""


class Unit(StrEnum):
    """What the values of a column are, and how they are shown."""

    TEXT = "text"
    DAY = "day"
    MOMENT = "moment"
    COUNT = "count"
    MINUTES = "minutes"
    SHARE = "share"
    MONEY = "money"


_SHOWN: Mapping[Unit, str] = MappingProxyType(
    {
        Unit.TEXT: "{}",
        Unit.DAY: "{:%Y-%m-%d}",
        Unit.MOMENT: "{:%Y-%m-%d %H:%M} UTC",
        Unit.COUNT: "{:,}",
        Unit.MINUTES: "{:,.0f}",
        Unit.SHARE: "{:.1%}",
        Unit.MONEY: "{:,.2f}",
    }
)


@dataclass(frozen=True, slots=True)
class AnswerColumn:
    """One column of an answer; ``says`` is its definition. Any value but those that rows are ordered by may be
    ``None``: not known.
    """

    name: str
    unit: Unit
    says: str

    def shown(self, value: object) -> str:
        """A value as people read it, in commands and on pages; times in UTC."""
        return "not known" if value is None else _SHOWN[self.unit].format(value)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to know: of the days ``first`` to ``last``, both included, and of these things alone.

    Nothing named means all. ``by`` is one of the question's groupings, ``on`` the day of a change.
    """

    first: date
    last: date
    stores: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    gtins: tuple[str, ...] = ()
    by: str | None = None
    on: date | None = None

    def __post_init__(self) -> None:
        """Raises ``Faults`` for what no store has: days of another age, names that no database takes."""
        days = {"from": self.first, "to": self.last, "on": self.on}
        faults = [
            Fault(name, f"must lie between the years {_YEARS[0]} and {_YEARS[-1]}")
            for name, day in days.items()
            if day is not None and day.year not in _YEARS
        ]
        faults += [
            Fault(name, "has a character that no name has")
            for name in ("stores", "regions", "categories", "gtins")
            if any("\0" in each for each in getattr(self, name))
        ]
        if self.last < self.first:
            faults.append(Fault("to", "must not be before from"))
        if faults:
            raise Faults("question", faults)


@dataclass(frozen=True)
class Ordered:
    """A query whose columns are named as the answer's, and by what its rows are ordered: no two rows alike in that.

    ``order`` names columns of the query; those with a minus sign before them come largest first. None of them is null.
    """

    query: Select[Any]
    order: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """A named question. ``select`` gives its query for what was asked and for ``postgresql`` or ``sqlite``.

    ``takes`` are the fields of ``Asked`` that it heeds beside the days; ``by`` its groupings, the default first.
    """

    name: str
    says: str
    columns: Mapping[str, AnswerColumn]
    select: Callable[[Asked, str], Ordered]
    takes: frozenset[str] = frozenset()
    by: tuple[str, ...] = ()

    def settled(self, asked: Asked) -> Asked:
        """What is asked, with the grouping that is meant.

        Raises ``Faults`` for what this question cannot heed: it is not left out in silence.
        """
        given = {name for name in ("stores", "regions", "categories", "gtins", "on") if getattr(asked, name)}
        beyond = sorted(given - self.takes)
        if beyond:
            heeded = ", ".join(sorted(self.takes)) or "none"
            raise Faults(
                "question", [Fault(each, f"{self.name} does not heed it; it heeds {heeded}") for each in beyond]
            )
        return replace(asked, by=self._grouping(asked))

    def _grouping(self, asked: Asked) -> str | None:
        if asked.by is None:
            return self.by[0] if self.by else None
        if asked.by not in self.by:
            known = f"{self.name} is grouped by {', '.join(self.by)}" if self.by else f"{self.name} has no groupings"
            raise Faults("question", [Fault("by", f"{asked.by!r} is not known: {known}")])
        return asked.by


@dataclass(frozen=True)
class HistoryPage:
    """Rows of a question's columns, in order; ``after`` leads to what comes next, if anything does."""

    columns: Sequence[AnswerColumn]
    rows: Sequence[tuple[object, ...]]
    after: str | None = None
