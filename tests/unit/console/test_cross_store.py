"""Whatever is asked of the API and the pictures, and by whom: nothing of another store is shown, nothing changed."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.history.questions.named import QUESTIONS
from console.access.gate import Gate
from console.access.roles import Role
from console.api.routes import add_api, add_error_answers, add_pictures
from shelfstream.catalogue.catalogue import Catalogue, CatalogueSnapshot
from shelfstream.catalogue.model import Product, Store
from shelfstream.secrets import KnownSecrets
from tests.unit.console.access_rig import Door, door_at
from tests.unit.console.console_fakes import GTIN_MILK, STORE, World

OWN = "own-road"
PACKSHOT, OWN_PACKSHOT = "products/" + "a" * 64 + ".jpg", "products/" + "b" * 64 + ".jpg"
TELLTALE = ("Main Street", "Whole milk", "Milk & cream", "rtsp://camera/1", GTIN_MILK)
"""What only the other store has."""


def two_stores(world: World) -> None:
    """The world's store, whose milk has a packshot, and one that the visitors may see."""
    others = [each for each in world.catalogue.snapshot.catalogue.entities() if not isinstance(each, Product)]
    milk = Product(store=STORE, gtin=GTIN_MILK, name="Whole milk", pictures=(PACKSHOT,))
    own = Product(store=OWN, gtin="04012345678901", name="Bread", pictures=(OWN_PACKSHOT,))
    road = Store(id=OWN, name="Own Road", time_zone="UTC", hours={})
    world.catalogue.snapshot = CatalogueSnapshot(2, Catalogue.of([*others, milk, road, own]))
    world.pictures[PACKSHOT] = world.pictures[OWN_PACKSHOT] = b"a packshot"


@pytest.fixture(scope="module")
def world() -> World:
    made = World()
    two_stores(made)
    return made


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, world: World) -> Iterator[Door]:
    folder: Path = tmp_path_factory.mktemp("door")
    with door_at(folder, world.clock) as door:
        yield door


@pytest.fixture(scope="module")
def app(world: World, door: Door) -> FastAPI:
    app = FastAPI()
    add_error_answers(app, KnownSecrets())
    add_api(app, world.console_data)
    add_pictures(app, world.console_data)
    app.add_middleware(Gate, doorkeeper=door.keeper)
    return app


@pytest.fixture(scope="module")
def cookies(door: Door) -> dict[Role, dict[str, str]]:
    """A session of each role, that sees its own store alone."""
    door.session("boss", Role.ADMINISTRATOR)
    return {role: door.cookie(f"one-{role.value}", role, OWN) for role in Role}


@given(data=st.data(), role=st.sampled_from(list(Role)))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_route_shows_or_changes_what_is_another_stores(
    app: FastAPI, world: World, cookies: dict[Role, dict[str, str]], data: st.DataObject, role: Role
) -> None:
    """Every route that there is, with the other store's identifiers wherever something can be said."""
    described = {path: list(methods) for path, methods in app.openapi()["paths"].items()}
    assert {
        "/api/stores/{store}/slots",
        "/api/alerts",
        "/api/answers",
        "/api/history/oos",
        "/api/audit",
        "/api/v1/history/{question}",
    } <= set(described)
    routes = {**described, "/pictures/{picture_id}": ["get"]}
    named = data.draw(st.sampled_from(sorted(routes)))
    others = [*world.pictures, world.milk_alert.alert_id, f"{OWN}/../{STORE}", "..%2f" + STORE]
    names = st.sampled_from([STORE, OWN, *others])
    questions = st.sampled_from([*QUESTIONS, STORE])
    path = re.sub(r"{([^}]*)}", lambda part: data.draw(questions if part[1] == "question" else names), named)
    asked = {"store": data.draw(st.sampled_from([STORE, OWN, ""])), "from": "2026-01-01", "to": "2026-02-01"}
    body = {"alert_id": world.milk_alert.alert_id, "kind": "later"}
    before = len(world.producer.sent)
    with TestClient(app) as client:
        for method in routes[named]:
            given_json = body if method == "post" else None
            answered = client.request(method, path, params=asked, json=given_json, headers=cookies[role])
            assert answered.status_code < 500
            assert not any(word in answered.text for word in TELLTALE), (method, path)
            if answered.headers["content-type"].startswith("image/"):
                assert OWN_PACKSHOT in path
    assert len(world.producer.sent) == before


def test_who_sees_the_store_is_shown_all_of_that(app: FastAPI, door: Door, world: World) -> None:
    """The test above would pass if nothing were ever shown."""
    with TestClient(app) as client:
        kept = door.cookie("both", Role.MANAGER, OWN, STORE)
        shown = "".join(
            client.get(path, headers=kept).text
            for path in (
                "/api/stores",
                "/api/alerts",
                f"/api/stores/{STORE}/slots",
                f"/api/stores/{STORE}/out",
                "/api/v1/history/chronic?from=2026-01-01&to=2026-02-01",
            )
        )
        assert all(word in shown for word in ("Main Street", "Whole milk", "Milk &", GTIN_MILK))
        for picture in world.pictures:
            assert client.get(f"/pictures/{picture}", headers=kept).status_code == 200
        asked = {"alert_id": world.milk_alert.alert_id, "kind": "later"}
        assert client.post("/api/answers", json=asked, headers=kept).status_code == 202
        assert world.producer.answers[-1].by == "manager"


@pytest.mark.parametrize("role", list(Role))
def test_an_inbox_of_all_is_of_the_stores_that_one_sees(app: FastAPI, door: Door, role: Role) -> None:
    """Whoever sees all stores, some, or one."""
    with TestClient(app) as client:
        for stores, found in (((), 1), ((OWN, STORE), 1), ((OWN,), 0)):
            kept = door.cookie(f"of-{role.value}", role, *stores)
            assert len(client.get("/api/alerts", headers=kept).json()["open"]) == found
