"""Versions of the catalogue: what held when, the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select

from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import Bay, CatalogueEntity, Slot, Store
from shelfstream.catalogue.versions_sql import (
    catalogue_at,
    changes_after,
    planogram_history,
    stores_known,
    write_versions,
)
from shelfstream.catalogue.versions_sql import catalogue_versions as versions
from shelfstream.sql import reading, writing

T0 = datetime(2026, 11, 2, 9, tzinfo=UTC)
STORES = ("s", "t")


def at(hour: int) -> datetime:
    """A whole hour after the beginning."""
    return T0 + timedelta(hours=hour)


def plan(*widths: int, store: str = "s", height_mm: float = 2000) -> Catalogue:
    """A store of one bay, with one slot per width; a width of 0 leaves the slot out."""
    shelves = [{"id": "s1", "y_mm": 100, "clearance_mm": 300}]
    entities: list[CatalogueEntity] = [
        Store(id=store, name="S", time_zone="UTC", hours={}),
        Bay.model_validate({"store": store, "id": "b", "width_mm": 1000, "height_mm": height_mm, "shelves": shelves}),
    ]
    entities += [
        Slot(
            store=store,
            id=f"p{place}",
            bay="b",
            shelf="s1",
            gtin="04006381333931",
            x_min_mm=place * 100,
            x_max_mm=place * 100 + 90,
            facings_wide=wide,
        )
        for place, wide in enumerate(widths)
        if wide
    ]
    return Catalogue.of(entities)


def put(engine: Engine, catalogue: Catalogue, hour: int, stores: tuple[str, ...] = ("s",)) -> tuple[int, int]:
    """Write a catalogue that holds from an hour on; how many versions began and ended."""
    with writing(engine) as connection:
        written = write_versions(connection, stores, catalogue, at(hour), T0)
    return written.begun, written.ended


def held(engine: Engine, hour: int) -> Catalogue:
    """What holds at an hour."""
    with reading(engine) as connection:
        return catalogue_at(connection, at(hour))


def test_a_version_holds_until_the_next_begins(engine: Engine) -> None:
    """Intervals are half-open: at the very moment of change the new version holds, alone."""
    assert put(engine, plan(1, 1), 0) == (4, 0)
    assert put(engine, plan(1, 2), 5) == (1, 1)
    assert held(engine, 0) == held(engine, 4) == plan(1, 1)
    assert held(engine, 5) == held(engine, 99) == plan(1, 2)
    assert held(engine, -1) == Catalogue()


def test_the_same_again_writes_nothing(engine: Engine) -> None:
    """No row is added or ended by what holds already."""
    put(engine, plan(1, 1), 0)
    assert put(engine, plan(1, 1), 5) == (0, 0)
    with reading(engine) as connection:
        assert {row.valid_to for row in connection.execute(select(versions))} == {None}


def test_two_publications_at_one_moment_leave_the_later(engine: Engine) -> None:
    """No version of no length stays behind."""
    put(engine, plan(1), 0)
    put(engine, plan(2), 0)
    assert held(engine, 0) == plan(2)
    with reading(engine) as connection:
        assert len(connection.execute(select(versions)).all()) == 3


def test_a_future_version_is_stored_and_visible_as_such(engine: Engine) -> None:
    """What is planned is told with its date, and holds from then on only."""
    put(engine, plan(1), 0)
    put(engine, plan(3), 10)
    with reading(engine) as connection:
        assert changes_after(connection, at(0)) == [at(10)]
        assert changes_after(connection, at(10)) == []
    assert (held(engine, 9), held(engine, 10)) == (plan(1), plan(3))


def test_a_plan_is_dropped_by_publishing_today_s_with_its_date(engine: Engine) -> None:
    """Changing one's mind about the future leaves the present alone."""
    put(engine, plan(1), 0)
    put(engine, plan(3), 10)
    put(engine, plan(1), 10)
    assert held(engine, 9) == held(engine, 10) == plan(1)


def test_planograms_of_a_bay_by_moment(engine: Engine) -> None:
    """The plan at any moment, its version, and the whole history without repetitions."""
    put(engine, plan(1, 1), 0)
    put(engine, plan(1, 2), 5)
    put(engine, plan(1, 1), 8)
    with reading(engine) as connection:
        history = planogram_history(connection, "s", "b")
        assert planogram_history(connection, "s", "elsewhere") == ()
    assert [(each.valid_from, each.valid_to) for each in history] == [(at(0), at(5)), (at(5), at(8)), (at(8), None)]
    assert history[0].planogram.version == history[2].planogram.version != history[1].planogram.version
    assert [slot.facings_wide for slot in history[1].planogram.slots] == [1, 2]


def test_stores_do_not_touch_each_other(engine: Engine) -> None:
    """Publishing one store ends nothing of another; a store that ended is still known."""
    put(engine, plan(1, store="s"), 0, ("s",))
    put(engine, plan(2, store="t"), 0, ("t",))
    put(engine, Catalogue(), 5, ("s",))
    assert held(engine, 5) == plan(2, store="t")
    with reading(engine) as connection:
        assert stores_known(connection) == ("s", "t")
        assert catalogue_at(connection, at(1), ("s",)) == plan(1, store="s")


_publications = st.lists(
    st.tuples(
        st.sampled_from(STORES),
        st.integers(0, 12),
        st.one_of(st.none(), st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from([1000.0, 2000.0]))),
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_publications)
def test_any_publications_in_any_order_keep_the_rules(
    engine: Engine, publications: list[tuple[str, int, tuple[int, int, float] | None]]
) -> None:
    """From its date a publication holds whole until the next planned change; before it nothing has changed.

    Versions of one entity never overlap.
    """
    with writing(engine) as connection:
        connection.execute(delete(versions))
    for store, hour, drawn in publications:
        catalogue = Catalogue() if drawn is None else plan(*drawn[:2], store=store, height_mm=drawn[2])
        before = [held(engine, earlier) for earlier in range(hour)]
        put(engine, catalogue, hour, (store,))
        assert [held(engine, earlier) for earlier in range(hour)] == before
        now = held(engine, hour)
        assert _of(now, store) == catalogue
    _assert_no_overlap(engine)


def _of(catalogue: Catalogue, store: str) -> Catalogue:
    return Catalogue.of(each for each in catalogue.entities() if store in (getattr(each, "store", None), each.id))


def _assert_no_overlap(engine: Engine) -> None:
    with reading(engine) as connection:
        rows = connection.execute(select(versions).order_by(versions.c.valid_from)).all()
    ends: dict[tuple[str, str, str], datetime | None] = {}
    for row in rows:
        key = (row.store, row.kind, row.id)
        end = ends.get(key, T0)
        assert end is not None
        assert end <= row.valid_from
        ends[key] = row.valid_to
