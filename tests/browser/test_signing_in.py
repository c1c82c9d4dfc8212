"""Signing in and out in a real browser, and what is there for whom."""

from collections.abc import Iterator

import httpx
import pytest
from nicegui import Client
from playwright.sync_api import Browser, Page, expect

from console.access.gate import SESSION_COOKIE
from console.access.roles import Role
from tests.unit.console.access_rig import PASSWORD, Door
from tests.unit.console.console_fakes import STORE, World
from tests.unit.console.test_cross_store import OWN, TELLTALE, two_stores

pytestmark = pytest.mark.real
_PHONE = {"width": 390, "height": 844}


@pytest.fixture
def stranger(chromium: Browser, console_url: str, world: World) -> Iterator[Page]:
    """A phone that nobody has signed in with."""
    context = chromium.new_context(viewport=_PHONE, base_url=console_url)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def test_from_an_invitation_to_the_inbox_and_out_again(stranger: Page, door: Door) -> None:
    """A password is chosen, alerts are there; signed out they are not, and one comes back to where one was."""
    code = door.invited("carol", Role.STAFF, STORE)
    stranger.goto(f"/invitation/{code}")
    expect(stranger.get_by_role("heading", name="Welcome, carol")).to_be_visible()
    stranger.get_by_label("New password").fill(PASSWORD)
    stranger.get_by_role("button", name="Keep it and sign in").click()
    stranger.goto("/alerts")
    expect(stranger.get_by_role("heading", name="Whole milk")).to_be_visible()
    stranger.get_by_role("button", name="Sign out carol").click()
    expect(stranger.get_by_role("button", name="Sign in")).to_be_visible()
    stranger.goto(f"/alerts?store={STORE}")
    stranger.get_by_label("Name").fill("carol")
    stranger.get_by_label("Password").fill("wrong wrong")
    stranger.keyboard.press("Enter")
    expect(stranger.get_by_role("alert")).to_contain_text("not right")
    stranger.get_by_label("Name").fill("carol")
    stranger.get_by_label("Password").fill(PASSWORD)
    stranger.keyboard.press("Enter")
    stranger.wait_for_url(f"**/alerts?store={STORE}")
    expect(stranger.get_by_role("heading", name="Whole milk")).to_be_visible()
    assert stranger.locator("html").evaluate("page => page.scrollWidth <= page.clientWidth")


def test_an_open_page_ends_with_its_session(stranger: Page, door: Door, console_url: str) -> None:
    """Who is removed while the page is open is sent to sign in."""
    kept = door.session("dora", Role.STAFF, STORE)
    stranger.context.add_cookies([{"name": SESSION_COOKIE, "value": kept, "url": console_url}])
    stranger.goto("/alerts")
    expect(stranger.get_by_role("heading", name="Whole milk")).to_be_visible()
    door.accounts.remove("dora")
    stranger.wait_for_url("**/signin*")


@pytest.mark.parametrize(
    ("role", "pages"),
    [
        (Role.STAFF, ["Store now", "Alerts", "Health"]),
        (Role.HQ, ["Store now", "Alerts", "History", "Explore", "Health"]),
        (Role.OPERATOR, ["Store now", "Alerts", "History", "Explore", "Set up", "Health"]),
    ],
)
def test_a_role_has_its_pages(stranger: Page, door: Door, console_url: str, role: Role, pages: list[str]) -> None:
    """What is not there for it is not in its menu, and does not open by its address; HQ has no buttons to answer by."""
    kept = door.session(f"a-{role.value}", role, STORE)
    stranger.context.add_cookies([{"name": SESSION_COOKIE, "value": kept, "url": console_url}])
    stranger.set_viewport_size({"width": 1200, "height": 800})
    stranger.goto("/alerts")
    expect(stranger.get_by_role("heading", name="Whole milk")).to_be_visible()
    shown = stranger.locator("nav a span:not(.count)").all_inner_texts()
    # The teaching pictures are of any store: they are there for who sees all of them, as this one does.
    assert [title for title in shown if title != "Teach"] == pages
    assert stranger.get_by_role("button", name="Refilled").count() == (role is Role.STAFF)
    if role is Role.STAFF:
        for path in (
            "/history",
            "/explore",
            f"/setup?store={STORE}",
            f"/setup/camera?store={STORE}&camera=cam-1",
            "/teach",
        ):
            stranger.goto(path)
            expect(stranger.get_by_role("heading", name="Your account may not")).to_be_visible()


@pytest.mark.parametrize("role", list(Role))
def test_no_page_shows_what_is_another_stores(world: World, door: Door, console_url: str, role: Role) -> None:
    """Every page that there is, asked for with the other store's identifiers."""
    before = world.catalogue.snapshot
    paths = ["/alerts", "/alerts/{alert_id}", "/inbox/now"]
    paths += sorted(path for path in Client.page_routes.values() if not path.startswith("/_"))
    assert {"/", "/stores/{store}", "/history", "/setup", "/setup/camera"} <= set(paths)
    kept = {SESSION_COOKIE: door.session(f"own-{role.value}", role, OWN)}
    two_stores(world)
    try:
        with httpx.Client(base_url=console_url, cookies=kept, follow_redirects=True, timeout=30) as client:
            for path in paths:
                named = path.replace("{store}", STORE).replace("{alert_id}", world.milk_alert.alert_id)
                shown = client.get(named, params={"store": STORE, "camera": "cam-1"}, headers={"Accept": "text/html"})
                assert shown.status_code == 200, named
                assert [word for word in TELLTALE if word in shown.text] == [], named
            assert client.get("/teaching/any.jpg").status_code == 404
    finally:
        world.catalogue.snapshot = before


def test_another_sites_page_can_do_nothing(stranger: Page, world: World, console_url: str, session: str) -> None:
    """A form on a page of another origin, sent with the cookie that the browser has, answers nothing."""
    stranger.context.add_cookies([{"name": SESSION_COOKIE, "value": session, "url": console_url}])
    form = f"<form method=post action='{console_url}/signout'><button>Win</button></form>"
    stranger.route("http://evil.test/", lambda route: route.fulfill(body=form, content_type="text/html"))
    stranger.goto("http://evil.test/")
    with stranger.expect_response(lambda answer: answer.url.endswith("/signout")) as answered:
        stranger.get_by_role("button", name="Win").click()
    assert answered.value.status == 403
    stranger.goto(f"{console_url}/alerts")
    expect(stranger.get_by_role("heading", name="Whole milk")).to_be_visible()
