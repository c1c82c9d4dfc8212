"""``shelfstream history oos`` as HQ types it."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from rich.console import Console
from sqlalchemy import Engine
from typer.testing import CliRunner

from analytics.contract import SlotState
from analytics.historian.availability.rolling import roll_up
from analytics.historian.writing import write_events
from deploy.commands.asking.history import HistoryCommands
from shelfstream.catalogue.versions_sql import write_versions
from shelfstream.clock import ManualClock
from shelfstream.errors import Faults
from shelfstream.sql import writing
from tests.contract.history.history_samples import GTIN, MONDAY, STORE, a_day, at, catalogue


@pytest.fixture
def known(engine: Engine) -> Engine:
    """A database with the catalogue and a day's events."""
    with writing(engine) as connection:
        write_versions(connection, [STORE], catalogue(), MONDAY, MONDAY)
    write_events(engine, a_day())
    return engine


def ask(engine: Engine, *arguments: str, about: str = "oos") -> str:
    @contextmanager
    def opened() -> Iterator[Engine]:
        yield engine

    shown = io.StringIO()
    commands = HistoryCommands(opened, Console(file=shown, width=200), ManualClock(at(720)))
    result = CliRunner().invoke(commands.app(), [about, *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output + shown.getvalue()


def test_a_table_tells_what_was_out_and_how_sure_that_is(known: Engine) -> None:
    """The product's name, the store's own times, and minutes as a range."""
    told = ask(known, "--store", STORE, "--from", "2026-03-02")
    assert "Whole milk" in told
    assert "2026-03-02 09:00:00 (−10 min)" in told
    assert "60.0 (55.0–70.0)" in told
    assert "8.00" in told


def test_csv_has_one_line_per_stretch_and_full_times(known: Engine) -> None:
    """A spreadsheet gets every figure and times with their offset."""
    told = ask(known, "--store", STORE, "--from", "2026-03-02", "--to", "2026-03-03", "--csv")
    (row,) = csv.DictReader(io.StringIO(told))
    assert (row["gtin"], row["began_at"], row["minutes_out"]) == (GTIN, "2026-03-02T09:00:00+00:00", "60")


def test_a_product_is_found_by_any_form_of_its_gtin(known: Engine) -> None:
    """As it stands on the pack (13 digits) or in the catalogue (14); another product's is asked about in vain."""
    for gtin in ("4006381333931", GTIN):
        assert "Whole milk" in ask(known, "--store", STORE, "--from", "2026-03-02", "--gtin", gtin)
    assert "Nothing was out" in ask(known, "--store", STORE, "--from", "2026-03-02", "--gtin", "4012345678901")


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("--store", "elsewhere", "--from", "2026-03-02"), "not in the catalogue"),
        (("--store", STORE, "--from", "last week"), "is no day or time"),
        (("--store", STORE, "--from", "2026-03-02", "--to", "2026-03-01"), "must be later"),
        (("--store", STORE, "--from", "0001-01-01T00:00:00+05:00"), "is no day or time"),
        (("--store", STORE, "--from", "2026-03-02", "--gtin", "4006381333932"), "its check digit should be 1"),
    ],
)
def test_a_question_that_makes_no_sense_is_told_so(known: Engine, arguments: tuple[str, ...], fault: str) -> None:
    """An unknown store, no time, or an end before the beginning is a sentence, not a trace."""
    with pytest.raises(Faults, match=fault):
        ask(known, *arguments)


def test_availability_is_told_beside_its_coverage(known: Engine) -> None:
    """Three of the four hours that were seen, a third of the day's twelve; and up to when that holds."""
    asked = ["--store", STORE, "--from", "2026-03-02"]
    assert "Nothing is rolled up yet" in ask(known, *asked, about="availability")
    roll_up(known, STORE, at(720))
    told = ask(known, *asked, "--by", "product", about="availability")
    (row,) = [line.split() for line in told.splitlines() if GTIN in line]
    assert row == ["2026-03-02", GTIN, "75.0%", "33%", "180.0", "0.0", "60.0", "0.0", "480.0"]
    assert "Rolled up to 2026-03-02 20:00" in told


def test_availability_by_the_hour_as_csv_adds_up(known: Engine) -> None:
    """Twelve hours of opening; in each the minutes of the five states are those planned."""
    roll_up(known, STORE, at(720))
    told = ask(known, "--store", STORE, "--from", "2026-03-02", "--hours", "--csv", about="availability")
    rows = list(csv.DictReader(io.StringIO(told)))
    assert len(rows) == 12
    for row in rows:
        minutes = [float(row[f"minutes_{state.lower()}"]) for state in SlotState]
        assert sum(minutes) == float(row["minutes_planned"]) == 60
    assert (rows[0]["starts_at"], rows[1]["availability"], rows[4]["availability"]) == (
        "2026-03-02T08:00:00+00:00",
        "0",
        "",
    )


def test_a_day_that_is_none_is_told(known: Engine) -> None:
    """What was typed and what it should look like."""
    with pytest.raises(Faults, match="'monday' is no day"):
        ask(known, "--store", STORE, "--from", "monday", about="availability")
