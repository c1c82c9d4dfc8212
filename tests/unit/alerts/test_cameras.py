"""Operators are told of cameras in trouble: once it has lasted, once each, and when it is over; never of blips."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import Engine

from alerts.cameras.ledger import CameraLedger
from alerts.cameras.troubles import (
    CameraTrouble,
    Patience,
    TroubledCamera,
    is_to_tell,
    is_to_tell_back,
    taken_up,
    troubles_now,
)
from alerts.cameras.watch import CameraWatch, trouble_text
from alerts.delivery.channels import open_channels
from analytics.contract import SeenFrame, SlotLevel, SlotState
from ingest.contract import CameraState, CameraStatus
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.clock import ManualClock
from shelfstream.migrations.upgrade import upgrade
from shelfstream.sql import engine_of
from tests.unit.alerts.alert_rig import Inbox, inbox
from tests.unit.alerts.alert_samples import at
from tests.unit.console.console_fakes import GTIN_MILK, STORE, catalogue, level

PATIENCE = Patience(hold_off=timedelta(minutes=5), silent_after=timedelta(minutes=1))
OFFLINE, SILENT, MOVED, DARK = CameraTrouble


def status(state: CameraState = CameraState.ONLINE, since_s: float = -3600, at_s: float = 0) -> CameraStatus:
    return CameraStatus(store=STORE, camera="cam-1", epoch=1, state=state, since=at(since_s), at=at(at_s))


def shown(*, dark: bool = False, moved: bool = False) -> SlotLevel:
    frame = SeenFrame(epoch=1, sequence=1, received_at=at(-5), dark=dark, moved=moved)
    return level("milk", GTIN_MILK, SlotState.UNKNOWN, at(-60)).model_copy(update={"seen": {"cam-1": frame}})


@pytest.mark.parametrize(
    ("said", "seen", "lit", "trouble"),
    [
        (status(), shown(), True, None),
        (status(CameraState.OFFLINE, -30), shown(), True, (OFFLINE, at(-30))),
        (status(at_s=-61), shown(moved=True), True, (SILENT, at(-61))),
        (status(), shown(moved=True, dark=True), True, (MOVED, at(-5))),
        (status(), shown(dark=True), True, (DARK, at(-5))),
        (status(), shown(dark=True), False, None),
    ],
)
def test_what_is_wrong_with_a_camera(said: CameraStatus, seen: SlotLevel, trouble: object, *, lit: bool) -> None:
    """The gravest thing; darkness is none at night, and a camera that nobody has heard of is being set up."""
    found = troubles_now({"cam-1": said}, [seen], ["cam-1"], at(0), PATIENCE, lit=lit)
    assert found.get("cam-1") == trouble
    assert troubles_now({}, [seen], ["cam-1"], at(0), PATIENCE, lit=lit) == {}
    assert troubles_now({"cam-1": said}, [seen], [], at(0), PATIENCE, lit=lit).keys() <= {"cam-1"}


@given(wrong=st.lists(st.booleans(), max_size=60))
def test_trouble_ends_once_it_was_over_for_the_hold_off(wrong: list[bool]) -> None:
    """Looked at every minute: whatever comes and goes, an end means five minutes without trouble, and none before."""
    trouble = TroubledCamera(STORE, "cam-1", at(0), OFFLINE)
    quiet = 0
    for minute, is_wrong in enumerate(wrong, 1):
        now = at(60.0 * minute)
        trouble = taken_up(trouble, {"cam-1": (DARK, now)} if is_wrong else {}, now, PATIENCE)
        quiet = 0 if is_wrong else quiet + 1
        assert (trouble.ended_at is not None) == (quiet >= 6)
        assert is_to_tell(trouble, now, PATIENCE) == (is_wrong and minute >= 5)
        if trouble.ended_at is not None:
            return


@dataclass
class FakeCameras:
    """What is true now of cameras."""

    said: dict[str, CameraStatus] = field(default_factory=dict)
    levels: dict[str, SlotLevel] = field(default_factory=dict)

    def cameras(self, store: str) -> dict[str, CameraStatus]:
        return dict(self.said)

    def some_slots(self, store: str, slots: Iterable[str]) -> dict[str, SlotLevel]:
        return {slot: self.levels[slot] for slot in slots if slot in self.levels}


class Watched:
    """A watch of one camera, told to channels of local services."""

    def __init__(self, engine: Engine, *urls: str) -> None:
        self.clock, self.live, self.catalogue = ManualClock(at(0)), FakeCameras(), catalogue()
        self.ledger = CameraLedger(engine)
        self.watch = CameraWatch(
            self.live, self.ledger, lambda: self.catalogue, open_channels([SecretStr(each) for each in urls], 5.0),
            self.clock, PATIENCE, console_url="https://x/", every_s=10.0, send_within_s=5.0,
        )  # fmt: skip

    def minutes(self, count: int, state: CameraState) -> None:
        """So many minutes pass, a look in each; the camera is in this state since their beginning."""
        since = self.clock.now()
        for _ in range(count):
            self.clock.advance(60)
            now = self.clock.now()
            self.live.said = {"cam-1": status(state).model_copy(update={"since": since, "at": now})}
            self.watch.look()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = engine_of(f"sqlite:///{tmp_path}/cameras.db")
    upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
def operators() -> Iterator[Inbox]:
    with inbox() as held:
        yield held


def test_trouble_that_lasts_is_told_once_and_so_is_its_end(engine: Engine, operators: Inbox) -> None:
    """After five minutes; a second process that looks says nothing again; its end comes with how long it took."""
    here, there = Watched(engine, operators.url), Watched(engine, operators.url)
    here.minutes(4, CameraState.OFFLINE)
    assert operators.taken == []
    here.minutes(20, CameraState.OFFLINE)
    there.live.said, there.clock = dict(here.live.said), here.clock
    there.watch.look()
    assert operators.titles() == ["Camera without a picture: Opposite dairy"]
    here.minutes(30, CameraState.ONLINE)
    assert operators.titles()[1:] == ["Camera is back: Opposite dairy"]
    assert "after 25 min" in operators.taken[1]["message"]
    assert "https://x/health?store=main-street" in operators.taken[0]["message"]


def test_blips_are_told_to_nobody(engine: Engine, operators: Inbox) -> None:
    """A camera that loses its picture for two minutes now and then is no news."""
    watched = Watched(engine, operators.url)
    for _ in range(2):
        watched.minutes(2, CameraState.OFFLINE)
        watched.minutes(8, CameraState.ONLINE)
    assert operators.taken == []


def test_a_service_that_is_away_hears_of_it_later(engine: Engine, operators: Inbox) -> None:
    """The other one is told once meanwhile."""
    operators.status = 503
    with inbox() as other:
        watched = Watched(engine, operators.url, other.url)
        watched.minutes(8, CameraState.OFFLINE)
        assert (operators.taken, len(other.taken)) == ([], 1)
        operators.status = 200
        watched.minutes(2, CameraState.OFFLINE)
        assert (len(operators.taken), len(other.taken)) == (1, 1)


def test_it_is_told_in_the_stores_language() -> None:
    """And by the camera's name, or its identifier where the catalogue knows no other."""
    stores = catalogue()
    german = stores.stores[STORE].model_copy(update={"language": "de"})
    plan = Catalogue.of([*(each for each in stores.entities() if each != stores.stores[STORE]), german])
    told = trouble_text(TroubledCamera(STORE, "cam-9", at(0), MOVED), plan, "https://x", back=False)
    assert told.title == "Kamera wurde bewegt: cam-9"
    ended = TroubledCamera(STORE, "cam-1", at(0), MOVED, ended_at=at(600), told=frozenset({"a"}))
    assert is_to_tell_back(ended)
    assert trouble_text(ended, plan, "https://x", back=True).title == "Kamera ist wieder da: Opposite dairy"
