"""Of a store with many cameras the worst bays' pictures come first; any other one can be asked for."""

import pytest
from playwright.sync_api import expect

from analytics.contract import SlotState
from shelfstream.catalogue.catalogue import Catalogue, CatalogueSnapshot
from shelfstream.catalogue.model import Bay, Camera, Slot
from tests.unit.console.browser_tab import Tab
from tests.unit.console.console_fakes import GTIN_MILK, STORE, World, level

pytestmark = pytest.mark.real
_MORE = 12


def _many(world: World) -> CatalogueSnapshot:
    """Twelve bays more, each with a camera of the same name and one place."""
    whole = world.catalogue.snapshot.catalogue
    bay, camera = whole.bays[STORE, "dairy"], whole.cameras[STORE, "cam-1"]
    slot = whole.slots[STORE, "milk"]
    more: list[Bay | Camera | Slot] = []
    for number in range(_MORE):
        name = f"b{number}"
        seen = (camera.calibrations[0].model_copy(update={"bay": name}),)
        more.append(bay.model_copy(update={"id": name, "name": f"Bay number {number}", "walking_order": 10 + number}))
        more.append(camera.model_copy(update={"id": name, "name": f"Camera {number}", "calibrations": seen}))
        more.append(slot.model_copy(update={"id": f"{name}-milk", "bay": name}))
    return CatalogueSnapshot(3, Catalogue.of([*whole.entities(), *more]))


def test_the_worst_bays_come_with_pictures_and_the_others_as_maps(tab: Tab, world: World) -> None:
    """Ten of thirteen, those with something out among them; a tap brings one more in, and a slot still opens."""
    before = world.catalogue.snapshot
    world.catalogue.snapshot = _many(world)
    world.live.levels["b11-milk"] = level("b11-milk", GTIN_MILK, SlotState.OUT, world.clock.now(), bay="b11")
    world.console_data.changed(STORE)
    try:
        page = tab.open(f"/stores/{STORE}")
        expect(page.locator(".mapcard")).to_have_count(_MORE + 1 - 10 + 1, timeout=10_000)
        expect(page.locator(".camera:not(.mapcard)", has_text="Bay number 11")).to_be_visible()
        card = page.locator(".mapcard", has_text="Show its picture").first
        title = card.locator("h2").inner_text()
        card.get_by_role("button", name="Show its picture").click()
        expect(page.locator(".mapcard", has_text=title)).to_have_count(0)
        page.locator(".mapcard .cell").first.click()
        expect(page.locator(".slotcard")).to_be_visible()
    finally:
        world.catalogue.snapshot = before
