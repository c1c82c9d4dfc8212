"""An automatic check (axe-core, WCAG 2.1 A and AA) finds nothing on any page: dark on a phone, light on a desktop."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.unit.console.browser_tab import Tab
from tests.unit.console.console_fakes import LINKS, STORE, World

pytestmark = pytest.mark.real
_RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    # Quasar puts the field of its file chooser inside a button, which keys and screen readers get along with.
    "rules": {"nested-interactive": {"enabled": False}},
}
_LIVE = (
    f"/stores/{STORE}",
    f"/stores/{STORE}/slots/milk",
    "/alerts",
    f"/history?store={STORE}",
    "/explore",
    f"/setup?store={STORE}",
    f"/setup/camera?store={STORE}&camera=cam-1",
    f"/setup/plan?store={STORE}&camera=cam-1",
    "/teach",
    "/health",
    "/about/api",
)


def dim(tab: Tab) -> None:
    """Colours do not depend on the width: both are looked at once."""
    size = tab.page.viewport_size
    dark = size is not None and size["width"] < 600
    tab.page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")


def faults(tab: Tab) -> list[str]:
    """What the check finds: the rule, and the elements."""
    found = Axe().run(tab.page, options=_RULES).response["violations"]
    return [f"{each['id']}: {[node['html'][:160] for node in each['nodes']][:4]}" for each in found]


@pytest.mark.parametrize("path", _LIVE)
def test_a_page_can_be_used_by_everybody(tab: Tab, world: World, path: str) -> None:
    """Contrast, names of buttons and fields, language, what may be focused."""
    dim(tab)
    page = tab.open(path)
    expect(page.locator("nav a").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert faults(tab) == []


def test_so_can_the_plain_pages(tab: Tab, world: World) -> None:
    """Where one signs in, and what a link in a message opens."""
    dim(tab)
    token = LINKS.token(world.milk_alert.alert_id, world.clock.now(), timedelta(hours=1))
    for path in ("/signin", f"/answer/{token}", "/invitation/none"):
        tab.visit(path)
        assert faults(tab) == [], path
