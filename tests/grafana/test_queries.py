"""Every query of the dashboard, run on a real PostgreSQL with this release's tables, says what its panel promises."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text

from alerts.tables import alerts
from analytics.tables import state_intervals
from deploy.grafana.queries import ALL
from shelfstream.catalogue.model import Product
from shelfstream.catalogue.records import CatalogueRecord
from shelfstream.catalogue.sql_tables import catalogue_versions
from shelfstream.migrations.upgrade import upgrade
from shelfstream.sql import engine_of, reading, writing

pytestmark = pytest.mark.real
STORE = "o-hare's"  # no slug: the quote must survive Grafana's quoting
GTIN = "04006381333931"
NOW = datetime.now(UTC).replace(microsecond=0)


def _ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def _interval(slot: str, sequence: int, state: str, begun: datetime, ended: datetime | None) -> dict[str, Any]:
    return {
        "store": STORE,
        "slot": slot,
        "sequence": sequence,
        "event_id": f"{slot}-{sequence}",
        "bay": "dairy-1",
        "gtin": GTIN,
        "state": state,
        "from_earliest": begun,
        "from_at": begun,
        "to_at": ended,
        "confidence": 0.9,
    }


def _alert(number: int, slot: str, raised_at: datetime, cleared_at: datetime | None) -> dict[str, Any]:
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
    }


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    """Four slots: one out for 30 minutes, one refilled after 20, one stocked, one unknown."""
    engine = engine_of(postgres_url)
    upgrade(engine)
    product = Product(store="main-street", gtin=GTIN, name="Whole milk")
    with writing(engine) as connection:
        connection.execute(
            insert(state_intervals),
            [
                _interval("a1", 1, "STOCKED", _ago(120), _ago(30)),
                _interval("a1", 2, "OUT", _ago(30), None),
                _interval("a2", 1, "OUT", _ago(50), _ago(30)),
                _interval("a2", 2, "LOW", _ago(30), None),
                _interval("a3", 1, "STOCKED", _ago(120), None),
                _interval("a4", 1, "UNKNOWN", _ago(120), None),
            ],
        )
        connection.execute(insert(alerts), [_alert(1, "a1", _ago(30), None), _alert(2, "a2", _ago(50), _ago(30))])
        connection.execute(
            insert(catalogue_versions).values(
                store=STORE,
                kind="product",
                id=GTIN,
                valid_from=_ago(1000),
                content_hash="x",
                value=CatalogueRecord.of(product).encode().decode(),
                published_at=_ago(1000),
            )
        )
    yield engine
    engine.dispose()


def _asked(engine: Engine, name: str) -> list[dict[str, Any]]:
    """Run a query as Grafana would: its variables and macros filled in, as the read-only user that it should be."""
    begun, ended = (f"'{moment:%Y-%m-%dT%H:%M:%SZ}'" for moment in (_ago(60), NOW + timedelta(minutes=1)))
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


def test_time_to_refill_is_of_alerts_that_the_camera_closed(engine: Engine) -> None:
    """One alert, closed after twenty minutes."""
    (row,) = _asked(engine, "time_to_refill")
    assert float(row["median"]) == float(row["p90"]) == 20 * 60


def test_worst_slots_count_what_lies_within_the_chosen_time(engine: Engine) -> None:
    """Longest first, cut at both ends."""
    rows = _asked(engine, "worst_slots")
    assert [(row["slot"], row["gaps"]) for row in rows] == [("a1", 1), ("a2", 1)]
    assert float(rows[1]["seconds_out"]) == 20 * 60


def test_alerts_are_listed_newest_first(engine: Engine) -> None:
    """With the product's name and how each ended."""
    rows = _asked(engine, "alerts_raised")
    assert [(row["slot"], row["status"], row["product"]) for row in rows] == [
        ("a1", "raised", "Whole milk"),
        ("a2", "cleared", "Whole milk"),
    ]
