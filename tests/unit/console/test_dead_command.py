"""``shelfstream dead``: an operator without a browser finds, reads and ends what was put aside."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.commands.asking.dead_letters import app
from deploy.runtime.open import open_bus, open_engine, settings_here
from shelfstream.clock import SystemClock
from shelfstream.errors import Faults
from shelfstream.migrations.upgrade import upgrade
from tests.unit.console.machine_rig import Rig, machine_of


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data folder of this release, named in the settings, with one record put aside."""
    monkeypatch.setenv("SHELFSTREAM_PROCESS__DATA_FOLDER", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    settings, clock = settings_here(), SystemClock()
    with open_engine(settings) as engine, open_bus(settings, clock) as bus:
        upgrade(engine)
        Rig(machine_of(bus, engine, clock), bus, clock).bury('{"slot": "milk"}', "StockEvent: store is missing")


def run(*words: str) -> str:
    """What the command writes. Raises what it raises."""
    found = CliRunner().invoke(app, words)
    if isinstance(found.exception, Faults):
        raise found.exception
    assert found.exit_code == 0, found.output
    return found.stdout


def _listed() -> str:
    """The one letter's name."""
    (line,) = [each for each in run("list").splitlines() if "StockEvent" in each]
    return line.split()[0]


def test_a_letter_is_listed_shown_and_sent_again() -> None:
    """With its reason; shown whole as JSON; once it was sent again nothing is left to do."""
    letter = _listed()
    told = json.loads(run("show", letter))
    assert (told["reason"], told["text"], told["stage"]) == (
        "StockEvent: store is missing",
        '{"slot": "milk"}',
        "alerts",
    )
    assert "was sent again" in run("replay", letter)
    assert "nothing was put aside" in run("list")


def test_a_letter_is_put_away_once() -> None:
    """The second time it is told that there is none."""
    letter = _listed()
    assert "was put away" in run("drop", letter)
    assert "nothing was put aside" in run("list")
    with pytest.raises(Faults, match="done with already"):
        run("drop", letter)
