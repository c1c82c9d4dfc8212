"""``shelfstream replay`` on a store's own folder: what is lost and gained, with what staff said, the same each time."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analytics.archive.archive import Archive
from analytics.contract import SlotState
from deploy.cli import command_line
from shelfstream.answers import Answer, AnswerKind
from shelfstream.bus.api import Message, Partition, Record
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.versions_sql import write_versions
from shelfstream.errors import Faults
from shelfstream.file_store import archive_at
from shelfstream.migrations.upgrade import upgrade
from shelfstream.sql import engine_of, writing
from tests.unit.analytics.analytics_shelf import GTINS, SLOTS, START, STORE, entities, frame

_EMPTIED, _FILLED, _ENDS = 24, 60, 90
_ASKED = ("--store", STORE, "--from", "2026-03-02T10:00", "--to", "2026-03-02T10:30", "--warm-up-h", "0")


def record(offset: int, message: Message, at_s: float) -> Record:
    """A message as the log holds it."""
    at = START + timedelta(seconds=at_s)
    return Record(Partition(message.topic, 0), offset, message.key.encode(), message.value, message.headers, at)


@pytest.fixture
def store_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of a store where a place was empty for a while, and somebody said that it was not."""
    monkeypatch.setenv("SHELFSTREAM_PROCESS__DATA_FOLDER", str(tmp_path))
    engine = engine_of(f"sqlite:///{tmp_path / 'shelfstream.db'}")
    upgrade(engine)
    with writing(engine) as connection:
        write_versions(connection, (STORE,), Catalogue.of(entities()), START, START)
    engine.dispose()
    found = []
    for number in range(_ENDS):
        look = {1: "gap"} if _EMPTIED <= number < _FILLED else {}
        found.append(record(number, frame(number, look, at_s=5.0 * number).message(), 5.0 * number))
    answered_s = 5.0 * (_FILLED + 5)
    answer = Answer(
        answer_id="answer-1",
        store=STORE,
        slot=SLOTS[1],
        gtin=GTINS[1],
        alert_id="an alert of the running stage",
        kind=AnswerKind.NOT_EMPTY,
        answered_at=START + timedelta(seconds=answered_s),
    )
    found.append(record(0, answer.message(), answered_s))
    Archive(archive_at(str(tmp_path / "archive"))).write(found)
    return tmp_path


def replayed(*arguments: str) -> str:
    """What the command says."""
    done = CliRunner().invoke(command_line(), ["replay", *_ASKED, *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_an_alert_that_would_not_have_been_is_lost_with_what_staff_said(store_folder: Path) -> None:
    """Alerts that wait for ten minutes miss this one, which staff called wrong; its states stay as they were."""
    out = store_folder / "found.json"
    told = replayed("--set", "alerts.raise_after_s=600", "--json", str(out))
    assert "not empty" in told
    found = json.loads(out.read_text(encoding="utf-8"))
    (lost,) = found["alerts"]["lost"]
    assert (lost["slot"], lost["state"], lost["answers"]) == (SLOTS[1], SlotState.OUT, ["not_empty"])
    assert found["alerts"]["gained"] == found["states"]["gained"] == found["states"]["lost"] == []
    assert found["frames"] == _ENDS
    first = out.read_bytes()
    replayed("--set", "alerts.raise_after_s=600", "--json", str(out))
    assert out.read_bytes() == first


def test_a_surer_belief_tells_later(store_folder: Path) -> None:
    """With a higher threshold the same alert comes later, or not at all."""
    out = store_folder / "found.json"
    replayed("--set", "analytics.belief.decide_at=0.9999", "--json", str(out))
    found = json.loads(out.read_text(encoding="utf-8"))["alerts"]
    assert found["gained"] == []
    assert len(found["lost"]) + len(found["same"]) == 1
    assert all(each["later_s"] > 0 for each in found["same"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "name a setting to try"),
        (["--set", "detector.threads=2"], "cannot be tried"),
        (["--set", "analytics.belief.decide_att=0.9"], "did you mean decide_at"),
        (["--set", "analytics.belief.decide_at=2"], "--set analytics.belief.decide_at"),
        (["--set", "analytics.belief"], "section.field=value"),
        (["--set", "alerts.raise_on=OUT"], "must be JSON"),
        (["--set", "alerts.raise_after_s=1", "--json", "nowhere/found.json"], "folder for it is not there"),
    ],
)
def test_what_cannot_be_tried_is_told_in_a_sentence(store_folder: Path, arguments: list[str], told: str) -> None:
    """A wrong setting, a stage that is not run again, and no setting at all are faults, each with what to do."""
    with pytest.raises(Faults, match=told):
        CliRunner().invoke(command_line(), ["replay", *_ASKED, *arguments], catch_exceptions=False)


def test_a_time_without_an_archive_says_how_to_get_one(store_folder: Path) -> None:
    """Nothing archived is a fault that names the stage which archives, not an empty answer."""
    asked = ("--store", STORE, "--from", "2026-03-05", "--to", "2026-03-06", "--set", "alerts.raise_after_s=1")
    with pytest.raises(Faults, match="run archivist"):
        CliRunner().invoke(command_line(), ["replay", *asked], catch_exceptions=False)
