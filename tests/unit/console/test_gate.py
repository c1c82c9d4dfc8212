"""Nobody comes in without a session or a token; nobody is made to act by another site; who may come in can."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from console.access.gate import SESSION_COOKIE, Gate
from console.access.roles import Role
from console.access.sign_in import add_sign_in
from console.api.routes import add_api, add_error_answers, add_pictures
from console.links import Forwarded
from shelfstream.clock import ManualClock, SystemClock
from shelfstream.errors import Unavailable
from shelfstream.secrets import KnownSecrets
from tests.unit.console.access_rig import PASSWORD, TIMES, Door, door_at
from tests.unit.console.console_fakes import STORE, World

HTML = {"Accept": "text/html"}
STAFF = Role.STAFF


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(SystemClock().now())


@pytest.fixture
def world(clock: ManualClock) -> World:
    return World(clock)


@pytest.fixture
def door(tmp_path: Path, clock: ManualClock) -> Iterator[Door]:
    with door_at(tmp_path, clock) as door:
        yield door


@pytest.fixture
def client(world: World, door: Door) -> Iterator[TestClient]:
    app = FastAPI()
    add_error_answers(app, KnownSecrets())
    add_api(app, world.console_data)
    add_pictures(app, world.console_data)
    add_sign_in(app, "Shelfstream", door.keeper)

    @app.websocket("/socket")
    async def socket(each: WebSocket) -> None:
        await each.accept()
        await each.send_text("in")

    app.add_middleware(Gate, doorkeeper=door.keeper)
    app.add_middleware(Forwarded)
    with TestClient(app, follow_redirects=False) as client:
        yield client


def sign_in(client: TestClient, name: str, password: str, wanted: str = "") -> Response:
    """What is answered to name and password."""
    answered: Response = client.post("/signin", data={"name": name, "password": password, "next": wanted})
    return answered


def test_who_shows_nothing_sees_nothing(client: TestClient) -> None:
    """A program is told what to show, a browser is sent where one signs in, and comes back to where it wanted to go."""
    asked = client.get("/api/stores")
    assert (asked.status_code, asked.headers["www-authenticate"]) == (401, "Bearer")
    for path in ("/pictures/plates/x/y/1-1.jpg", "/nothing", "/api/alerts"):
        assert client.get(path).status_code == 401
    sent = client.get("/alerts?store=a", headers=HTML)
    assert (sent.status_code, sent.headers["location"]) == (303, "/signin?next=alerts%3Fstore%3Da")
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/socket"):
        pass


def test_an_invitation_leads_to_a_password_and_in(client: TestClient, door: Door) -> None:
    """It holds once; the password that was chosen lets one in again, and to the page that one wanted."""
    code = door.invited("ann", STAFF, STORE)
    assert "Welcome, ann" in client.get(f"/invitation/{code}").text
    assert "too easy" in client.post(f"/invitation/{code}", data={"password": "ann ann ann"}).text
    assert "characters" in client.post(f"/invitation/{code}", data={"password": "short"}).text
    taken = client.post(f"/invitation/{code}", data={"password": PASSWORD})
    assert taken.status_code == 303
    assert client.get("/api/stores").json() == [{"id": STORE, "name": "Main Street"}]
    assert client.post(f"/invitation/{code}", data={"password": PASSWORD}).status_code == 410
    client.cookies.clear()
    again = sign_in(client, "ann", PASSWORD, "alerts?store=a")
    assert (again.status_code, again.headers["location"]) == (303, "/alerts?store=a")
    assert client.get("/api/stores").status_code == 200


def test_a_session_is_kept_from_scripts_and_other_sites(client: TestClient, door: Door) -> None:
    """HttpOnly, SameSite, for encrypted ways alone where the way is encrypted, and below the proxy's path."""
    code = door.invited("ann", STAFF)
    through = {"X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/shelf"}
    kept = client.post(f"/invitation/{code}", data={"password": PASSWORD}, headers=through).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Secure", "Path=/shelf/"} <= {part.strip() for part in kept.split(";")}
    plain = sign_in(client, "ann", PASSWORD).headers["set-cookie"]
    assert "Secure" not in plain
    assert "Path=/;" in plain


@pytest.mark.parametrize("wanted", ["//evil.example/x", "https://evil.example", "/\\evil.example", "javascript:x"])
def test_nobody_is_sent_to_another_site(client: TestClient, door: Door, wanted: str) -> None:
    """Where one goes after signing in is a page of ours, whatever a link says."""
    door.accounts.accept(door.invited("ann", STAFF), PASSWORD, door.clock.now())
    assert sign_in(client, "ann", PASSWORD, wanted).headers["location"] == "/"


