"""On-shelf availability is one figure: history, console and Grafana say the same of the same shelves."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, delete, insert, text

from analytics.contract import Belief, SlotLevel, SlotState, UnknownReason
from analytics.historian.availability.minutes import Spent
from analytics.historian.availability.rolling import roll_up
from analytics.historian.availability.tables import slot_rollups
from analytics.historian.tables import state_intervals
from analytics.history.availability import Grain, availability_by_day
from console.views.models import Figures, bays_now
from deploy.grafana.queries import ALL
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.model import OpeningHours, Slot
from shelfstream.catalogue.versions_sql import write_versions
from shelfstream.migrations.upgrade import upgrade
from shelfstream.sql import engine_of, reading, writing
from tests.contract.history.adding_up import ROLL_UPS
from tests.contract.history.history_samples import STORE, catalogue

pytestmark = pytest.mark.real
_GTINS = ("04006381333931", "04012345678901", "00000096385074", "04260000000004")
_NOW = datetime.now(UTC).replace(microsecond=0)
_SINCE = _NOW - timedelta(hours=2)
_TABLES = (state_intervals, slot_rollups, *ROLL_UPS)
_EVEN = Belief(stocked=0.25, low=0.25, out=0.25, misplaced=0.25)


def _store() -> Catalogue:
    """Four slots of one bay, each with a product of its own, in a store that never closes."""
    always = (OpeningHours(opens="00:00", closes="24:00"),)
    whole = catalogue()
    stores = [each.model_copy(update={"hours": dict.fromkeys(each.hours, always)}) for each in whole.stores.values()]
    slots = [
        Slot(store=STORE, id=f"s{n}", bay="b1", shelf="s", gtin=gtin, x_min_mm=200 * n, x_max_mm=200 * n + 190)
        for n, gtin in enumerate(_GTINS)
    ]
    return Catalogue.of([*stores, *whole.bays.values(), *slots])


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    found = engine_of(postgres_url)
    upgrade(found)
    with writing(found) as connection:
        write_versions(connection, [STORE], _store(), _SINCE, _SINCE)
    yield found
    found.dispose()


def _in_history(engine: Engine, states: list[SlotState]) -> float | None:
    rows = [
        {
            "store": STORE, "slot": f"s{n}", "sequence": 1, "event_id": f"e{n}", "bay": "b1", "gtin": _GTINS[n],
            "state": state.value, "reason": None, "from_earliest": _SINCE, "from_at": _SINCE, "confidence": 0.9,
        }
        for n, state in enumerate(states)
    ]  # fmt: skip
    with writing(engine) as connection:
        for table in _TABLES:
            connection.execute(delete(table))
        connection.execute(insert(state_intervals), rows)
    roll_up(engine, STORE, _NOW)
    found = availability_by_day(engine, STORE, _SINCE.date(), _NOW.date(), Grain.STORE)
    return sum((each.spent for each in found), Spent()).availability


def _on_the_console(states: list[SlotState]) -> float | None:
    levels = {f"s{n}": _level(n, state) for n, state in enumerate(states)}
    return Figures.of(slot for bay in bays_now(_store(), STORE, levels) for slot in bay.slots).on_shelf_availability


def _level(number: int, state: SlotState) -> SlotLevel:
    return SlotLevel(
        store=STORE, slot=f"s{number}", bay="b1", gtin=_GTINS[number], revision=1, transition_sequence=1, state=state,
        reason=UnknownReason.STALE if state is SlotState.UNKNOWN else None, since=_SINCE, belief=_EVEN,
        updated_at=_NOW,
    )  # fmt: skip


def _in_grafana(engine: Engine) -> float | None:
    sql = ALL["availability_now"].replace("${store:sqlstring}", f"'{STORE}'")
    with reading(engine) as connection:
        found: float | None = connection.execute(text(sql.replace(":", r"\:"))).scalar()
    return found


def test_all_three_say_the_same_of_any_shelf(engine: Engine) -> None:
    """MISPLACED is not available, UNKNOWN counts as neither, and where nothing is known there is none."""
    dice = random.Random(7)
    shelves = [[state] * 4 for state in SlotState]
    shelves += [[dice.choice(list(SlotState)) for _ in _GTINS] for _ in range(20)]
    for states in shelves:
        told = _in_history(engine, states), _on_the_console(states), _in_grafana(engine)
        known = [state for state in states if state is not SlotState.UNKNOWN]
        right = sum(state in (SlotState.STOCKED, SlotState.LOW) for state in known) / len(known) if known else None
        assert told == (right, right, right) if right is None else told == pytest.approx((right, right, right))
