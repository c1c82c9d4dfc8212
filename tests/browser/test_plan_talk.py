"""A manager decides about what staff say of the plan, and reads how right the alerts were."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from alerts.answered.proposals import PlanProposal
from shelfstream.answers import AnswerKind
from tests.unit.console.browser_tab import Tab
from tests.unit.console.console_fakes import GTIN_MILK, STORE, World

pytestmark = pytest.mark.real


def test_what_was_said_of_the_plan_is_dealt_with(tab: Tab, world: World) -> None:
    """It stands on the page with its place; a tap and it is gone; taking a place out is asked about first."""
    at = world.clock.now() - timedelta(hours=1)
    said = PlanProposal(STORE, "milk", "dairy", GTIN_MILK, AnswerKind.DISCONTINUED, 3, at, at)
    world.inbox.proposed.append(said)
    page = tab.open(f"/setup?store={STORE}")
    row = page.locator(".item", has_text="said 3 times")
    expect(row).to_contain_text("Whole milk")
    row.get_by_role("button", name="Take the place out").click()
    expect(page.get_by_text("will not be watched any more")).to_be_visible()
    page.get_by_role("button", name="Leave it").click()
    row.get_by_role("button", name="Dealt with").click()
    expect(page.get_by_text("nobody called a place wrong")).to_be_visible(timeout=10_000)
    assert world.inbox.proposed == []


def test_how_right_the_alerts_were_is_told_by_bay_place_and_shift(tab: Tab, world: World) -> None:
    """With the interval beside the share, for the days that were chosen."""
    page = tab.open(f"/history?store={STORE}")
    table = page.locator(".rightness table")
    expect(table).to_contain_text("80% (49% to 94%)")
    page.get_by_role("button", name="Shifts").click()
    expect(table).to_contain_text(f"shift of {STORE}")
