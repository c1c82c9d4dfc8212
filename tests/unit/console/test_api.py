"""The API: what it answers, and how it fails."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from alerts.model import HeldAlert, WaitsFor
from analytics.contract import SlotState, evidence_id, plate_id
from console.access.gate import Gate
from console.api.routes import add_api, add_error_answers, add_pictures
from shelfstream.secrets import KnownSecrets
from tests.unit.console.console_fakes import GTIN_BUTTER, GTIN_MILK, STORE, World

LATELY = {"from": (datetime.now(UTC) - timedelta(days=2)).isoformat(), "to": datetime.now(UTC).isoformat()}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    app = FastAPI()
    add_error_answers(app, KnownSecrets())
    add_api(app, world.console_data)
    add_pictures(app, world.console_data)
    app.add_middleware(Gate, doorkeeper=None)
    with TestClient(app) as client:
        yield client


def test_slots_and_outs(client: TestClient) -> None:
    """A program learns of every slot's state, and of what is out."""
    slots = client.get(f"/api/stores/{STORE}/slots").json()
    assert {slot["slot"]: slot["state"] for slot in slots["slots"]} == {
        "milk": "OUT", "butter": "LOW", "cream": "UNKNOWN", "offer": "UNKNOWN",
    }  # fmt: skip
    assert (slots["on_shelf_availability"], slots["unknown"], slots["troubles"]) == (0.5, 2, [])
    (out,) = client.get(f"/api/stores/{STORE}/out").json()
    assert (out["product"], out["bring"]) == ("Whole milk", 3)
    assert client.get(out["after_url"]).headers["content-type"] == "image/jpeg"
    assert client.get("/api/stores").json() == [{"id": STORE, "name": "Main Street"}]


def test_an_answer_is_accepted_and_a_repeat_told(client: TestClient, world: World) -> None:
    """An answer goes on the bus; once the ledger has it, the same one again sends nothing."""
    asked = {"alert_id": world.milk_alert.alert_id, "kind": "refilled", "by": "handheld-3"}
    first = client.post("/api/answers", json=asked)
    assert (first.status_code, first.json()["repeated"]) == (202, False)
    assert world.producer.answers[0].by == "handheld-3"
    world.inbox.change(world.milk_alert.alert_id, answer="refilled", cleared_at=world.clock.now())
    assert client.post("/api/answers", json=asked).json()["repeated"] is True
    assert client.post("/api/answers", json=asked | {"kind": "not_empty"}).status_code == 409


def test_what_is_held_back_is_told_with_its_reason(client: TestClient, world: World) -> None:
    """A program learns of alerts that are not raised yet, and what each waits for."""
    due_at = world.clock.now() + timedelta(hours=1)
    world.inbox.waiting.append(
        HeldAlert(STORE, "milk", "dairy", GTIN_MILK, SlotState.OUT, WaitsFor.QUIET_HOURS, due_at)
    )
    (held,) = client.get("/api/alerts", params={"store": STORE}).json()["held"]
    assert (held["product"], held["waits_for"]) == ("Whole milk", "quiet_hours")
    assert datetime.fromisoformat(held["due_at"]) == due_at


