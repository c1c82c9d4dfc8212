"""Named questions against figures worked out by hand, on both databases; pages, filters, and what is refused."""

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, delete

from analytics.contract import SlotState, StockEvent, UnknownReason, event_id_of
from analytics.historian.availability.rolling import roll_up
from analytics.historian.availability.tables import product_facts
from analytics.historian.writing import write_events
from analytics.history.questions.asking import ask, columns_of, rows_of
from analytics.history.questions.named import QUESTIONS, question_named
from analytics.history.questions.question import Asked, HistoryPage
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import CatalogueEntity, Product, Store
from shelfstream.catalogue.versions_sql import write_versions
from shelfstream.errors import Faults
from shelfstream.sql import writing
from tests.contract.history.history_samples import GTIN, MONDAY, STORE, a_day, catalogue, event

LAKE = "lake-side"
_ENDS = (date(2026, 3, 2), date(2026, 3, 8))
WEEK = Asked(*_ENDS)


@pytest.fixture
def chain(engine: Engine) -> Engine:
    """Two stores of one slot each, a Monday: one was out for an hour and not seen for eight, the other seen all day.

    Mill Road opens for 720 minutes; 48 are sold a day at 2.00. What was out was so for 55 to 70 minutes.
    """
    _publish(engine, _store(STORE, "North"))
    _publish(engine, _store(LAKE, "South"))
    write_events(engine, [*a_day(), *_of(LAKE, [event(1, SlotState.STOCKED, 0), event(2, SlotState.LOW, 360)])])
    for store in (STORE, LAKE):
        roll_up(engine, store, MONDAY + timedelta(days=1))
    return engine


def _store(store: str, region: str) -> Catalogue:
    """The sample's store under another name."""
    changed: list[CatalogueEntity] = []
    for entity in catalogue().entities():
        own = {"id": store, "region": region} if isinstance(entity, Store) else {"store": store}
        category = {"category": "Dairy"} if isinstance(entity, Product) else {}
        changed.append(entity.model_copy(update={**own, **category}))
    return Catalogue.of(changed)


def _publish(engine: Engine, found: Catalogue) -> None:
    with writing(engine) as connection:
        write_versions(connection, list(found.stores), found, MONDAY, MONDAY)


def _of(store: str, events: Sequence[StockEvent]) -> list[StockEvent]:
    ids = {"store": store}
    return [
        each.model_copy(update={**ids, "event_id": event_id_of(store, each.slot, each.transition.sequence)})
        for each in events
    ]


def _told(answer: HistoryPage) -> list[dict[str, Any]]:
    return [dict(zip([column.name for column in answer.columns], row, strict=True)) for row in answer.rows]


def test_availability_by_week_and_store(chain: Engine) -> None:
    """240 of 720 minutes known, 180 of them available; the other store was seen and available all day."""
    lake, mill = _told(ask(chain, question_named("osa-weeks"), WEEK))
    assert (mill["name"], mill["week"]) == (STORE, date(2026, 3, 2))
    assert mill["availability"] == pytest.approx(180 / 240)
    assert mill["coverage"] == pytest.approx(240 / 720)
    assert [mill[f"minutes_out{part}"] for part in ("_least", "", "_most")] == [55, 60, 70]
    assert (mill["slot_days"], mill["slot_days_out"]) == (1, 1)
    assert (lake["name"], lake["availability"], lake["coverage"], lake["slot_days_out"]) == (LAKE, 1.0, 1.0, 0)


