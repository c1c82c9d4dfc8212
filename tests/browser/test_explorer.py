"""HQ explores history in a real browser: a heat map, ways on, forms whose answer has an address, and bad questions."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.unit.console.browser_tab import Tab
from tests.unit.console.console_fakes import World
from tests.unit.console.explorer_answers import chronic_milk, weeks_of_regions

pytestmark = pytest.mark.real


@pytest.fixture(autouse=True)
def told(world: World) -> Iterator[None]:
    """Answers, whatever is asked."""
    world.history.told = {"osa-weeks": weeks_of_regions(), "chronic": chronic_milk()}
    yield
    world.history.told = {}


def test_a_heat_map_says_every_figure_and_what_was_hardly_seen(tab: Tab) -> None:
    """Weeks across, regions down; little seen is hatched, nothing seen is a dash and not a good week."""
    page = tab.open("/explore?question=osa-weeks&by=region&from=2026-03-02&to=2026-05-24")
    heat = page.locator("table.heat")
    expect(heat.locator("tbody tr")).to_have_count(3)
    expect(heat.locator("thead th")).to_have_count(12)
    expect(heat.get_by_role("row", name="North").locator("td").first).to_have_text("98%")
    expect(heat.get_by_role("row", name="South").locator("td.thin")).to_have_count(12)
    expect(heat.get_by_role("row", name="West").locator("td").last).to_have_text("–")
    expect(page.locator("table.placelist tbody tr")).to_have_count(36)
    expect(page.get_by_text("What the columns mean")).to_be_visible()


def test_a_region_leads_to_its_stores_and_a_form_makes_a_link(tab: Tab) -> None:
    """What was asked stands in the address, so that it can be sent to somebody."""
    page = tab.open("/explore?question=osa-weeks&by=region&from=2026-03-02&to=2026-05-24")
    page.locator("table.placelist a", has_text="West").first.click()
    page.wait_for_url("**/explore?**region=West**")
    assert "by=store" in page.url
    page.get_by_role("link", name="chronic").click()
    page.wait_for_url("**question=chronic**")
    page.get_by_label("Category").fill("Dairy, chilled; Tea")
    page.get_by_role("button", name="Ask").click()
    page.wait_for_url("**category=Dairy%2C+chilled%3B+Tea**")
    expect(page.locator("table.placelist")).to_contain_text("Whole <milk>")
    asked = "from=2026-03-02&to=2026-05-24&category=Dairy%2C+chilled&category=Tea&by=month"
    link = f"api/v1/history/chronic?{asked}&format=parquet"
    expect(page.get_by_role("link", name="Parquet")).to_have_attribute("href", link)
    expect(page.get_by_role("link", name="What comes next")).to_have_attribute("href", re.compile("after=bmV4dA"))


def test_a_question_that_cannot_be_asked_is_told(tab: Tab) -> None:
    """No day, an unknown question, a product that is none: a sentence, and a page that goes on working."""
    for address, what in (
        ("from=monday", "'monday' is no day"),
        ("question=why", "there are osa-weeks"),
        ("question=lost-sales&gtin=12", "gtin"),
        ("from=2026-03-02&to=2026-03-01", "must not be before"),
    ):
        page = tab.open(f"/explore?{address}")
        expect(page.locator(".troubles").last).to_contain_text(what)
        expect(page.get_by_role("button", name="Ask")).to_be_visible()


def test_history_away_is_told(tab: Tab, world: World) -> None:
    """And not taken for nothing having been out."""
    world.history.away = True
    page = tab.open("/explore")
    expect(page.get_by_text("History cannot be read")).to_be_visible()
    expect(page.get_by_text("Nothing in these days")).to_have_count(0)
