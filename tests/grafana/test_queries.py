"""Every query of the dashboard, run on a real PostgreSQL with this release's tables, says what its panel promises."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, Table, insert, text

from alerts.contract import GONE, OTHER_PRODUCT
from alerts.tables import alerts
from analytics.historian.tables import state_intervals
from deploy.grafana.queries import ALL
from shelfstream.catalogue.model import CatalogueEntity, Product, Slot
from shelfstream.catalogue.records import CatalogueRecord
from shelfstream.catalogue.versions_sql import catalogue_versions
from shelfstream.migrations.upgrade import upgrade
from shelfstream.sql import engine_of, reading, writing

pytestmark = pytest.mark.real
STORE = "o-hare's"  # no slug: the quote must survive Grafana's quoting
GTIN, OTHER_GTIN = "04006381333931", "04012345678901"
NOW = datetime.now(UTC).replace(microsecond=0)


def _ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def _interval(
    slot: str, sequence: int, state: str, begun: datetime, ended: datetime | None, *, reason: str | None = None,
    gtin: str = GTIN,
) -> dict[str, Any]:  # fmt: skip
    return {
        "store": STORE,
        "slot": slot,
        "sequence": sequence,
        "event_id": f"{slot}-{sequence}",
        "bay": "dairy-1",
        "gtin": gtin,
        "state": state,
        "reason": reason,
        "from_earliest": begun,
        "from_at": begun,
        "to_at": ended,
        "confidence": 0.9,
    }


def _alert(
    number: int, slot: str, raised_at: datetime, cleared_at: datetime | None, why: str | None = None
) -> dict[str, Any]:
    return {
        "alert_id": f"alert-{number}",
        "store": STORE,
        "slot": slot,
        "bay": "dairy-1",
        "gtin": GTIN,
        "state": "OUT",
        "status": "raised" if cleared_at is None else "cleared",
        "step": 1,
        "event_id": f"{slot}-{number}",
        "slot_sequence": number,
        "onset_earliest": raised_at,
        "onset_latest": raised_at,
        "raised_at": raised_at,
        "cleared_at": cleared_at,
        "cleared_why": why,
    }


def _version(
    entity: CatalogueEntity, identifier: str, begun: datetime, ended: datetime | None = None
) -> dict[str, Any]:
    record = CatalogueRecord.of(entity)
    return {
        "store": STORE,
        "kind": record.kind.value,
        "id": identifier,
        "valid_from": begun,
        "valid_to": ended,
        "bay": "dairy-1",
        "content_hash": "x",
        "value": record.encode().decode(),
        "published_at": begun,
    }


def _planned(slot: str, begun: datetime, ended: datetime | None = None, gtin: str = GTIN) -> dict[str, Any]:
    plan = Slot(store="main-street", id=slot, bay="dairy-1", shelf="s1", gtin=gtin, x_min_mm=0, x_max_mm=300)
    return _version(plan, slot, begun, ended)


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    """Four slots: one out for 30 minutes, one refilled after 20, one stocked, one not seen well enough."""
    engine = engine_of(postgres_url)
    upgrade(engine)
    product = Product(store="main-street", gtin=GTIN, name="Whole milk")
    with writing(engine) as connection:
        connection.execute(
            insert(state_intervals),
            [
                _interval("a1", 1, "STOCKED", _ago(120), _ago(30)),
                _interval("a1", 2, "OUT", _ago(30), None),
                _interval("a2", 1, "STOCKED", _ago(120), _ago(50)),
                _interval("a2", 2, "OUT", _ago(50), _ago(30)),
                _interval("a2", 3, "LOW", _ago(30), None),
                _interval("a3", 1, "STOCKED", _ago(120), None),
                _interval("a4", 1, "UNKNOWN", _ago(120), None),
            ],
        )
        connection.execute(
            insert(alerts), [_alert(1, "a1", _ago(30), None), _alert(2, "a2", _ago(50), _ago(30), "LOW")]
        )
        slots = [_planned(slot, _ago(1000)) for slot in ("a1", "a2", "a3", "a4")]
        connection.execute(insert(catalogue_versions), [_version(product, GTIN, _ago(1000)), *slots])
    yield engine
    engine.dispose()


def _also(engine: Engine, table: Table, *rows: dict[str, Any]) -> None:
    with writing(engine) as connection:
        connection.execute(insert(table), list(rows))


def _asked(engine: Engine, name: str, first: datetime = _ago(60), last: datetime = _ago(-1)) -> list[dict[str, Any]]:
    """Run a query as Grafana would: its variables and macros filled in, as the read-only user that it should be."""
    begun, ended = (f"'{moment:%Y-%m-%dT%H:%M:%SZ}'" for moment in (first, last))
    sql = ALL[name].replace("${store:sqlstring}", "'" + STORE.replace("'", "''") + "'")
    sql = sql.replace("$__timeFrom()", begun).replace("$__timeTo()", ended).replace("$__interval_ms", "600000")
    for column in ("cleared_at", "i.raised_at"):
        sql = sql.replace(f"$__timeFilter({column})", f"{column} BETWEEN {begun} AND {ended}")
    assert "$" not in sql
    with reading(engine) as connection:
        return [dict(row) for row in connection.execute(text(sql.replace(":", r"\:"))).mappings()]


def test_figures_are_of_now_and_unknown_counts_as_neither(engine: Engine) -> None:
    """Four slots: one out, one low, one stocked, one unknown."""
    assert _asked(engine, "stores") == [{"store": STORE}]
    assert _asked(engine, "open_alerts") == [{"open": 1}]
    assert _asked(engine, "out_now") == [{"out": 1}]
    assert _asked(engine, "unknown_now") == [{"unknown": 1}]
    assert _asked(engine, "availability_now") == [{"availability": pytest.approx(2 / 3)}]
    assert _asked(engine, "coverage_now") == [{"coverage": pytest.approx(3 / 4)}]


def test_what_was_never_seen_counts_as_unknown(engine: Engine) -> None:
    """A camera that was dead from its first day on makes no event, and still lowers the coverage."""
    _also(engine, catalogue_versions, _planned("a5", _ago(1000)))
    assert _asked(engine, "unknown_now") == [{"unknown": 2}]
    assert _asked(engine, "coverage_now") == [{"coverage": pytest.approx(3 / 5)}]
    assert {row["unknown"] for row in _asked(engine, "states_over_time")} == {2}


def test_what_is_planned_no_more_counts_no_more(engine: Engine) -> None:
    """A retired slot leaves the figures when it leaves the plan, although its last interval never ends."""
    _also(engine, catalogue_versions, _planned("a6", _ago(1000), _ago(25)))
    _also(
        engine,
        state_intervals,
        _interval("a6", 1, "OUT", _ago(120), _ago(24)),
        _interval("a6", 2, "UNKNOWN", _ago(24), None, reason="retired"),
    )
    assert _asked(engine, "unknown_now") == [{"unknown": 1}]
    assert _asked(engine, "coverage_now") == [{"coverage": pytest.approx(3 / 4)}]
    rows = _asked(engine, "states_over_time")
    assert [row["out"] for row in rows] == [1, 2, 2, 2, 1, 1, 1]
    assert {row["unknown"] for row in rows} == {1}


def test_what_is_to_be_planned_later_does_not_count_yet(engine: Engine) -> None:
    """A plan for tomorrow changes nothing today, neither the slots nor the products' names."""
    tomorrow = NOW + timedelta(days=1)
    renamed = Product(store="main-street", gtin=GTIN, name="Fresh milk")
    _also(engine, catalogue_versions, _planned("a7", tomorrow), _version(renamed, GTIN, tomorrow))
    assert _asked(engine, "coverage_now") == [{"coverage": pytest.approx(3 / 4)}]
    assert {row["unknown"] for row in _asked(engine, "states_over_time")} == {1}
    assert _asked(engine, "out_list")[0]["product"] == "Whole milk"