def test_a_chain_is_the_sum_of_its_stores_and_regions_are_asked_apart(chain: Engine) -> None:
    """900 of 960 known minutes were available; a region is that of its stores, and a filter leaves the others out."""
    (whole,) = _told(ask(chain, question_named("osa-days"), replace(WEEK, by="chain")))
    assert (whole["name"], whole["day"], whole["slot_days"]) == ("chain", date(2026, 3, 2), 2)
    assert whole["availability"] == pytest.approx(900 / 960)
    assert whole["coverage"] == pytest.approx(960 / 1440)
    by_region = _told(ask(chain, question_named("osa-weeks"), replace(WEEK, by="region")))
    assert [each["name"] for each in by_region] == ["North", "South"]
    (south,) = _told(ask(chain, question_named("osa-weeks"), replace(WEEK, regions=("South",))))
    assert south["name"] == LAKE
    assert ask(chain, question_named("osa-weeks"), replace(WEEK, stores=("nowhere",))).rows == []


def test_what_is_out_again_and_again_and_what_it_costs(chain: Engine) -> None:
    """48 × 2.00 × 60/720 of a day = 8.00, between 7.33 and 9.33; a product that was never out is not told."""
    (milk,) = _told(ask(chain, question_named("chronic"), WEEK))
    assert (milk["store"], milk["gtin"], milk["product"], milk["category"]) == (STORE, GTIN, "Whole milk", "Dairy")
    assert (milk["starts_on"], milk["slot_days"], milk["slot_days_out"]) == (date(2026, 3, 1), 1, 1)
    for by, starts_on in (("quarter", date(2026, 1, 1)), ("year", date(2026, 1, 1))):
        (longer,) = _told(ask(chain, question_named("chronic"), replace(WEEK, by=by)))
        assert longer == milk | {"starts_on": starts_on}
    assert ask(chain, question_named("chronic"), Asked(date(2026, 4, 1), date(2026, 4, 30))).rows == []
    assert [milk[f"lost{part}"] for part in ("_least", "", "_most")] == [7.33, 8.00, 9.33]


def test_lost_sales_by_category_store_region_and_product(chain: Engine) -> None:
    """The same money, whatever it is taken together by; what cost nothing comes last."""
    question = question_named("lost-sales")
    assert [(each["name"], each["lost"]) for each in _told(ask(chain, question, WEEK))] == [("Dairy", 8.00)]
    for by, first in (("product", GTIN), ("store", STORE), ("region", "North")):
        rows = _told(ask(chain, question, replace(WEEK, by=by)))
        assert (rows[0]["name"], rows[0]["lost"], rows[0]["lost_most"]) == (first, 8.00, 9.33)
        assert all(row["lost"] == 0 for row in rows[1:])
    assert ask(chain, question, replace(WEEK, categories=("Tea",))).rows == []


def test_a_product_without_a_price_costs_an_unknown_amount(engine: Engine) -> None:
    """Null, not nothing."""
    found = [
        entity.model_copy(update={"price": None}) if isinstance(entity, Product) else entity
        for entity in _store(STORE, "").entities()
    ]
    _publish(engine, Catalogue.of(found))
    write_events(engine, a_day())
    roll_up(engine, STORE, MONDAY + timedelta(days=1))
    (milk,) = _told(ask(engine, question_named("chronic"), WEEK))
    assert (milk["lost"], milk["lost_least"], milk["lost_most"], milk["minutes_out"]) == (None, None, None, 60)


def test_what_is_out_now(chain: Engine) -> None:
    """Only what has not ended, since between when and when."""
    assert ask(chain, question_named("open-now"), WEEK).rows == []
    write_events(chain, _of(LAKE, [event(3, SlotState.OUT, 400, wide=15)]))
    (out,) = _told(ask(chain, question_named("open-now"), WEEK))
    assert (out["store"], out["slot"], out["product"], out["confidence"]) == (LAKE, "s1", "Whole milk", 0.98)
    assert out["since"] - out["since_earliest"] == timedelta(minutes=15)