def test_who_guesses_has_to_wait(client: TestClient, door: Door, clock: ManualClock) -> None:
    """After ten wrong passwords even the right one waits; another name does not; names that are none are told alike."""
    for name in ("ann", "ben"):
        door.accounts.accept(door.invited(name, STAFF), PASSWORD, door.clock.now())
    wrong = {name: sign_in(client, name, "wrong wrong").text for name in ("ann", "nobody")}
    assert wrong["ann"] == wrong["nobody"]
    for _ in range(9):
        assert sign_in(client, "ann", "wrong wrong").status_code == 403
    held = sign_in(client, "ann", PASSWORD)
    assert (held.status_code, int(held.headers["retry-after"]) > 60) == (429, True)
    assert sign_in(client, "ben", PASSWORD).status_code == 303


@pytest.mark.parametrize(
    ("headers", "let_in"),
    [
        ({}, True),
        ({"Origin": "http://testserver"}, True),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://shelves.example"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
    ],
)
def test_another_site_makes_a_browser_do_nothing(
    client: TestClient, door: Door, world: World, headers: dict[str, str], *, let_in: bool
) -> None:
    """Answers, sockets and signing in alike; reading a page by a link from elsewhere is no harm."""
    signed_in = door.cookie("ann", STAFF)
    asked = {"alert_id": world.milk_alert.alert_id, "kind": "later"}
    answered = client.post("/api/answers", json=asked, headers={**signed_in, **headers})
    assert answered.status_code == (202 if let_in else 403)
    assert len(world.producer.answers) == int(let_in)
    assert client.get("/api/stores", headers={**signed_in, **headers}).status_code == 200
    assert sign_in(client, "ann", "x").status_code == 403
    if let_in:
        with client.websocket_connect("/socket", headers={**signed_in, **headers}) as socket:
            assert socket.receive_text() == "in"
    else:
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/socket", headers={**signed_in, **headers}):
            pass


def test_a_session_ends(client: TestClient, door: Door, clock: ManualClock) -> None:
    """By signing out, by doing nothing for long, at its last day, and with its account."""
    kept = door.cookie("ann", STAFF)
    out = client.post("/signout", headers=kept)
    assert (out.status_code, out.headers["location"], "Max-Age=0" in out.headers["set-cookie"]) == (
        303,
        "/signin",
        True,
    )
    assert client.get("/api/stores", headers=kept).status_code == 401
    idle = door.cookie("ann", STAFF)
    clock.advance(TIMES.idle.total_seconds() + 1)
    assert client.get("/api/stores", headers=idle).status_code == 401
    last = door.cookie("ann", STAFF)
    for _ in range(31 * 3):
        clock.advance(8 * 3600)
        answered = client.get("/api/stores", headers=last)
    assert answered.status_code == 401
    gone = door.cookie("ann", STAFF)
    assert client.get("/api/stores", headers=gone).status_code == 200
    door.accounts.remove("ann")
    clock.advance(6)
    assert client.get("/api/stores", headers=gone).status_code == 401


def test_a_program_shows_a_token(client: TestClient, door: Door, clock: ManualClock) -> None:
    """It is let in as its account until the token ends; it needs no cookie, so no other site can misuse it."""
    door.session("till", Role.HQ, STORE)
    token = door.accounts.give_token("till", "bi", clock.now(), timedelta(days=1))
    shown = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/stores", headers=shown).status_code == 200
    refused = client.post("/api/answers", json={"alert_id": "x", "kind": "later"}, headers=shown)
    assert refused.json() == {"error": "your account may not answer alerts"} or refused.status_code == 404
    assert client.get("/api/stores", headers={"Authorization": "Bearer shelf_no"}).status_code == 401
    clock.advance(86_401)
    assert client.get("/api/stores", headers=shown).status_code == 401


def test_while_accounts_cannot_be_read_who_is_in_stays_in(
    client: TestClient, door: Door, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For ten minutes; who comes new is asked to come back."""
    kept = door.cookie("ann", STAFF)
    assert client.get("/api/stores", headers=kept).status_code == 200

    def away(*_: object) -> None:
        raise Unavailable("SQL database: connection refused")

    monkeypatch.setattr(door.accounts, "visitor", away)
    clock.advance(300)
    assert client.get("/api/stores", headers=kept).status_code == 200
    new = client.get("/api/stores", headers={"Cookie": f"{SESSION_COOKIE}=new"})
    assert (new.status_code, bool(new.headers["retry-after"])) == (503, True)
    clock.advance(400)
    assert client.get("/api/stores", headers=kept).status_code == 503


def test_a_role_and_its_stores_change_at_once(client: TestClient, door: Door, clock: ManualClock) -> None:
    """An open session is a staff member's of no store the next time that one looks."""
    kept = door.cookie("ann", Role.MANAGER, STORE)
    span = {"store": STORE, "from": "2026-01-01", "to": "2026-01-02"}
    assert client.get("/api/history/oos", params=span, headers=kept).status_code == 200
    door.session("ann", STAFF, "elsewhere")
    clock.advance(6)
    assert client.get("/api/stores", headers=kept).json() == []
    assert client.get("/api/history/oos", params=span, headers=kept).status_code == 403
