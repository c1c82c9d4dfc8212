"""The pages in a real browser."""

from datetime import timedelta

import pytest
from playwright.sync_api import FloatRect, Position, expect

from alerts.contract import AlertStatus
from alerts.model import HeldAlert, WaitsFor
from analytics.contract import SlotState
from ingest.contract import CameraState
from tests.unit.console.browser_tab import Tab
from tests.unit.console.console_fakes import GTIN_BUTTER, GTIN_MILK, STORE, World, alert, level

pytestmark = pytest.mark.real

_CALIBRATE = f"/setup/camera?store={STORE}&camera=cam-1"
_PLAN = _CALIBRATE.replace("camera?", "plan?")


@pytest.mark.parametrize(
    "path", ["/", f"/stores/{STORE}", "/alerts", "/history", "/setup", _CALIBRATE, _PLAN, "/health", "/about/api"]
)
def test_every_page_fits_its_screen(tab: Tab, path: str) -> None:
    """Every page renders with its head and needs no sideways scrolling, on a phone as on a desktop."""
    page = tab.open(path)
    expect(page.locator(".nav a").first).to_be_visible()
    expect(page.locator(".brand")).to_contain_text("Shelfstream")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_store_now_shows_states_on_a_live_picture(tab: Tab, world: World) -> None:
    """The picture loads, slots are drawn on it in their state, and figures and list say what is out."""
    page = tab.open(f"/stores/{STORE}")
    expect(page.locator("[data-figure=out]")).to_have_text("1")
    expect(page.locator("[data-figure=unknown]")).to_have_text("2")
    expect(page.locator("[data-figure=availability]")).to_have_text("50 %")
    expect(page.locator("svg polygon.slot.is-out")).to_have_count(1)
    expect(page.locator("svg polygon.slot")).to_have_count(3)
    expect(page.locator(".outs")).to_contain_text("Whole milk")
    page.wait_for_function("document.querySelector('.picture img').naturalWidth === 640")
    expect(page.locator(".age .live")).to_be_visible()


def test_the_page_follows_what_happens(tab: Tab, world: World) -> None:
    """A refill shows without a reload."""
    page = tab.open(f"/stores/{STORE}")
    expect(page.locator(".outs")).to_contain_text("Whole milk")
    page.evaluate("window.stayed = true")
    world.live.levels["milk"] = level("milk", GTIN_MILK, SlotState.STOCKED, world.clock.now(), sequence=8)
    expect(page.locator("[data-figure=out]")).to_have_text("0")
    expect(page.locator(".outs")).to_contain_text("Nothing is out")
    assert page.evaluate("window.stayed")


def test_an_old_picture_is_never_shown_as_live(tab: Tab, world: World) -> None:
    """Once the newest picture is old, the page says so in place of "Live"."""
    world.photograph(world.clock.now() - timedelta(minutes=5))
    page = tab.open(f"/stores/{STORE}")
    expect(page.locator(".age .oldpicture")).to_be_visible()
    expect(page.locator(".age .live")).to_be_hidden()
    expect(page.locator(".age time")).to_have_text("5 min ago")


def test_a_picture_ages_also_when_the_server_is_gone(tab: Tab, world: World) -> None:
    """With the connection cut, the picture turns old in the browser by itself."""
    tab.page.clock.install()
    world.photograph(world.clock.now())
    page = tab.open(f"/stores/{STORE}")
    expect(page.locator(".age .live")).to_be_visible()
    page.context.set_offline(True)
    page.clock.fast_forward("01:00")
    expect(page.locator(".age .oldpicture")).to_be_visible()
    page.context.set_offline(False)
    tab.complaints.clear()


def test_an_offline_camera_says_so(tab: Tab, world: World) -> None:
    """The picture of a camera that is gone is covered by a notice with the reason."""
    status = world.live.status["cam-1"]
    world.live.status["cam-1"] = status.model_copy(update={"state": CameraState.OFFLINE, "detail": "refuses"})
    page = tab.open(f"/stores/{STORE}")
    expect(page.locator(".over")).to_contain_text("Camera offline")
    expect(page.locator(".over")).to_contain_text("refuses")


def test_a_tap_tells_about_a_slot(tab: Tab, world: World) -> None:
    """On the picture, on the map and in the list a tap opens what is known of the slot."""
    page = tab.open(f"/stores/{STORE}")
    page.locator(".cell.is-low").click()
    expect(page.locator(".slotcard")).to_contain_text("Butter")
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".slotcard")).to_be_hidden()
    page.locator(".picture img").click(position=_middle_of_milk(page.locator(".picture img").bounding_box()))
    expect(page.locator(".slotcard")).to_contain_text("Whole milk")


def _middle_of_milk(box: FloatRect | None) -> Position:
    assert box is not None
    return {"x": 187 / 640 * box["width"], "y": 260 / 360 * box["height"]}


def test_what_the_detector_sees_can_be_shown(tab: Tab, world: World) -> None:
    """The switch draws the detector's boxes."""
    page = tab.open(f"/stores/{STORE}")
    expect(page.locator("svg polygon.slot").first).to_be_attached()
    expect(page.locator("svg rect.seen")).to_have_count(0)
    page.locator(".boxes").click()
    expect(page.locator("svg rect.seen")).to_have_count(3)


