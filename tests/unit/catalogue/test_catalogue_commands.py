"""``shelfstream catalogue`` and ``shelfstream db`` as a person uses them."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from rich.console import Console
from sqlalchemy import Engine
from typer.testing import CliRunner

from deploy.commands.catalogue import CatalogueCommands
from deploy.commands.db import db_app
from shelfstream.catalogue.folder.read import read_folder
from shelfstream.catalogue.publish import PublishTargets
from shelfstream.clock import ManualClock
from shelfstream.errors import Faults
from shelfstream.sql import engine_of
from tests.unit.catalogue.catalogue_fakes import FakeLog, FakePictures
from tests.unit.catalogue.catalogue_samples import SLOTS, write_sample

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


class Desk:
    """A person's terminal with everything behind it."""

    def __init__(self, folder: Path) -> None:
        self.engine = engine_of(f"sqlite:///{folder}/desk.db")
        self.log = FakeLog()
        self.clock = ManualClock(NOW)
        self.targets = PublishTargets(FakePictures(), self.engine, self.log, self.log, self.log)
        self.screen = io.StringIO()
        console = Console(file=self.screen, width=160)
        self.app = typer.Typer()
        self.app.add_typer(CatalogueCommands(self._open, console, self.clock).app(), name="catalogue")
        self.app.add_typer(db_app(self._open_engine, console), name="db")

    @contextmanager
    def _open(self) -> Iterator[PublishTargets]:
        yield self.targets

    @contextmanager
    def _open_engine(self) -> Iterator[Engine]:
        yield self.engine

    def run(self, *words: str | Path) -> str:
        """What a command prints; raises what it raises."""
        self.screen.truncate(self.screen.seek(0))
        result = CliRunner().invoke(self.app, [str(word) for word in words], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return self.screen.getvalue()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with an upgraded database."""
    made = Desk(tmp_path)
    made.run("db", "upgrade")
    yield made
    made.engine.dispose()


def test_check_tells_what_is_there_and_what_is_wrong(desk: Desk, tmp_path: Path) -> None:
    """A good folder is counted; a bad one ends in ``Faults``, which the command line prints."""
    folder = write_sample(tmp_path / "store")
    assert "1 store, 1 camera, 1 bay, 2 slots, 2 products" in desk.run("catalogue", "check", folder)
    with pytest.raises(Faults, match=r"slots\.csv:3"):
        desk.run("catalogue", "check", write_sample(folder, slots_csv=SLOTS.replace("480", "1300")))


def test_publish_activate_and_plans_over_time(desk: Desk, tmp_path: Path) -> None:
    """A plan for later is shown as planned, and sent once its time has come."""
    folder = write_sample(tmp_path / "store")
    assert "7 versions began" in desk.run("catalogue", "publish", folder)
    write_sample(folder, slots_csv=SLOTS.replace("3,2,3", "4,2,3"))
    told = desk.run("catalogue", "publish", folder, "--valid-from", "2026-11-02T12:00+01:00")
    assert "shelfstream catalogue activate" in told
    rows = desk.run("catalogue", "plans", "main-street").splitlines()
    assert sum("holds now" in row for row in rows) == 1
    assert sum("2026-11-02 11:00" in row and "planned" in row for row in rows) == 1
    assert "0 sent" in desk.run("catalogue", "activate")
    desk.clock.advance(2 * 3600)
    assert "1 sent" in desk.run("catalogue", "activate")
    assert "7 deleted" in desk.run("catalogue", "withdraw", "main-street")


@pytest.mark.parametrize(("text", "what"), [("2026-12-01T06:00", "no time zone"), ("soon", "is no time")])
def test_a_date_without_a_zone_is_refused(desk: Desk, tmp_path: Path, text: str, what: str) -> None:
    """Six o'clock where? The person is asked before anything is written."""
    with pytest.raises(Faults, match=what):
        desk.run("catalogue", "publish", write_sample(tmp_path / "store"), "--valid-from", text)


def test_an_export_can_be_published_again_without_a_change(desk: Desk, tmp_path: Path) -> None:
    """What comes out is a good folder that says what holds now."""
    desk.run("catalogue", "publish", write_sample(tmp_path / "store"))
    desk.run("catalogue", "export", tmp_path / "out")
    assert len(read_folder(tmp_path / "out").products) == 2
    assert "0 new pictures; 0 versions began and 0 ended; 0 sent" in desk.run("catalogue", "publish", tmp_path / "out")
    with pytest.raises(Faults, match="not empty"):
        desk.run("catalogue", "export", tmp_path / "out")


def test_the_database_is_checked_and_upgraded(tmp_path: Path) -> None:
    """Before the upgrade the check says what to run; after it all is well."""
    desk = Desk(tmp_path)
    with pytest.raises(Faults, match="shelfstream db upgrade"):
        desk.run("db", "check")
    assert "is at" in desk.run("db", "upgrade")
    assert "fits this release" in desk.run("db", "check")
    desk.engine.dispose()
