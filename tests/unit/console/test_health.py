"""Health: every problem in a sentence with what to do, and who may look after what was put aside."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from alerts.inbox import ChannelBacklog
from console.access.gate import Gate
from console.access.roles import Role
from console.api.routes import add_api, add_error_answers
from console.health.machine import STAGE_READS, MachineNow
from console.health.problems import problems_of
from console.html.health import letters_card, machine_card, problems_card, versions_card
from console.views.models import StoreNow
from ingest.contract import CameraState
from shelfstream.bus.topics import EVENTS, FRAMES
from shelfstream.clock import SystemClock
from shelfstream.secrets import KnownSecrets
from tests.unit.console.access_rig import Door, door_at
from tests.unit.console.console_fakes import STORE, World
from tests.unit.console.machine_rig import Rig, rig_at

NOW = SystemClock().now()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with rig_at(tmp_path, SystemClock()) as rig:
        yield rig


@pytest.fixture
def world(rig: Rig) -> World:
    return World(machine=rig.machine)


@pytest.fixture
def door(world: World, tmp_path: Path) -> Iterator[Door]:
    with door_at(tmp_path, world.clock) as door:
        yield door


@pytest.fixture
def client(world: World, door: Door) -> Iterator[TestClient]:
    app = FastAPI()
    add_error_answers(app, KnownSecrets())
    add_api(app, world.console_data)
    app.add_middleware(Gate, doorkeeper=door.keeper)
    with TestClient(app) as client:
        yield client


def test_a_store_that_does_well_has_no_problem(world: World) -> None:
    """Nothing is made up where everything runs."""
    assert problems_of(MachineNow(NOW), [world.console_data.store_now(STORE)]) == ()
    assert "Nothing is wrong" in problems_card(())


def test_each_thing_that_is_wrong_is_one_sentence_with_what_to_do(world: World, rig: Rig) -> None:
    """A stage that is behind, a channel that takes nothing, records put aside, a camera that is away."""
    rig.bury("no event", "StockEvent: not JSON")
    backlog = ChannelBacklog("mailtos-1", 12, NOW - timedelta(minutes=10), "connection refused")
    machine = MachineNow(
        NOW, {"detector": 9_000, "alerts": 3}, (backlog,), rig.machine.look().letters, ("SQL is away",)
    )
    status = world.live.status["cam-1"]
    world.live.status["cam-1"] = status.model_copy(update={"state": CameraState.OFFLINE, "detail": "no route to host"})
    found = problems_of(machine, [world.console_data.store_now(STORE)])
    told = " ".join(each.what for each in found)
    expected = ("SQL is away", "detector has 9,000", "12 messages wait", "connection refused", "not JSON", "no route")
    assert all(words in told for words in expected)
    assert len(found) == 5
    assert all(each.do for each in found)
    card = problems_card(found)
    assert all(each.what.split("<")[0][:20] in card for each in found)


def test_a_channel_that_has_just_been_written_to_is_no_problem() -> None:
    """Messages wait for others of their aisle as a rule."""
    young = ChannelBacklog("chat", 3, NOW - timedelta(seconds=30), "")
    machine = MachineNow(NOW, {}, (young,))
    assert problems_of(machine, []) == ()
    assert "3 waiting" in machine_card(machine)


def test_the_machine_tells_what_each_stage_has_to_read(rig: Rig) -> None:
    """Stages that never read anything have all of it to read."""
    rig.send(5)
    behind = rig.machine.look().behind
    assert list(behind) == list(STAGE_READS)
    assert (behind["alerts"], behind["historian"], behind["detector"]) == (5, 5, 0)


def test_what_runs_is_told(world: World) -> None:
    """The release, and the model that looked at each store's newest pictures; none where nothing was looked at."""
    card = versions_card("1.2.3", [world.console_data.store_now(STORE)])
    assert "1.2.3" in card
    assert "<dd>test</dd>" in card
    assert "no picture" in versions_card("1.2.3", [StoreNow(STORE, None)])


def test_what_a_letter_says_is_shown_as_text(rig: Rig) -> None:
    """A record that tries to be a page is none."""
    rig.bury("<script>alert(1)</script>", "<b>bold</b>")
    card = letters_card(rig.machine.look().letters)
    assert "<script>" not in card
    assert "<b>bold" not in card
    assert "&lt;script&gt;" in card


@pytest.mark.parametrize(
    ("module", "topics"),
    [("detector", "(FRAMES,)"), ("analytics", "TOPICS"), ("alerts", "_READS"), ("analytics.historian", "(EVENTS,)"),
     ("analytics.evidence", "_TOPICS"), ("analytics.archive", "TOPICS")],
)  # fmt: skip
def test_the_stages_that_are_asked_about_are_those_that_there_are(module: str, topics: str) -> None:
    """Groups and topics are those that the stages read by."""
    stage = import_module(f"{module}.__main__")
    read = {"(FRAMES,)": (FRAMES,), "(EVENTS,)": (EVENTS,)}.get(topics) or getattr(stage, topics)
    assert STAGE_READS[stage.GROUP] == read


@pytest.mark.parametrize(
    ("role", "stores", "may"),
    [
        (Role.ADMINISTRATOR, (), True),
        (Role.OPERATOR, (), True),
        (Role.OPERATOR, (STORE,), False),
        (Role.MANAGER, (), False),
        (Role.HQ, (), False),
        (Role.STAFF, (), False),
    ],
)
def test_who_looks_after_the_whole_system_sees_and_ends_letters(
    client: TestClient, door: Door, rig: Rig, role: Role, stores: tuple[str, ...], *, may: bool
) -> None:
    """Letters are of any store: whoever sees only some, or has another task, is refused."""
    door.session("boss-of-all", Role.ADMINISTRATOR)
    rig.bury("{}", "StockEvent: store is missing")
    cookie = door.cookie("someone", role, *stores)
    shown = client.get("/api/health", headers=cookie)
    assert shown.status_code == (200 if may else 403)
    (letter,) = rig.machine.look().letters
    ended = client.post("/api/dead-letters", json={"letter": letter.letter_id, "end": "replayed"}, headers=cookie)
    assert ended.status_code == (200 if may else 403)
    assert len(rig.events()) == int(may)
    if may:
        assert shown.json()["dead_letters"][0]["reason"] == "StockEvent: store is missing"
        assert client.get("/api/health", headers=cookie).json()["dead_letters"] == []
        again = client.post("/api/dead-letters", json={"letter": letter.letter_id, "end": "dropped"}, headers=cookie)
        assert again.status_code == 404


def test_a_console_without_a_machine_looks_after_nothing(world: World) -> None:
    """``watch`` and tests have no bus to look after."""
    bare = World()
    assert not bare.console_data.may_look_after
    assert world.console_data.may_look_after
    held = replace(world.console_data.visitor, role=Role.STAFF)
    assert not world.console_data.seen_by(held).may_look_after
