"""A bay is declared under rebuilding on the store's page, and that is ended again."""

import pytest
from playwright.sync_api import expect

from shelfstream.catalogue.catalogue import CatalogueSnapshot
from shelfstream.catalogue.folder.read import read_folder
from tests.unit.console.browser_tab import Tab
from tests.unit.console.console_fakes import STORE, World

pytestmark = pytest.mark.real


def test_nobody_is_told_of_a_bay_for_some_hours(tab: Tab, world: World) -> None:
    """What is chosen stands in the folder; once the catalogue has it the page says until when, and offers to end it."""
    desk = world.console_data.desk
    assert desk is not None
    before = world.catalogue.snapshot
    page = tab.open(f"/stores/{STORE}")
    page.get_by_text("A bay is being rebuilt").click()
    page.get_by_label("Bay", exact=True).click()
    page.get_by_role("option", name="Milk & cream").click()
    page.get_by_label("For how many hours").fill("3")
    page.get_by_role("button", name="Tell nobody until then").click()
    expect(page.get_by_text("Nobody is told of its gaps")).to_be_visible()
    written = read_folder(desk.folder)
    reset = written.bays[STORE, "dairy"].reset
    assert reset is not None
    assert (reset.ends - reset.begins).total_seconds() == 3 * 3600
    try:
        world.catalogue.snapshot = CatalogueSnapshot(3, written)
        expect(page.get_by_role("heading", name="Being rebuilt")).to_be_visible()
        page.get_by_role("button", name="End now").click()
        expect(page.get_by_text("watched again")).to_be_visible()
        assert read_folder(desk.folder).bays[STORE, "dairy"].reset is None
    finally:
        world.catalogue.snapshot = before
