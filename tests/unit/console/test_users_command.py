"""``shelfstream users``: an administrator lets people and programs in, and takes that back."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.access.accounts import INVITATION, TOKEN_PREFIX
from deploy.commands.people.users import app
from shelfstream.errors import Faults
from shelfstream.migrations.upgrade import upgrade
from shelfstream.sql import engine_of


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database of this release, named in the settings."""
    url = f"sqlite:///{tmp_path}/users.db"
    monkeypatch.setenv("SHELFSTREAM_SQL__URL", url)
    monkeypatch.setenv("SHELFSTREAM_ALERTS__DELIVERY__CONSOLE_URL", "https://shelves.example/")
    monkeypatch.setenv("COLUMNS", "200")
    engine = engine_of(url)
    upgrade(engine)
    engine.dispose()


def run(*words: str) -> str:
    """What the command writes. Raises what it raises."""
    found = CliRunner().invoke(app, words)
    if isinstance(found.exception, Faults):
        raise found.exception
    assert found.exit_code == 0, found.output
    return found.stdout


def test_an_account_from_its_making_to_its_end() -> None:
    """Added, it gets a link for its password; changed and removed, the list says so."""
    link = run("add", "mill-road", "--role", "staff", "--store", "mill-road", "--store", "bridge")
    assert link.startswith(f"https://shelves.example/{INVITATION}/")
    assert "bridge, mill-road" in run("list")
    assert run("invite", "mill-road") != link
    run("change", "mill-road", "--role", "manager")
    assert "manager  all     not yet" in run("list")
    run("remove", "mill-road")
    assert "mill-road" not in run("list")


def test_a_token_is_shown_once_and_can_be_ended() -> None:
    """The list names it, and does not show it."""
    run("add", "bi", "--role", "hq")
    token = run("token", "bi", "--label", "warehouse", "--days", "30").strip()
    assert token.startswith(TOKEN_PREFIX)
    listed = run("list")
    assert "warehouse (until" in listed
    assert token not in listed
    run("token", "bi", "--label", "warehouse", "--end")
    assert "warehouse" not in run("list")
    with pytest.raises(Faults, match="has no token"):
        run("token", "bi", "--label", "warehouse", "--end")


def test_a_fault_says_what_to_do() -> None:
    """An account that is not there, a role that is none."""
    with pytest.raises(Faults, match="users list shows"):
        run("remove", "nobody")
    assert CliRunner().invoke(app, ["add", "ann", "--role", "king"]).exit_code == 2