def test_where_nothing_was_seen(chain: Engine) -> None:
    """480 minutes in one bay; the bay that was seen all day is not told."""
    (hole,) = _told(ask(chain, question_named("coverage"), WEEK))
    assert (hole["store"], hole["bay"], hole["minutes_unseen"]) == (STORE, "b1", 480)
    assert hole["coverage"] == pytest.approx(240 / 720)
    assert "slot" not in hole
    (slot,) = _told(ask(chain, question_named("coverage"), replace(WEEK, by="slot", stores=(STORE,))))
    assert (slot["slot"], slot["minutes_unseen"], slot["slot_days"]) == ("s1", 480, 1)
    with pytest.raises(Faults, match="name the stores"):
        ask(chain, question_named("coverage"), replace(WEEK, by="slot"))


def test_before_and_after_a_change(chain: Engine) -> None:
    """The week of the change itself is left out of both; 75 % in the week before, all of it in the week after."""
    write_events(chain, [event(5, SlotState.STOCKED, 60 * 24 * 14)])
    roll_up(chain, STORE, MONDAY + timedelta(days=21))
    asked = Asked(date(2026, 3, 2), date(2026, 3, 22), stores=(STORE,), on=date(2026, 3, 10))
    (milk,) = _told(ask(chain, question_named("effect"), asked))
    assert milk["availability_before"] == pytest.approx(180 / 240)
    assert milk["availability_after"] == pytest.approx(1.0)
    assert milk["change"] == pytest.approx(0.25)
    with pytest.raises(Faults, match="name the day of the change"):
        ask(chain, question_named("effect"), replace(asked, on=None))


def test_pages_hold_together(engine: Engine) -> None:
    """Page by page every row comes once, in one order; what comes meanwhile moves nothing that was told."""
    stores = [f"store-{number:02}" for number in range(7)]
    for store in stores:
        _publish(engine, _store(store, "North"))
        write_events(engine, _of(store, a_day()))
        roll_up(engine, store, MONDAY + timedelta(days=1))
    for name, at_most in (("osa-weeks", 2), ("chronic", 3), ("lost-sales", 2), ("coverage", 3)):
        question, asked = question_named(name), replace(WEEK, by="store" if name == "lost-sales" else None)
        found: list[tuple[object, ...]] = []
        after = None
        for _ in range(10):
            page = ask(engine, question, asked, at_most=at_most, after=after)
            found += page.rows
            after = page.after
            if after is None:
                break
        assert found == list(rows_of(engine, question, asked)), name
        assert len(found) == 7
        assert [column.name for column in columns_of(engine, question, asked)] == [
            column.name for column in page.columns
        ]


@pytest.mark.parametrize("after", ["", "x", "bm90IGpzb24=", "W10=", "WzFd", "WyJhIiwgImIiLCAiYyJd", "WzEuNSwgImIiXQ=="])
def test_a_cursor_that_is_none_is_refused(chain: Engine, after: str) -> None:
    """Not base64, not JSON, too few or too many values, values of another kind."""
    with pytest.raises(Faults, match="is no place in this answer"):
        ask(chain, question_named("osa-weeks"), WEEK, after=after)


def test_a_cursor_beyond_all_values_is_refused(chain: Engine) -> None:
    """A number that no database holds, a text that none takes."""
    for name, values in (("coverage", [1 << 70, "a", "b"]), ("osa-weeks", ["a\0", "2026-03-02"])):
        after = base64.urlsafe_b64encode(json.dumps(values).encode()).decode()
        with pytest.raises(Faults, match="is no place in this answer"):
            ask(chain, question_named(name), WEEK, after=after)


def test_what_a_question_does_not_heed_is_refused(chain: Engine) -> None:
    """A filter that would be left out in silence, another grouping, no such question, days the wrong way round."""
    weeks = question_named("osa-weeks")
    for asked, what in (
        (replace(WEEK, gtins=(GTIN,)), "gtins: osa-weeks does not heed it"),
        (replace(WEEK, by="aisle"), "grouped by store, region, chain"),
    ):
        with pytest.raises(Faults, match=what):
            ask(chain, weeks, asked)
    with pytest.raises(Faults, match="there are osa-weeks"):
        question_named("who")
    with pytest.raises(Faults, match="must not be before from"):
        Asked(WEEK.last, WEEK.first)
    for first, last, on in ((date(1, 1, 1), WEEK.last, None), (WEEK.first, date.max, None), (*_ENDS, date.max)):
        with pytest.raises(Faults, match="between the years 2000 and 2199"):
            Asked(first, last, on=on)
    with pytest.raises(Faults, match="character that no name has"):
        replace(WEEK, stores=("a\0b",))
    for rows in (0, 1001):
        with pytest.raises(Faults, match="must be 1 to 1000"):
            ask(chain, weeks, WEEK, at_most=rows)


