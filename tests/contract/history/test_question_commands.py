"""``shelfstream history QUESTION`` as HQ types it: tables, files for other tools, and what is refused."""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console
from sqlalchemy import Engine
from typer.testing import CliRunner

from analytics.historian.availability.rolling import roll_up
from analytics.historian.writing import write_events
from analytics.history.questions.asking import columns_of, rows_of
from analytics.history.questions.exporting import json_of
from analytics.history.questions.named import QUESTIONS, question_named
from analytics.history.questions.question import Asked
from deploy.commands.asking.history import HistoryCommands
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import Product
from shelfstream.catalogue.versions_sql import write_versions
from shelfstream.clock import ManualClock
from shelfstream.errors import Faults
from shelfstream.sql import writing
from tests.contract.history.history_samples import GTIN, MONDAY, STORE, a_day, catalogue

_NOW = MONDAY + timedelta(days=1)
_ASKED = Asked(MONDAY.date(), MONDAY.date())


@pytest.fixture
def known(engine: Engine) -> Engine:
    """A database with a day's events, rolled up."""
    with writing(engine) as connection:
        write_versions(connection, [STORE], catalogue(), MONDAY, MONDAY)
    write_events(engine, a_day())
    roll_up(engine, STORE, _NOW)
    return engine


def _typed(engine: Engine, *arguments: str) -> str:
    @contextmanager
    def opened() -> Iterator[Engine]:
        yield engine

    shown = io.StringIO()
    commands = HistoryCommands(opened, Console(file=shown, width=250), ManualClock(_NOW))
    result = CliRunner().invoke(commands.app(), arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output + shown.getvalue()


def test_a_table_shows_shares_minutes_and_money(known: Engine) -> None:
    """Without days the last four weeks are meant."""
    told = _typed(known, "chronic")
    for cell in ("Whole milk", "75.0%", "33.3%", "60", "7.33", "8.00", "9.33"):
        assert cell in told


def test_names_are_no_markup(known: Engine) -> None:
    """What stands in square brackets in a product's name is shown, in every table."""
    named = [
        each.model_copy(update={"name": "Milk [1 l] [/red]"}) if isinstance(each, Product) else each
        for each in catalogue().entities()
    ]
    with writing(known) as connection:
        write_versions(connection, [STORE], Catalogue.of(named), MONDAY, MONDAY)
    roll_up(known, STORE, _NOW)
    assert "Milk [1 l] [/red]" in _typed(known, "chronic")
    assert "Milk [1 l] [/red]" in _typed(known, "oos", "--store", STORE, "--from", "2026-03-02")


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_is_a_command_that_defines_its_columns(known: Engine, name: str) -> None:
    """``--help`` teaches each figure of the answer."""
    told = " ".join(_typed(known, name, "--help").split())
    assert all(f"`{column}`" in told for column in QUESTIONS[name].columns)


def test_a_table_says_how_to_go_on(known: Engine) -> None:
    """The page after it begins behind its last row."""
    roll_up(known, STORE, _NOW + timedelta(days=1))
    told = _typed(known, "osa-days", "--to", "2026-03-03", "--rows", "1")
    assert "2026-03-02" in told
    after = told.split("--after ")[1].strip()
    following = _typed(known, "osa-days", "--to", "2026-03-03", "--rows", "1", "--after", after)
    assert "2026-03-03" in following
    assert "2026-03-02" not in following


def test_standard_output_takes_csv_and_json(known: Engine) -> None:
    """Whole answers, for other programs; numbers as numbers, days as days."""
    (row,) = csv.DictReader(io.StringIO(_typed(known, "lost-sales", "--csv")))
    assert (row["lost"], row["lost_least"], row["minutes_out"]) == ("8", "7.33", "60")
    (told,) = json.loads(_typed(known, "osa-weeks", "--json"))
    assert (told["name"], told["week"], told["availability"]) == (STORE, "2026-03-02", 0.75)
    assert json.loads(_typed(known, "open-now", "--json")) == []


@pytest.mark.parametrize("ending", ["csv", "json", "parquet", "arrow"])
def test_files_hold_what_the_table_shows(known: Engine, tmp_path: Path, ending: str) -> None:
    """One row, whatever the format, with the types of its columns."""
    out = tmp_path / f"chronic.{ending}"
    assert "1 rows" in _typed(known, "chronic", "--gtin", GTIN, "--out", str(out))
    expected = list(rows_of(known, question_named("chronic"), _ASKED))
    names = [column.name for column in columns_of(known, question_named("chronic"), _ASKED)]
    if ending == "csv":
        (row,) = csv.DictReader(io.StringIO(out.read_text()))
        assert list(row) == names
        assert (row["starts_on"], row["gtin"], row["lost"], row["minutes_out_most"]) == ("2026-03-01", GTIN, "8", "70")
        return
    if ending == "json":
        plain = [[str(value) if isinstance(value, date) else value for value in row] for row in expected]
        assert [list(row.values()) for row in json.loads(out.read_text())] == plain
        return
    table = pq.read_table(out) if ending == "parquet" else pa.ipc.open_stream(out.read_bytes()).read_all()
    assert [tuple(row[name] for name in names) for row in table.to_pylist()] == expected
    assert table.schema.field("lost").metadata[b"says"].startswith(b"Sales lost")
    assert not list(tmp_path.glob(".chronic*"))


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["chronic", "--from", "monday"], "is no day"),
        (["chronic", "--gtin", "12"], "--gtin"),
        (["osa-weeks", "--category", "Tea"], "does not heed"),
        (["osa-weeks", "--by", "moon"], "grouped by store, region, chain"),
        (["chronic", "--out", "x.xlsx"], "ends in none of .csv, .json, .parquet, .arrow"),
        (["chronic", "--out", "/nowhere/x.csv"], "cannot be written"),
        (["effect"], "name the day of the change"),
        (["effect", "--on", "2026-03-03", "--from", "2026-03-01"], "name the products, categories or stores"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(known: Engine, arguments: list[str], what: str) -> None:
    """A day, product, grouping or file that is none."""
    with pytest.raises(Faults, match=what):
        _typed(known, *arguments)


def test_an_empty_answer_is_an_empty_list() -> None:
    """Not half of one."""
    assert json.loads("".join(json_of([], iter(())))) == []
