"""The page behind a link in a message: opening it changes nothing, one tap answers, and it says why it does not."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from alerts.contract import AlertStatus
from console.api.answer_link import add_answer_links
from console.api.routes import add_error_answers
from console.links import Forwarded
from shelfstream.answers import AnswerKind
from shelfstream.secrets import KnownSecrets
from tests.unit.console.console_fakes import LINKS, World

SHIFT = timedelta(hours=12)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    app = FastAPI()
    add_error_answers(app, KnownSecrets())
    add_answer_links(app, world.console_data, LINKS)
    app.add_middleware(Forwarded)
    with TestClient(app) as client:
        yield client


def link(world: World, valid: timedelta = SHIFT) -> str:
    """The address in the message about the milk."""
    return f"/answer/{LINKS.token(world.milk_alert.alert_id, world.clock.now(), valid)}"


def test_opening_it_shows_the_alert_and_changes_nothing(client: TestClient, world: World) -> None:
    """However often a scanner follows it, nothing is sent; the page says what, where and how many."""
    for method in ("GET", "HEAD", "GET"):
        shown = client.request(method, link(world))
    assert shown.status_code == 200
    assert "Whole milk" in shown.text
    assert "Bring 3" in shown.text
    assert "http-equiv" not in shown.text
    assert "<script" not in shown.text
    assert world.producer.answers == []
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert shown.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("kind", [kind for kind in AnswerKind if kind is not AnswerKind.HANDED_OVER])
def test_one_tap_answers_once(client: TestClient, world: World, kind: AnswerKind) -> None:
    """Each answer goes on the bus about this very alert; tapped again it has the same id."""
    for _ in range(2):
        assert "Thank you" in client.post(link(world), data={"kind": kind.value}).text
    assert {answer.answer_id for answer in world.producer.answers} == {f"{world.milk_alert.alert_id}-{kind.value}"[:64]}
    assert {(answer.kind, answer.by) for answer in world.producer.answers} == {(kind, "link")}


def test_an_alert_that_is_closed_is_told_kindly(client: TestClient, world: World) -> None:
    """Somebody was faster, or the camera saw it filled: no error, and nothing is sent."""
    now = world.clock.now()
    world.inbox.change(world.milk_alert.alert_id, status=AlertStatus.CLEARED, cleared_at=now, cleared_why="STOCKED")
    assert "closed already" in client.get(link(world)).text
    assert "closed already" in client.post(link(world), data={"kind": "refilled"}).text
    assert world.producer.answers == []


def test_a_link_that_ended_or_is_none_answers_nothing(client: TestClient, world: World) -> None:
    """Neither opens anything, and both say what to do."""
    ended = link(world, timedelta(seconds=-1))
    for path in (ended, "/answer/something"):
        for answer in (client.get(path), client.post(path, data={"kind": "refilled"})):
            assert answer.status_code == 410
            assert "does not answer" in answer.text
    assert world.producer.answers == []


def test_it_answers_about_its_own_alert_alone(client: TestClient, world: World) -> None:
    """A form that names another alert, or an answer that there is none of, changes nothing about any."""
    asked = {"kind": "refilled", "alert_id": "another"}
    client.post(link(world), data=asked)
    assert [answer.alert_id for answer in world.producer.answers] == [world.milk_alert.alert_id]
    assert client.post(link(world), data={"kind": "delete everything"}).status_code == 422
    assert client.post(link(world)).status_code == 422


def test_what_is_away_is_told_and_not_thanked_for(client: TestClient, world: World) -> None:
    """The ledger or the bus away: the page says so, with a time to come back."""
    world.inbox.away = True
    told = client.get(link(world))
    assert (told.status_code, "cannot be reached" in told.text) == (503, True)
    assert told.headers["retry-after"]
    world.inbox.away, world.producer.holds = False, True
    assert client.post(link(world), data={"kind": "refilled"}).status_code == 503


def test_behind_a_path_its_pictures_are_below_that_path(client: TestClient, world: World) -> None:
    """A proxy that serves the console below /shelf sends the page's pictures and style there, too."""
    world.console_data.inbox()
    shown = client.get(link(world), headers={"X-Forwarded-Prefix": "/shelf"}).text
    assert 'href="/shelf/static/answer.css"' in shown
    assert 'src="/shelf/answer/' in shown