def test_trouble_is_told_and_passes(tab: Tab, world: World) -> None:
    """Redis away: the page says so, keeps what it knew, and goes on when Redis is back."""
    page = tab.open(f"/stores/{STORE}")
    expect(page.locator("[data-figure=out]")).to_have_text("1")
    world.live.away = True
    expect(page.locator(".troubles")).to_contain_text("Redis")
    expect(page.locator("[data-figure=out]")).to_have_text("1")
    world.live.away = False
    expect(page.locator(".troubles p")).to_have_count(0)


def test_refilled_is_one_tap(tab: Tab, world: World) -> None:
    """The button sends the answer, the card says so, and it goes when the ledger has closed the alert."""
    page = tab.open("/alerts")
    page.get_by_role("button", name="Refilled").click()
    expect(page.locator(".alert .status")).to_contain_text("Refilled: sent")
    (answer,) = world.producer.answers
    assert (answer.kind, answer.alert_id) == ("refilled", world.milk_alert.alert_id)
    now = world.clock.now()
    world.inbox.change(
        world.milk_alert.alert_id, status=AlertStatus.ANSWERED, answer="refilled", answered_at=now, cleared_at=now
    )
    expect(page.locator(".alert")).to_have_count(0)
    expect(page.locator(".closedlist")).to_contain_text("Whole milk")
    expect(page.locator(".closedlist")).to_contain_text("Refilled")


def test_acknowledge_and_the_other_answers(tab: Tab, world: World) -> None:
    """Acknowledge stays on the card; the menu holds the rarer answers."""
    page = tab.open("/alerts")
    page.get_by_role("button", name="I take it").click()
    expect(page.locator(".alert .status")).to_contain_text("Taken")
    expect(page.get_by_role("button", name="I take it")).to_be_disabled()
    page.get_by_role("button", name="Other answers about Whole milk").click()
    page.get_by_role("button", name="No stock in the back").click()
    expect(page.locator(".alert .status")).to_contain_text("No stock in the back")
    assert [answer.kind for answer in world.producer.answers] == ["acknowledged", "no_stock_in_back"]


def test_what_is_put_off_waits_below_with_its_reason(tab: Tab, world: World) -> None:
    """Later is in the menu; what the ledger then holds back says until when and why, and goes when it is told."""
    page = tab.open("/alerts")
    page.get_by_role("button", name="Other answers about Whole milk").click()
    page.get_by_role("button", name="Later", exact=True).click()
    expect(page.locator(".alert .status")).to_contain_text("Put off: sent")
    due_at = world.clock.now() + timedelta(minutes=30)
    world.inbox.waiting.append(HeldAlert(STORE, "milk", "dairy", GTIN_MILK, SlotState.OUT, WaitsFor.LATER, due_at))
    expect(page.locator(".heldlist")).to_contain_text("somebody put it off")
    world.inbox.waiting.clear()
    expect(page.locator(".heldlist")).to_be_hidden()


def test_an_answer_that_is_not_taken_is_kept_and_sent_later(tab: Tab, world: World) -> None:
    """The bus away: the page does not say thank you, but what it keeps; once the bus is back it is sent, once."""
    page = tab.open("/alerts")
    world.producer.holds = True
    page.get_by_role("button", name="Refilled").click()
    expect(page.locator("#toasts")).to_contain_text("Not sent yet")
    expect(page.locator(".kept")).to_contain_text("Refilled: kept on this device")
    world.producer.holds = False
    expect(page.locator("#toasts")).to_contain_text("Thank you")
    assert [answer.kind for answer in world.producer.answers] == ["refilled"]
    tab.complaints.clear()


def test_history_is_found_and_downloaded(tab: Tab, world: World) -> None:
    """The table filters by product, and the CSV file holds the same rows."""
    page = tab.open("/history")
    shown = page.locator(".historytable tbody tr, .historylist .item").locator("visible=true")
    expect(shown).to_have_count(1)
    page.get_by_label("Product").fill("butter")
    expect(shown.filter(has_text="Whole milk")).to_have_count(0)
    with page.expect_download() as download:
        page.locator(".download a").click()
    assert "Whole milk" in download.value.path().read_text()


def test_light_and_dark(tab: Tab, world: World) -> None:
    """The choice is kept for the next page."""
    page = tab.open("/alerts")
    dark = "document.body.classList.contains('body--dark')"
    page.wait_for_function(f"!{dark}")
    page.get_by_role("button", name="Light or dark").click()
    page.wait_for_function(dark)
    tab.open("/health").wait_for_function(dark)


def test_an_aisle_is_taken_with_one_tap_and_handed_over(tab: Tab, world: World) -> None:
    """So that two people do not walk; who took it leaves it to others, and it can be taken again."""
    butter = alert("butter", GTIN_BUTTER, world.clock.now(), sequence=8)
    world.inbox.add(butter)
    page = tab.open("/alerts")
    page.get_by_role("button", name="I take this aisle").click()
    expect(page.get_by_text("Taken: sent")).to_have_count(2)
    assert {each.alert_id for each in world.producer.answers} == {butter.alert_id, world.milk_alert.alert_id}
    for each in (butter.alert_id, world.milk_alert.alert_id):
        world.inbox.change(each, status=AlertStatus.ACKNOWLEDGED, acknowledged_at=world.clock.now(), step=2)
    page.locator(f"[data-alert='{butter.alert_id}']").get_by_role("button", name="Hand over").click()
    expect(page.get_by_text("Handed over: sent")).to_be_visible()
    assert world.producer.answers[-1].kind == "handed_over"
    world.inbox.change(butter.alert_id, status=AlertStatus.RAISED, acknowledged_at=None, step=3)
    expect(page.get_by_role("button", name="I take the other 1")).to_be_visible()
