"""The inbox without a connection: an answer is never lost and never doubled, and the page says what it knows."""

import pytest
from playwright.sync_api import Route, expect

from tests.unit.console.browser_tab import Tab
from tests.unit.console.console_fakes import GTIN_BUTTER, World, alert

pytestmark = pytest.mark.real


def test_answers_given_without_a_connection_are_sent_once_when_it_is_back(tab: Tab, world: World) -> None:
    """Given twice, over a reload of the page without a connection, in the order in which they were given."""
    world.inbox.add(alert("butter", GTIN_BUTTER, world.clock.now(), sequence=8))
    page = tab.open("/alerts")
    expect(page.locator("article")).to_have_count(2)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    expect(page.locator("article")).to_have_count(2)
    page.wait_for_function("caches.match(location.href).then((kept) => !!kept)")
    page.context.set_offline(True)
    milk = page.locator(f"[data-alert='{world.milk_alert.alert_id}']")
    milk.get_by_role("button", name="Refilled").click()
    expect(milk.locator(".kept")).to_contain_text("Refilled: kept on this device")
    expect(page.locator("#lost")).to_contain_text("No connection since")
    page.reload()
    expect(page.locator("article")).to_have_count(2)
    expect(milk.locator(".kept")).to_contain_text("Refilled")
    page.get_by_role("button", name="Other answers about Butter").click()
    page.get_by_role("button", name="No stock in the back").click()
    assert world.producer.answers == []
    page.context.set_offline(False)
    expect(page.locator("#toasts")).to_contain_text("Thank you")
    expect(page.locator(".kept")).to_have_count(0)
    expect(page.locator("#lost")).to_be_empty()
    assert [answer.kind for answer in world.producer.answers] == ["refilled", "no_stock_in_back"]
    tab.complaints.clear()


def test_an_answer_whose_receipt_was_lost_is_one_answer(tab: Tab, world: World) -> None:
    """It has reached the store's system, and the page cannot know: sent again, it has the same id."""
    page = tab.open("/alerts")

    def cut(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/api/answers", cut, times=1)
    page.get_by_role("button", name="Refilled").click()
    expect(page.locator("#toasts")).to_contain_text("Thank you", timeout=15_000)
    assert len(world.producer.answers) == 2
    assert len({answer.answer_id for answer in world.producer.answers}) == 1
    tab.complaints.clear()


def test_who_signs_out_leaves_nothing_on_the_device(tab: Tab, world: World, session: str) -> None:
    """Neither alerts nor pictures; what was answered and not sent yet stays."""
    page = tab.open("/alerts")
    expect(page.locator("article")).to_have_count(1)
    page.wait_for_function("Object.keys(localStorage).some((key) => key.startsWith('shelfstream-inbox'))")
    page.route("**/signout", lambda route: route.fulfill(status=303, headers={"Location": "about"}))
    page.evaluate("document.querySelector('.signout form').dispatchEvent(new Event('submit', {cancelable: true}))")
    page.wait_for_function("caches.keys().then((names) => names.length === 0)")
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('shelfstream-inbox'))") == []


def test_a_sound_is_turned_on_and_stays_on(tab: Tab, world: World) -> None:
    """The button says whether; a badge says how many are open."""
    page = tab.open("/alerts")
    button = page.get_by_role("button", name="A sound for new alerts")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(button).to_have_attribute("aria-pressed", "true")
