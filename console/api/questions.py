"""``/api/v1/history``: the named questions over HTTP, page by page, or whole answers as files."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from enum import StrEnum
from itertools import chain
from tempfile import TemporaryFile
from typing import IO, Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field

from analytics.history.questions.exporting import csv_of, json_of, write_arrow, write_parquet
from analytics.history.questions.named import QUESTIONS
from analytics.history.questions.question import MOST_ROWS, AnswerColumn, Asked, HistoryPage, Unit
from console.access.gate import visitor_of
from console.console_data import ConsoleData
from shelfstream.errors import Faults
from shelfstream.identifiers import check_gtin

_CHUNK_BYTES = 1 << 18


class AnswerFormat(StrEnum):
    """JSON comes page by page, all others whole."""

    JSON = "json"
    CSV = "csv"
    LINES = "array"
    PARQUET = "parquet"
    ARROW = "arrow"


_MEDIA_TYPES = {
    AnswerFormat.CSV: "text/csv; charset=utf-8",
    AnswerFormat.LINES: "application/json",
    AnswerFormat.PARQUET: "application/vnd.apache.parquet",
    AnswerFormat.ARROW: "application/vnd.apache.arrow.stream",
}


class ColumnModel(BaseModel):
    """A column of an answer and its definition."""

    name: str
    unit: Unit
    says: str


class QuestionModel(BaseModel):
    """A question that may be asked."""

    name: str
    says: str
    columns: list[ColumnModel]
    takes: list[str] = Field(description="what it heeds beside the days; anything else is refused")
    by: list[str] = Field(description="what it may be grouped by, the default first")


class PageModel(BaseModel):
    """A page of an answer: rows as lists, in the order of the columns."""

    columns: list[ColumnModel]
    rows: list[list[str | int | float | None]]
    after: str | None = Field(description="ask again with it for what comes next; nothing does where it is null")


First = Annotated[date, Query(alias="from", description="the first day, of the stores' calendars")]
Last = Annotated[date, Query(alias="to", description="the last day, itself included")]
Several = Annotated[list[str], Query(description="only these; may be repeated")]
Grouping = Annotated[str | None, Query(description="what is taken together, where the question has a choice")]
Change = Annotated[date | None, Query(description="the day of the change that is asked about")]
PageRows = Annotated[int, Query(ge=1, le=MOST_ROWS)]
After = Annotated[str | None, Query(description="the page behind the one that told this")]


def add_questions(router: APIRouter, console_data: ConsoleData) -> None:
    """Add the list of questions and the answer of each."""

    @router.get("/v1/history", tags=["history"], summary="The questions, their columns and what they heed")
    def questions() -> list[QuestionModel]:
        return [
            QuestionModel(
                name=each.name,
                says=each.says,
                columns=_columns(list(each.columns.values())),
                takes=sorted(each.takes),
                by=list(each.by),
            )
            for each in QUESTIONS.values()
        ]

    @router.get("/v1/history/{question}", tags=["history"], summary="Ask a question", response_model=PageModel)
    def answer(  # noqa: PLR0917 - each is a part of the address
        request: Request,
        question: str,
        first: First,
        last: Last,
        store: Several = [],  # noqa: B006 - never changed
        region: Several = [],  # noqa: B006
        category: Several = [],  # noqa: B006
        gtin: Several = [],  # noqa: B006
        by: Grouping = None,
        on: Change = None,
        rows: PageRows = 100,
        after: After = None,
        format: AnswerFormat = AnswerFormat.JSON,  # noqa: A002 - the name that callers know
    ) -> Response:
        past = console_data.seen_by(visitor_of(request)).past
        try:
            named = tuple(check_gtin(each) for each in gtin)
            asked = Asked(first, last, tuple(store), tuple(region), tuple(category), named, by, on)
            if format is AnswerFormat.JSON:
                return _page(request, past.answer(question, asked, rows, after))
            columns, found = past.whole_answer(question, asked)
        except (Faults, ValueError) as exc:
            faults = exc.faults if isinstance(exc, Faults) else [exc]
            return JSONResponse({"error": "; ".join(str(fault) for fault in faults)}, 422)
        return _file(format, columns, found, question)


def _columns(columns: Sequence[AnswerColumn]) -> list[ColumnModel]:
    return [ColumnModel(name=each.name, unit=each.unit, says=each.says) for each in columns]


def _page(request: Request, found: HistoryPage) -> Response:
    """The page, or nothing but its mark where the caller has it already."""
    rows = [list(row.values()) for row in json.loads("".join(json_of(found.columns, found.rows)))]
    page = PageModel(columns=_columns(found.columns), rows=rows, after=found.after).model_dump_json()
    mark = f'"{hashlib.sha256(page.encode()).hexdigest()[:32]}"'
    headers = {"ETag": mark, "Cache-Control": "private, no-cache"}
    if mark in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    return Response(page, media_type="application/json", headers=headers)


def _file(
    wanted: AnswerFormat, columns: Sequence[AnswerColumn], rows: Iterable[tuple[object, ...]], question: str
) -> StreamingResponse:
    ending = "json" if wanted is AnswerFormat.LINES else wanted.value
    headers = {"Content-Disposition": f'attachment; filename="{question}.{ending}"', "Cache-Control": "no-store"}
    body: Iterator[str] | Iterator[bytes]
    if wanted in (AnswerFormat.PARQUET, AnswerFormat.ARROW):
        file = TemporaryFile()  # noqa: SIM115 - closed when it has been sent
        (write_parquet if wanted is AnswerFormat.PARQUET else write_arrow)(columns, iter(rows), file)
        body = _sent(file)
    else:
        lines = csv_of(columns, rows) if wanted is AnswerFormat.CSV else json_of(columns, rows)
        # The first lines are asked for before anything is answered: a database that is away is told by the status.
        body = chain([next(lines), next(lines, "")], lines)
    return StreamingResponse(body, media_type=_MEDIA_TYPES[wanted], headers=headers)


def _sent(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
