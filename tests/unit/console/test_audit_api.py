"""``POST /api/audit``: photographs come in over HTTP, and each place's state goes out."""

from collections.abc import Iterator
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from console.access.gate import Gate
from console.api.routes import add_api, add_error_answers
from shelfstream.catalogue.catalogue import CatalogueSnapshot
from shelfstream.clock import ManualClock
from shelfstream.secrets import KnownSecrets
from simulator.store.camera import SimCamera
from simulator.store.demo_store import demo_catalogue, reference_picture
from simulator.store.truth import StoreTruth, TrueState
from tests.unit.console.console_fakes import World

_URL = "sim://demo-market/cam-left?seed=7&speed=60&people=0"
_NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_STORE = "demo-market"


@pytest.fixture(scope="module")
def world() -> World:
    """The demo's store, its packshots in the picture store."""
    world = World()
    catalogue = demo_catalogue()
    world.catalogue.snapshot = CatalogueSnapshot(2, catalogue)
    for product in catalogue.products.values():
        for name in product.pictures:
            world.pictures[name] = reference_picture(product)
    return world


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[TestClient]:
    app = FastAPI()
    add_error_answers(app, KnownSecrets())
    add_api(app, world.console_data)
    app.add_middleware(Gate, doorkeeper=None)
    with TestClient(app) as client:
        yield client


def test_a_photograph_is_judged_place_by_place(client: TestClient) -> None:
    """Every empty place and no other is called empty; a wall beside it is told, not judged."""
    wall = np.random.default_rng(0).integers(90, 110, (480, 640, 3)).astype(np.uint8)
    files = [
        ("pictures", ("phone.jpg", SimCamera(_URL, ManualClock(_NOW)).frame_at(_NOW), "image/jpeg")),
        ("pictures", ("wall.png", cv2.imencode(".png", wall)[1].tobytes(), "image/png")),
        ("pictures", ("notes.txt", b"no picture", "text/plain")),
    ]
    answer = client.post("/api/audit", params={"store": _STORE, "bay": "bay-1"}, files=files)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    truth = {each.slot: each.state for each in StoreTruth.of_url(_URL).slots_at(_NOW)}
    said = {place["slot"]: place["state"] for place in told["places"]}
    assert len(said) == 30
    assert {slot for slot, state in said.items() if state == "OUT"} == {
        slot for slot in said if truth[slot] is TrueState.OUT
    }
    assert {place["picture"] for place in told["places"]} == {"phone.jpg"}
    why = {each["picture"]: each["why"] for each in told["not_judged"]}
    assert set(why) == {"wall.png", "notes.txt"}
    assert "facings are seen" in why["wall.png"]


def test_what_is_not_there_is_said(client: TestClient) -> None:
    """A store, a bay, no photograph, too many."""
    files = [("pictures", ("a.jpg", b"x", "image/jpeg"))]
    assert client.post("/api/audit", params={"store": "nowhere"}, files=files).status_code == 404
    assert client.post("/api/audit", params={"store": _STORE, "bay": "bay-9"}, files=files).status_code == 404
    assert client.post("/api/audit", params={"store": _STORE}).status_code == 422
    assert client.post("/api/audit", params={"store": _STORE}, files=files * 21).status_code == 413


def test_a_new_product_is_compared_with_the_others(world: World) -> None:
    """The packshot of another product is taken for that one; one that is like none is taken for none."""
    catalogue = demo_catalogue()
    first, other = list(catalogue.products.values())[:2]
    alike = world.console_data.eyes.taken_for(catalogue, _STORE, first.gtin, {"a.jpg": reference_picture(other)})
    assert alike[0][0] == other.gtin
    assert alike[0][1] > 0.5
    assert first.gtin not in [gtin for gtin, _ in alike]
