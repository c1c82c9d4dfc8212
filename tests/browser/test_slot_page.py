"""A manager taps a gap and finds out why it is called one."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from analytics.contract import SlotState
from analytics.history.slot_states import SlotStretch
from tests.unit.console.browser_tab import Tab
from tests.unit.console.console_fakes import GTIN_MILK, STORE, World

pytestmark = pytest.mark.real


def test_from_the_store_to_why_a_place_is_empty(tab: Tab, world: World) -> None:
    """From the map to the place's page: picture, belief, its day, its alerts; and SQL that is away is told."""
    now = world.clock.now()
    began = now - timedelta(hours=2)
    world.history.stretches = [SlotStretch(GTIN_MILK, SlotState.OUT, None, began, began, None, 0.97, 0.0, "e")]
    page = tab.open(f"/stores/{STORE}")
    page.locator(".cell.is-out").first.click()
    page.get_by_role("link", name="Its pictures, its last day").click()
    expect(page.locator(".sight svg image")).to_be_visible()
    expect(page.locator(".chances")).to_contain_text("70%")
    expect(page.locator(".strip .is-out")).to_be_visible()
    expect(page.get_by_text("97% sure")).to_be_visible()
    expect(page.locator(".steplist")).to_contain_text("Told")
    world.history.away = True
    expect(page.locator(".slotpage .trouble")).to_contain_text("History cannot be read", timeout=15_000)
    world.history.away = False


def test_a_place_that_is_not_planned_is_told(tab: Tab, world: World) -> None:
    """An old link leads to a sentence, not to an error."""
    page = tab.open(f"/stores/{STORE}/slots/none")
    expect(page.get_by_text("There is no such place")).to_be_visible()
