"""An operator finds what is wrong and ends it: a record that no stage could read is looked at and sent again."""

import pytest
from playwright.sync_api import expect

from tests.unit.console.browser_tab import Tab
from tests.unit.console.console_fakes import World
from tests.unit.console.machine_rig import Rig

pytestmark = pytest.mark.real


def test_an_operator_sends_a_record_again(tab: Tab, world: World, rig: Rig) -> None:
    """The problem names it, the page shows what it says; once it is sent again, nothing is wrong."""
    before = len(rig.events())
    rig.bury('{"slot": "milk"}', "StockEvent: the field store is missing")
    page = tab.open("/health")
    expect(page.locator(".problems")).to_contain_text("the field store is missing", timeout=10_000)
    letters = page.locator(".letters")
    letters.get_by_text("What it says").first.click()
    expect(letters.locator("pre").first).to_contain_text("milk")
    letters.get_by_role("button", name="Send again").first.click()
    expect(page.get_by_text("No record was put aside")).to_be_visible(timeout=10_000)
    assert len(rig.events()) == before + 1
    expect(page.get_by_text("Nothing is wrong")).to_be_visible()


def test_the_page_says_how_far_the_stages_are(tab: Tab, world: World) -> None:
    """Every stage stands there with what it has still to read."""
    page = tab.open("/health")
    for stage in ("detector", "analytics", "alerts", "historian", "keeper", "archivist"):
        expect(page.locator("dt", has_text=stage).first).to_be_visible()