def test_what_is_known_of_the_product_before_says_nothing_of_this_one(engine: Engine) -> None:
    """From the plan's change on the slot is unknown, as the console shows it; before that it was what it was."""
    _also(engine, catalogue_versions, _planned("a8", _ago(1000), _ago(15)), _planned("a8", _ago(15), gtin=OTHER_GTIN))
    _also(engine, state_intervals, _interval("a8", 1, "OUT", _ago(120), None))
    assert _asked(engine, "out_now") == [{"out": 1}]
    assert _asked(engine, "unknown_now") == [{"unknown": 2}]
    rows = _asked(engine, "states_over_time")
    assert [row["out"] for row in rows] == [1, 2, 2, 2, 2, 1, 1]
    assert [row["unknown"] for row in rows] == [1, 1, 1, 1, 1, 2, 2]


def test_what_is_out_now_has_its_name_and_its_alert(engine: Engine) -> None:
    """The list that a manager walks along."""
    (row,) = _asked(engine, "out_list")
    assert (row["product"], row["slot"], row["since"], row["alert"]) == ("Whole milk", "a1", _ago(30), "raised")
    lasts_s = (datetime.now(UTC) - _ago(30)).total_seconds()
    assert lasts_s - 60 <= row["seconds_out"] <= lasts_s


def test_states_over_time_count_each_slot_once(engine: Engine) -> None:
    """An hour in steps of ten minutes: one out, from 50 minutes ago on, first this one, then that one."""
    rows = _asked(engine, "states_over_time")
    assert [row["out"] for row in rows] == [0, 1, 1, 1, 1, 1, 1]
    assert [row["low"] for row in rows] == [0, 0, 0, 1, 1, 1, 1]
    assert {row["unknown"] for row in rows} == {1}
    assert [row["time"] for row in rows] == [_ago(60 - 10 * step) for step in range(7)]


def test_time_to_refill_is_of_alerts_that_the_camera_saw_refilled(engine: Engine) -> None:
    """One alert, refilled after twenty minutes; those that ended without the product do not count."""
    others = enumerate(("OUT", "MISPLACED", GONE, OTHER_PRODUCT), 3)
    _also(engine, alerts, *(_alert(number, f"b{number}", _ago(40), _ago(39), why) for number, why in others))
    (row,) = _asked(engine, "time_to_refill")
    assert float(row["median"]) == float(row["p90"]) == 20 * 60


def test_worst_slots_count_what_lies_within_the_chosen_time(engine: Engine) -> None:
    """Longest first, cut at both ends."""
    rows = _asked(engine, "worst_slots")
    assert [(row["slot"], row["gaps"]) for row in rows] == [("a1", 1), ("a2", 1)]
    assert float(rows[1]["seconds_out"]) == 20 * 60


def test_a_time_that_is_still_to_come_has_no_worst_slots(engine: Engine) -> None:
    """What is out now is not out for less than no time tomorrow."""
    assert _asked(engine, "worst_slots", _ago(-60), _ago(-120)) == []


def test_alerts_are_listed_newest_first(engine: Engine) -> None:
    """With the product's name and how each ended."""
    rows = _asked(engine, "alerts_raised")
    assert [(row["slot"], row["status"], row["product"]) for row in rows] == [
        ("a1", "raised", "Whole milk"),
        ("a2", "cleared", "Whole milk"),
    ]
