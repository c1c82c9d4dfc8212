"""``python -m benchmarks.history``: named questions over more and more stores, on a real database."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sqlalchemy import Engine

from analytics.history.questions.asking import ask, columns_of, rows_of
from analytics.history.questions.exporting import write_parquet
from analytics.history.questions.named import QUESTIONS
from analytics.history.questions.question import Asked, Question
from benchmarks.history.chain import FIRST_MONDAY, Density, add_stores, settle, size_bytes
from benchmarks.history.ingest import ingest
from devstack.postgres import Postgres
from shelfstream.migrations.upgrade import upgrade
from shelfstream.sql import engine_of

console = Console()
_LAST = date(2025, 12, 28)
_YEAR, _FOUR_WEEKS = Asked(FIRST_MONDAY, _LAST), Asked(_LAST - timedelta(days=27), _LAST)
_MONTH = Asked(_LAST.replace(month=12, day=1), _LAST)
_TIMES = 5
_BUSY_SLOTS = 2_000


def _cases() -> list[tuple[str, Question, Asked]]:
    """What is asked: the whole chain over a year, and over the last four weeks; one product; one category."""
    by_name = dict(QUESTIONS)
    product, category = ("00000000000042",), ("Category 7",)
    change = FIRST_MONDAY + timedelta(weeks=26)
    return [
        ("OSA by store and week, a year", by_name["osa-weeks"], _YEAR),
        ("OSA of the chain by day, a year", by_name["osa-days"], replace(_YEAR, by="chain")),
        ("coverage by bay, four weeks", by_name["coverage"], _FOUR_WEEKS),
        ("chronic, a month", by_name["chronic"], _MONTH),
        ("chronic, a year", by_name["chronic"], replace(_YEAR, by="year")),
        ("chronic in a category, a quarter", by_name["chronic"], replace(_MONTH, by="quarter", categories=category)),
        ("chronic in a store, months of a year", by_name["chronic"], replace(_YEAR, stores=("store-0000",))),
        ("lost sales by category, four weeks", by_name["lost-sales"], _FOUR_WEEKS),
        ("lost sales by category in a store, a year", by_name["lost-sales"], replace(_YEAR, stores=("store-0000",))),
        ("effect on a product, a year", by_name["effect"], replace(_YEAR, gtins=product, on=change)),
    ]


def main(
    stores: Annotated[str, typer.Option(help="How many stores, growing: 4,12,35.")] = "4,12,35",
    database: Annotated[str, typer.Option(help="postgresql or sqlite.")] = "postgresql",
    slots: Annotated[int, typer.Option(min=10, help="Slots of a store; a fifth less products.")] = 10_000,
    events: Annotated[int, typer.Option(min=500, help="Events of a day that one store takes in.")] = 10_000,
    seed: Annotated[int, typer.Option(help="Of the chain.")] = 1,
) -> None:
    """Ask every question of a chain that grows, warm, and say how long that took."""
    density = Density(slots=slots, products=max(1, slots * 4 // 5))
    with _database(database) as engine:
        upgrade(engine)
        filled, title = 0, f"{database}, {slots:,} slots a store, 52 weeks"
        took = Table("question, ms warm: median (worst)", title=title)
        found: dict[str, list[str]] = {name: [] for name, _, _ in _cases()}
        for count in map(int, stores.split(",")):
            wanted = track(range(filled, count), f"{count} stores", console=console, transient=True)
            rows = sum(add_stores(engine, density, range(number, number + 1), seed) for number in wanted)
            settle(engine)
            filled = count
            took.add_column(f"{count} stores")
            console.print(f"{count} stores: {size_bytes(engine) / count / 1e6:.0f} MB a store-year; {rows:,} rows more")
            for name, question, asked in _cases():
                found[name].append(_asked_ms(engine, question, asked))
        for name, figures in found.items():
            took.add_row(name, *figures)
        console.print(took)
        _export(engine)
        _ingest(engine, min(slots, _BUSY_SLOTS), events, seed)


def _ingest(engine: Engine, slots: int, events: int, seed: int) -> None:
    written, whole, last_s = ingest(engine, slots, events, seed)
    speed = f"{written:,.0f} events a second written, {whole:,.0f} with roll-ups every 5 minutes of a day"
    console.print(f"history of a store of {slots:,} slots takes {speed}; the last roll-up: {last_s:.1f} s")


def _asked_ms(engine: Engine, question: Question, asked: Asked) -> str:
    taken: list[float] = []
    for _ in range(_TIMES + 1):
        begun_s = time.perf_counter()
        ask(engine, question, asked)
        taken.append((time.perf_counter() - begun_s) * 1000)
    warm = sorted(taken[1:])
    return f"{warm[len(warm) // 2]:,.0f} ({warm[-1]:,.0f})"


def _export(engine: Engine) -> None:
    question = QUESTIONS["chronic"]
    with tempfile.TemporaryFile() as file:
        begun_s = time.perf_counter()
        columns, rows = columns_of(engine, question, _MONTH), rows_of(engine, question, _MONTH)
        count = write_parquet(columns, rows, file)
        taken_s = time.perf_counter() - begun_s
        console.print(
            f"Parquet of chronic, a month: {count:,} rows, {count / taken_s:,.0f} a second, {file.tell():,} B"
        )


@contextmanager
def _database(name: str) -> Iterator[Engine]:
    if name == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            engine = engine_of(f"sqlite:///{Path(folder) / 'history.db'}")
            yield engine
            engine.dispose()
        return
    with Postgres() as server:
        engine = engine_of(server.url)
        yield engine
        engine.dispose()


if __name__ == "__main__":
    typer.run(main)