def test_a_filter_is_a_value_and_no_sql(chain: Engine) -> None:
    """Whatever is written in it."""
    for text in ("' OR 1=1 --", '"; DROP TABLE store_days; --'):
        assert ask(chain, question_named("osa-weeks"), replace(WEEK, stores=(text,), regions=(text,))).rows == []
    assert len(ask(chain, question_named("osa-weeks"), WEEK).rows) == 2


def test_every_column_is_defined_and_every_answer_has_only_such(chain: Engine) -> None:
    """Names, order and definitions are one thing for pages, commands and files; every grouping works."""
    for question in QUESTIONS.values():
        for by in question.by or (None,):
            asked = replace(WEEK, by=by, stores=(STORE,), on=date(2026, 3, 5) if "on" in question.takes else None)
            found = ask(chain, question, asked)
            assert found.columns
            assert all(column.says.endswith((".", "then")) for column in found.columns)
            json.dumps([list(map(str, row)) for row in found.rows])


def test_the_facts_follow_the_catalogue(chain: Engine) -> None:
    """Another name and region are told of the past as well, once the store is rolled up again; what went stays."""
    changed = [
        entity.model_copy(update={"region": "West"}) if isinstance(entity, Store) else entity
        for entity in _store(STORE, "North").entities()
        if not isinstance(entity, Product)
    ]
    moment = MONDAY + timedelta(days=1)
    with writing(chain) as connection:
        write_versions(connection, [STORE], Catalogue.of(changed), moment, moment)
    roll_up(chain, STORE, moment + timedelta(hours=1))
    names = [each["name"] for each in _told(ask(chain, question_named("osa-weeks"), replace(WEEK, by="region")))]
    assert names == ["South", "West"]
    (milk,) = _told(ask(chain, question_named("chronic"), WEEK))
    assert milk["product"] == "Whole milk"


def test_a_product_of_which_nothing_is_known_any_more_is_told_by_its_number(chain: Engine) -> None:
    """It went before its facts were ever written: what was out is told, without name, category or money."""
    with writing(chain) as connection:
        connection.execute(delete(product_facts))
    (milk,) = _told(ask(chain, question_named("chronic"), replace(WEEK, gtins=(GTIN,))))
    assert (milk["gtin"], milk["product"], milk["category"], milk["lost"], milk["minutes_out"]) == (
        GTIN,
        "",
        "",
        None,
        60,
    )
    (lost,) = _told(ask(chain, question_named("lost-sales"), replace(WEEK, stores=(STORE,))))
    assert (lost["name"], lost["lost"], lost["minutes_out"]) == ("", None, 60)
    assert ask(chain, question_named("chronic"), replace(WEEK, categories=("Dairy",))).rows == []


def test_unseen_time_is_neither_stocked_nor_out(engine: Engine) -> None:
    """A store that nobody looked at has no availability at all, and a coverage of nothing."""
    _publish(engine, _store(STORE, "North"))
    write_events(engine, [event(1, SlotState.UNKNOWN, 0, reason=UnknownReason.STALE)])
    roll_up(engine, STORE, MONDAY + timedelta(days=1))
    (found,) = _told(ask(engine, question_named("osa-weeks"), WEEK))
    assert (found["availability"], found["coverage"], found["minutes_out"]) == (None, 0.0, 0.0)
