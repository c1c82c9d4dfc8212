"""Asks a question: a page of its answer, or all of it row by row."""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, FromClause, Select, and_, false, literal, or_, select

from analytics.history.questions.question import MOST_ROWS, AnswerColumn, Asked, HistoryPage, Ordered, Question
from shelfstream.errors import Fault, Faults
from shelfstream.sql import reading

_ROWS_AT_ONCE = 5000
_MOST_WHOLE = 1 << 63


def ask(
    engine: Engine, question: Question, asked: Asked, *, at_most: int = 100, after: str | None = None
) -> HistoryPage:
    """A page of an answer. Pages hold together by what rows are ordered by, not by their number, so that none is told
    twice or left out when others come or go meanwhile.

    Raises ``Faults`` for what cannot be asked, ``Unavailable``.
    """
    if not 1 <= at_most <= MOST_ROWS:
        raise Faults("question", [Fault("rows", f"must be 1 to {MOST_ROWS}")])
    ordered = question.select(question.settled(asked), engine.dialect.name)
    query, columns = _in_order(ordered, after)
    with reading(engine) as connection:
        found = connection.execute(query.limit(at_most + 1)).all()
    shown = [_told(question, columns, row) for row in found[:at_most]]
    last = found[at_most - 1] if len(found) > at_most else None
    following = None if last is None else _cursor(ordered, dict(zip(columns, last, strict=True)))
    return HistoryPage(_columns_of(question, columns), shown, following)


def columns_of(engine: Engine, question: Question, asked: Asked) -> list[AnswerColumn]:
    """The columns that ``rows_of`` gives for what is asked. Raises ``Faults``."""
    ordered = question.select(question.settled(asked), engine.dialect.name)
    return _columns_of(question, _in_order(ordered, None)[1])


def rows_of(engine: Engine, question: Question, asked: Asked) -> Iterator[tuple[object, ...]]:
    """All rows of an answer, some at a time: memory does not grow with them. Raises ``Faults``, ``Unavailable``."""
    query, columns = _in_order(question.select(question.settled(asked), engine.dialect.name), None)
    with reading(engine) as connection:
        found = connection.execution_options(stream_results=True, yield_per=_ROWS_AT_ONCE).execute(query)
        for row in found:
            yield _told(question, columns, row)


def _in_order(ordered: Ordered, after: str | None) -> tuple[Select[Any], list[str]]:
    inner = ordered.query.subquery()
    query = select(inner)
    if after is not None:
        query = query.where(_beyond(inner, ordered.order, _values(after, len(ordered.order))))
    directions = [inner.c[name[1:]].desc() if name.startswith("-") else inner.c[name].asc() for name in ordered.order]
    return query.order_by(*directions), [column.name for column in inner.c]


def _beyond(rows: FromClause, order: Sequence[str], values: Sequence[object]) -> ColumnElement[bool]:
    """Rows that come after one: by the first column in which they differ."""
    found: ColumnElement[bool] = false()
    alike: list[ColumnElement[bool]] = []
    for name, value in zip(order, values, strict=True):
        column = rows.c[name.removeprefix("-")]
        known = literal(_typed(column, value), column.type)
        further = column < known if name.startswith("-") else column > known
        found = or_(found, and_(*alike, further))
        alike.append(column == known)
    return found


def _columns_of(question: Question, names: Sequence[str]) -> list[AnswerColumn]:
    return [question.columns[name] for name in names if name in question.columns]


def _told(question: Question, names: Sequence[str], row: Sequence[object]) -> tuple[object, ...]:
    return tuple(value for name, value in zip(names, row, strict=True) if name in question.columns)


def _cursor(ordered: Ordered, row: dict[str, object]) -> str:
    values = [row[name.removeprefix("-")] for name in ordered.order]
    plain = [value.isoformat() if isinstance(value, date | datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode()


def _values(after: str, count: int) -> list[object]:
    try:
        found = json.loads(base64.urlsafe_b64decode(after.encode()))
    except (ValueError, binascii.Error) as exc:
        raise Faults("question", [Fault("after", "is no place in this answer")]) from exc
    if not isinstance(found, list) or len(found) != count or not all(isinstance(each, str | int) for each in found):
        raise Faults("question", [Fault("after", "is no place in this answer")])
    return found


def _typed(column: ColumnElement[Any], value: object) -> object:
    """A value of a cursor as its column has it. Raises ``Faults``."""
    wanted = column.type.python_type
    try:
        if wanted in (date, datetime):
            return wanted.fromisoformat(str(value))
    except ValueError as exc:
        raise Faults("question", [Fault("after", "is no place in this answer")]) from exc
    beyond = abs(value) >= _MOST_WHOLE if isinstance(value, int) else "\0" in str(value)
    if beyond or not isinstance(value, wanted):
        raise Faults("question", [Fault("after", "is no place in this answer")])
    return value
