"""How the end of an alert is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.contract import GONE, OTHER_PRODUCT, AlertStatus
from alerts.model import HeldAlert, WaitsFor
from analytics.contract import SlotState
from console.html.alert_card import closed_row, held_row
from shelfstream.clock import ManualClock
from tests.unit.console.console_fakes import GTIN_MILK, STORE, World, alert

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("STOCKED", "Seen filled"),
        ("LOW", "Seen partly filled"),
        ("MISPLACED", "Another product was seen there"),
        ("OUT", "Empty by then"),
        (GONE, "No longer planned"),
        (OTHER_PRODUCT, "Planned for another product"),
        ("something that a newer release says", "Closed"),
    ],
)
def test_only_what_the_camera_saw_filled_is_said_to_be_filled(why: str, told: str) -> None:
    """An alert also ends where the shelf is emptier by now, or where the plan has changed."""
    world = World(ManualClock(NOON))
    world.inbox.alerts.clear()
    world.inbox.add(
        replace(alert("milk", GTIN_MILK, NOON), status=AlertStatus.CLEARED, cleared_at=NOON, cleared_why=why)
    )
    (closed,) = world.console_data.inbox(STORE).closed
    assert f">{told}<" in closed_row(closed, ZoneInfo("UTC"), NOON)


@pytest.mark.parametrize("waits_for", [*WaitsFor, None])
def test_what_is_held_back_says_until_when_and_why(waits_for: WaitsFor | None) -> None:
    """A person who misses a message finds it, with the moment at which it will come; markup in a name stays text."""
    world = World(ManualClock(NOON))
    held = HeldAlert(STORE, "milk", "dairy", GTIN_MILK, SlotState.OUT, waits_for, NOON + timedelta(hours=1))
    world.inbox.waiting.append(held)
    (shown,) = world.console_data.inbox(STORE).held
    row = held_row(shown, ZoneInfo("Europe/Berlin"), NOON)
    assert "Whole milk" in row
    assert "Held until 14:00" in row
    assert ("Held until 14:00<" in row) is (waits_for is None)
