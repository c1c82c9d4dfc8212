"""The page behind a link in a message, in a real browser: without scripts, on a phone and on a desktop."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.unit.console.browser_tab import Tab
from tests.unit.console.console_fakes import LINKS, World

pytestmark = pytest.mark.real


def opened(tab: Tab, world: World, valid_h: float = 12.0) -> Page:
    """The page about the milk, as a tap on the message opens it."""
    token = LINKS.token(world.milk_alert.alert_id, world.clock.now(), timedelta(hours=valid_h))
    return tab.visit(f"/answer/{token}")


def test_a_tap_on_the_message_and_one_on_the_answer(tab: Tab, world: World) -> None:
    """What, where and how many, the shelf before and after; one tap later it is sent, and the page says thank you."""
    page = opened(tab, world)
    expect(page.get_by_role("heading", name="Whole milk")).to_be_visible()
    expect(page.get_by_text("Bring 3")).to_be_visible()
    for picture in page.locator("img").all():
        assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    assert page.locator("html").evaluate("page => page.scrollWidth <= page.clientWidth")
    page.get_by_role("button", name="Refilled").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert [answer.kind for answer in world.producer.answers] == ["refilled"]


def test_it_is_answered_by_keys_alone_and_its_buttons_are_large_enough(tab: Tab, world: World) -> None:
    """The first stop of the tab key is the likeliest answer; every button is at least 44 px high, for thumbs."""
    page = opened(tab, world)
    for button in page.get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


def test_a_link_that_has_ended_says_so(tab: Tab, world: World) -> None:
    """No button, and a sentence that leads to the inbox."""
    page = opened(tab, world, valid_h=-1)
    expect(page.get_by_text("This link has ended")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    # The browser says of its own accord that the page is gone; nothing else was complained of.
    assert [said for said in tab.complaints if "410" not in said] == []
    tab.complaints.clear()
