"""``shelfstream history QUESTION``: each named question is a command, with the same options for all of them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Engine

from analytics.history.questions.asking import ask, columns_of, rows_of
from analytics.history.questions.exporting import csv_of, json_of, write_arrow, write_parquet
from analytics.history.questions.named import QUESTIONS
from analytics.history.questions.question import MOST_ROWS, AnswerColumn, Asked, HistoryPage, Question
from deploy.commands.asking.typed import day, product_asked
from shelfstream.clock import Clock
from shelfstream.errors import Fault, Faults

_FOUR_WEEKS = timedelta(days=27)


class FileFormat(StrEnum):
    """How a file is written; by its name's ending."""

    CSV = ".csv"
    JSON = ".json"
    PARQUET = ".parquet"
    ARROW = ".arrow"


_WRITERS: dict[FileFormat, Callable[[Sequence[AnswerColumn], Iterator[tuple[object, ...]], BinaryIO], int]] = {
    FileFormat.PARQUET: write_parquet,
    FileFormat.ARROW: write_arrow,
}
Stores = Annotated[list[str] | None, typer.Option("--store", help="Only this store; may be repeated.")]
Regions = Annotated[list[str] | None, typer.Option("--region", help="Only stores of this region; may be repeated.")]
Categories = Annotated[list[str] | None, typer.Option("--category", help="Only this category; may be repeated.")]
Gtins = Annotated[list[str] | None, typer.Option("--gtin", help="Only this product; may be repeated.")]
First = Annotated[str | None, typer.Option("--from", help="The first day; default: four weeks up to --to.")]
Last = Annotated[str | None, typer.Option("--to", help="The last day, itself included; default: today, in UTC.")]
By = Annotated[str | None, typer.Option("--by", help="What is taken together, where the question has a choice.")]
On = Annotated[str | None, typer.Option("--on", help="The day of a change that is asked about.")]
Rows = Annotated[int, typer.Option("--rows", min=1, max=MOST_ROWS, help="At most so many rows of a table.")]
After = Annotated[str | None, typer.Option("--after", help="Go on where a table ended: what it said there.")]
OutFile = Annotated[
    Path | None,
    typer.Option("--out", dir_okay=False, help="All rows into a file: .csv, .json, .parquet or .arrow, by its name."),
]
Csv = Annotated[bool, typer.Option("--csv", help="All rows as CSV to standard output.")]
Json = Annotated[bool, typer.Option("--json", help="All rows as one JSON array to standard output.")]


@dataclass(frozen=True)
class QuestionCommands:
    """Adds the commands. ``open_engine`` gives an engine on the database that the settings name."""

    open_engine: Callable[[], AbstractContextManager[Engine]]
    console: Console
    clock: Clock

    def add_to(self, app: typer.Typer) -> None:
        """One command for each question."""
        for question in QUESTIONS.values():
            app.command(question.name, help=_help(question))(self._command(question))

    def _command(self, question: Question) -> Callable[..., None]:
        def asked_for(
            *, stores: Stores = None, regions: Regions = None, categories: Categories = None, gtins: Gtins = None,
            first: First = None, last: Last = None, by: By = None, on: On = None,
            rows: Rows = 50, after: After = None, out: OutFile = None, as_csv: Csv = False, as_json: Json = False,
        ) -> None:  # fmt: skip
            begins, ends = self._days(first, last)
            named = tuple(product_asked(each) for each in gtins or ())
            asked = Asked(
                begins, ends, tuple(stores or ()), tuple(regions or ()), tuple(categories or ()), named, by,
                None if on is None else day(on, "--on"),
            )  # fmt: skip
            with self.open_engine() as engine:
                if out is not None or as_csv or as_json:
                    self._export(engine, question, asked, out, as_json=as_json)
                else:
                    self._tell(ask(engine, question, asked, at_most=rows, after=after))

        return asked_for

    def _days(self, first: str | None, last: str | None) -> tuple[date, date]:
        ends = self.clock.now().date() if last is None else day(last, "--to")
        return (ends - _FOUR_WEEKS if first is None else day(first, "--from")), ends

    def _export(self, engine: Engine, question: Question, asked: Asked, out: Path | None, *, as_json: bool) -> None:
        columns, rows = columns_of(engine, question, asked), rows_of(engine, question, asked)
        if out is None:
            for line in json_of(columns, rows) if as_json else csv_of(columns, rows):
                typer.echo(line, nl=False)
            return
        count = _write(out, columns, rows)
        self.console.print(f"{out}: {count:,} rows", markup=False)

    def _tell(self, answer: HistoryPage) -> None:
        if not answer.rows:
            self.console.print("Nothing in these days, as far as it was seen and rolled up.")
            return
        table = Table(*(column.name.replace("_", " ") for column in answer.columns), box=None)
        for row in answer.rows:
            table.add_row(*(escape(column.shown(value)) for column, value in zip(answer.columns, row, strict=True)))
        self.console.print(table)
        if answer.after:
            self.console.print(f"There is more: --after {answer.after}", markup=False)


def _write(out: Path, columns: Sequence[AnswerColumn], rows: Iterator[tuple[object, ...]]) -> int:
    """All rows into a file that is whole or not there. Raises ``Faults``."""
    try:
        wanted = FileFormat(out.suffix.lower())
    except ValueError as exc:
        endings = ", ".join(FileFormat)
        raise Faults("history", [Fault("--out", f"{out.name!r} ends in none of {endings}")]) from exc
    waiting = out.with_name(f".{out.name}.new")
    try:
        with waiting.open("wb") as file:
            if wanted in _WRITERS:
                count = _WRITERS[wanted](columns, rows, file)
            else:
                count = _write_text(wanted, columns, rows, file)
        waiting.replace(out)
    except OSError as exc:
        raise Faults("history", [Fault("--out", f"{out} cannot be written: {exc.strerror}")]) from exc
    finally:
        waiting.unlink(missing_ok=True)
    return count


def _write_text(
    wanted: FileFormat, columns: Sequence[AnswerColumn], rows: Iterator[tuple[object, ...]], file: BinaryIO
) -> int:
    lines = json_of(columns, rows) if wanted is FileFormat.JSON else csv_of(columns, rows)
    count = 0
    for count, line in enumerate(lines):  # noqa: B007 - one line is the head, or the end
        file.write(line.encode())
    return count


def _help(question: Question) -> str:
    columns = "\n\n".join(f"`{column.name}`: {column.says}" for column in question.columns.values())
    groupings = f"\n\nGrouped by {', '.join(question.by)} (`--by`)." if question.by else ""
    return f"{question.says}{groupings}\n\n{columns}"
