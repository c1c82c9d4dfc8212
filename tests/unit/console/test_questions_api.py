"""Named questions over HTTP: pages with their marks, whole answers as files, and whose stores they are of."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from analytics.history.questions.named import QUESTIONS
from analytics.history.questions.question import Asked
from console.access.gate import Gate
from console.access.roles import Role, Visitor
from console.api.routes import add_api, add_error_answers
from console.sources import NotAllowed, NotFound
from shelfstream.secrets import KnownSecrets
from tests.unit.console.console_fakes import GTIN_MILK, STORE, World, oos

_DAYS = {"from": "2026-03-02", "to": "2026-03-08"}
_ASKED = Asked(date(2026, 3, 2), date(2026, 3, 8))


@pytest.fixture
def world() -> World:
    """Its store, and three products of another one."""
    found = World()
    since = found.clock.now() - timedelta(hours=2)
    other = [replace(oos("milk", GTIN_MILK, name, since, 5), store="far-away") for name in ("Rye", "=1+1", "Oats")]
    found.history.rows += other
    return found


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    app = FastAPI()
    add_error_answers(app, KnownSecrets())
    add_api(app, world.console_data)
    app.add_middleware(Gate, doorkeeper=None)
    with TestClient(app) as client:
        yield client


def test_questions_are_described(client: TestClient) -> None:
    """A program learns what may be asked, and what each column is."""
    told = {each["name"]: each for each in client.get("/api/v1/history").json()}
    assert set(told) == set(QUESTIONS)
    assert told["lost-sales"]["by"] == ["category", "product", "store", "region"]
    assert told["open-now"]["takes"] == ["categories", "gtins", "regions", "stores"]
    assert told["osa-weeks"]["takes"] == ["regions", "stores"]
    assert all(column["says"] for each in told.values() for column in each["columns"])


def test_pages_follow_each_other_and_carry_a_mark(client: TestClient) -> None:
    """``after`` leads on; a caller that has a page already is told so in a line."""
    first = client.get("/api/v1/history/chronic", params={**_DAYS, "rows": 3})
    page = first.json()
    assert [column["name"] for column in page["columns"]] == ["store", "product"]
    assert len(page["rows"]) == 3
    last = client.get("/api/v1/history/chronic", params={**_DAYS, "rows": 3, "after": page["after"]}).json()
    assert (last["rows"], last["after"]) == ([["far-away", "Oats"]], None)
    again = client.get(
        "/api/v1/history/chronic", params={**_DAYS, "rows": 3}, headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("wanted", ["csv", "array", "parquet", "arrow"])
def test_whole_answers_come_as_files(client: TestClient, wanted: str) -> None:
    """All rows, under a file's name; no cell of CSV is a formula."""
    found = client.get("/api/v1/history/chronic", params={**_DAYS, "format": wanted})
    ending = {"array": "json"}.get(wanted, wanted)
    assert f'filename="chronic.{ending}"' in found.headers["Content-Disposition"]
    if wanted == "csv":
        assert "'=1+1" in found.text
        assert len(found.text.splitlines()) == 5
    elif wanted == "array":
        assert {"store": "far-away", "product": "=1+1"} in found.json()
    else:
        read = pq.read_table(io.BytesIO(found.content)) if wanted == "parquet" else None
        table = pa.ipc.open_stream(found.content).read_all() if read is None else read
        assert table.num_rows == 4


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"from": "2026-03-08", "to": "2026-03-02"}, 422),
        ({**_DAYS, "gtin": "12"}, 422),
        ({**_DAYS, "rows": "0"}, 422),
        ({**_DAYS, "by": "moon"}, 422),
        ({**_DAYS, "format": "xlsx"}, 422),
        ({"from": "2026-03-02"}, 422),
    ],
)
def test_what_cannot_be_asked_is_told(client: TestClient, params: dict[str, str], status: int) -> None:
    """A sentence under ``error``."""
    answered = client.get("/api/v1/history/chronic", params=params)
    assert answered.status_code == status
    assert answered.json()["error"]


def test_an_unknown_question_and_a_database_away(client: TestClient, world: World) -> None:
    """404 names those that there are; 503 says when to come back, of files as well, before they begin."""
    unknown = client.get("/api/v1/history/why", params=_DAYS)
    assert unknown.status_code == 404
    assert "chronic" in unknown.json()["error"]
    world.history.away = True
    for wanted in ("json", "csv", "parquet"):
        away = client.get("/api/v1/history/chronic", params={**_DAYS, "format": wanted})
        assert (away.status_code, "Retry-After" in away.headers) == (503, True)


def test_an_answer_is_of_the_stores_that_one_sees(world: World) -> None:
    """Asked about all, about another's, by who sees none, and by who may ask nothing of history."""

    def rows(visitor: Visitor, *stores: str) -> list[tuple[object, ...]]:
        past = world.console_data.seen_by(visitor).past
        asked = replace(_ASKED, stores=stores)
        whole = list(past.whole_answer("chronic", asked)[1])
        assert list(past.answer("chronic", asked, 100, None).rows) == whole
        return whole

    everybody = Visitor("hq", Role.HQ)
    assert len(rows(everybody)) == 4
    assert len(rows(everybody, "far-away")) == 3
    own = Visitor("boss", Role.MANAGER, frozenset({STORE}))
    assert {row[0] for row in rows(own)} == {STORE}
    with pytest.raises(NotFound, match="far-away"):
        rows(own, "far-away")
    assert rows(Visitor("nobody", Role.HQ, frozenset())) == []
    with pytest.raises(NotAllowed):
        rows(Visitor("staff", Role.STAFF, frozenset({STORE})))