def test_history_as_json_and_csv_says_the_same(client: TestClient) -> None:
    """Both forms hold the same rows."""
    asked = {"store": STORE, "from": "2020-01-01T00:00:00Z", "to": "2020-06-01T00:00:00Z"}
    assert client.get("/api/history/oos", params=asked).json() == []
    asked = {"store": STORE, **LATELY}
    rows = client.get("/api/history/oos", params=asked).json()
    table = list(csv.DictReader(io.StringIO(client.get("/api/history/oos", params={**asked, "format": "csv"}).text)))
    assert [row["slot"] for row in rows] == [row["slot"] for row in table]
    assert [str(row["minutes_out"]) for row in rows] == [row["minutes_out"] for row in table]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/stores/elsewhere/slots", 404),
        ("/api/nothing", 404),
        (f"/api/history/oos?store={STORE}&from=2026-02-01&to=2026-01-01", 422),
        (f"/api/history/oos?store={STORE}&from=2000-01-01&to=2026-01-01", 422),
        (f"/api/history/oos?store={STORE}&from=yesterday&to=2026-01-01", 422),
        (f"/api/history/oos?store={STORE}", 422),
        (f"/api/history/oos?store={STORE}&from=0001-01-01T00:00:00%2B05:00&to=2026-01-01", 422),
        (f"/api/history/oos?store={STORE}&from=2026-01-01&to=9999-12-31T23:00:00-05:00", 422),
        (f"/api/history/oos?store={STORE}&from=0001-01-01&to=0001-01-02", 422),
        (f"/api/history/oos?store={STORE}&from=2026-01-01&to=2026-01-02&gtin=4006381333932", 422),
        (f"/api/history/oos?store={STORE}&from=2026-01-01&to=2026-01-02&gtin=milk", 422),
    ],
)
def test_what_is_wrong_is_said_in_json(client: TestClient, path: str, status: int) -> None:
    """Every refusal is JSON with a sentence."""
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_what_is_away_is_503(client: TestClient, world: World) -> None:
    """SQL away: history says when to come back; slots are still served when Redis is away, with the trouble told."""
    world.history.away = True
    answer = client.get(f"/api/history/oos?store={STORE}&from=2026-01-01&to=2026-02-01")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    world.live.away = True
    assert client.get(f"/api/stores/{STORE}/slots").json()["troubles"]


@pytest.mark.parametrize(
    "path",
    [
        "plates/../../etc/passwd.jpg", "plates/%2e%2e/secret.jpg", "etc/passwd", "private/a.jpg", "plates//a.jpg",
        "plates/a.svg", "plates/a\\b.jpg", "%2fetc%2fpasswd.jpg", "plates/A.jpg", "plates/none.jpg",
    ],
)  # fmt: skip
def test_pictures_lead_nowhere_else(client: TestClient, path: str) -> None:
    """What is no id of a served kind is not there, however the path is dressed."""
    assert client.get(f"/pictures/{path}").status_code == 404


def test_a_picture_is_kept_by_the_browser_alone(client: TestClient, world: World) -> None:
    """A picture's id never means another picture, but a shared cache has no business with it."""
    crop = evidence_id(STORE, world.milk_alert.event_id, "after")
    answer = client.get(f"/pictures/{crop}")
    assert answer.content == world.pictures[crop]
    assert answer.headers["cache-control"] == "private, max-age=3600, immutable"


def test_a_whole_frame_does_not_outlive_its_deletion_for_long(client: TestClient, world: World) -> None:
    """Plates are deleted soon, for privacy's sake: a browser's copy of one is good for a minute."""
    frame = world.live.seen["cam-1"].frame_id
    answer = client.get(f"/pictures/{plate_id(frame)}")
    assert answer.content == world.pictures[plate_id(frame)]
    assert answer.headers["cache-control"] == "private, max-age=60, immutable"


@pytest.mark.parametrize("gtin", [GTIN_MILK, GTIN_MILK.lstrip("0")])
def test_history_finds_a_product_by_any_form_of_its_gtin(client: TestClient, world: World, gtin: str) -> None:
    """With 14 digits or with the 13 that stand on the pack."""
    world.history.rows.append(replace(world.history.rows[0], gtin=GTIN_BUTTER))
    rows = client.get("/api/history/oos", params={"store": STORE, **LATELY, "gtin": gtin}).json()
    assert [row["gtin"] for row in rows] == [GTIN_MILK]


def test_csv_starts_no_formula(client: TestClient, world: World) -> None:
    """A product named like a formula is a text in a spreadsheet."""
    world.history.rows = [replace(world.history.rows[0], product="=cmd()")]
    asked = {"store": STORE, **LATELY, "format": "csv"}
    assert "'=cmd()" in client.get("/api/history/oos", params=asked).text
