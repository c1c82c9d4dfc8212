"""Setting a store up in a real browser: cameras are added and calibrated without editing a file."""

import re

import pytest
from playwright.sync_api import Page, expect

from console.setup.desk import CatalogueDesk
from shelfstream.catalogue.folder.read import read_folder
from tests.unit.catalogue.catalogue_samples import picture
from tests.unit.console.browser_tab import Tab
from tests.unit.console.console_fakes import GTIN_BUTTER, STORE, World

pytestmark = pytest.mark.real

_CALIBRATE = f"/setup/camera?store={STORE}&camera=cam-1"


def _desk(world: World) -> CatalogueDesk:
    desk = world.console_data.desk
    assert desk is not None
    return desk


def _handles(page: Page) -> list[tuple[float, float]]:
    spots = page.locator(".handle").evaluate_all("all => all.map(e => [Number(e.dataset.x), Number(e.dataset.y)])")
    return [(x, y) for x, y in spots]


def test_a_plan_is_laid_by_its_handles_and_saved(tab: Tab, world: World) -> None:
    """A handle is dragged, the outlines follow, arrow keys move it on, and the folder has its points afterwards."""
    page = tab.open(_CALIBRATE)
    expect(page.locator(".handle")).to_have_count(4)
    expect(page.locator("svg polygon.place")).to_have_count(3)
    before, outline = _handles(page), page.locator("svg polygon.place").first.get_attribute("points")
    box = page.locator(".handle .dot").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y + 10, steps=4)
    page.mouse.up()
    page.locator(".handle").nth(2).focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowUp")
    after = _handles(page)
    assert after[0][0] > before[0][0]
    assert after[2] == pytest.approx((before[2][0] - 1, before[2][1] - 10))
    expect(page.locator("svg polygon.place").first).not_to_have_attribute("points", outline or "")
    expect(page.locator(".standing")).to_contain_text("Not sure")
    page.get_by_text("Save").click()
    expect(page.locator(".saved")).to_contain_text("Written to")
    (camera,) = read_folder(_desk(world).folder).cameras.values()
    written = [pair.image_px for pair in camera.calibrations[0].points]
    assert [spot for pair in written for spot in pair] == pytest.approx([each for pair in after for each in pair])


def test_a_search_that_finds_nothing_says_why(tab: Tab, world: World) -> None:
    """Two facings of no known product are no evidence."""
    page = tab.open(_CALIBRATE)
    expect(page.locator(".handle")).to_have_count(4)
    page.get_by_text("Find it by its products").click()
    expect(page.locator(".found")).to_contain_text("only 2 facings are seen")


def test_a_camera_is_added_by_its_address(tab: Tab, world: World) -> None:
    """What cannot work is said at once; then it stands in the folder."""
    page = tab.open("/setup")
    expect(page.locator("[data-camera=cam-1]")).to_contain_text("online")
    page.get_by_label("Camera's address").fill("rtsp://admin:hunter2@10.0.0.5/stream")
    page.get_by_text("Add the camera").click()
    expect(page.locator(".faults")).to_contain_text("holds a password")
    page.get_by_label("Camera's address").fill("rtsp://admin:${CAM}@10.0.0.5/stream")
    page.get_by_label("Name", exact=True).fill("Aisle end")
    page.get_by_text("Add the camera").click()
    expect(page.locator(".said").first).to_contain_text("Camera aisle-end is added")
    assert (STORE, "aisle-end") in read_folder(_desk(world).folder).cameras


def test_a_product_is_added_with_its_photographs(tab: Tab, world: World) -> None:
    """Photographs are uploaded, all called the same; one that is none is told and left out, the others are kept."""
    page = tab.open("/setup")
    page.get_by_label("Number under the bar code").fill(GTIN_BUTTER)
    uploaded, field = page.locator(".q-uploader__file--uploaded"), page.locator("input[type=file]")
    for number, data in enumerate((b"no picture", picture(), picture("png")), 1):
        field.set_input_files({"name": "image.jpg", "mimeType": "image/jpeg", "buffer": data})
        expect(uploaded).to_have_count(number)
    page.get_by_text("Add the product").click()
    expect(page.locator(".faults")).to_contain_text("image.jpg")
    page.get_by_text("Add the product").click()
    expect(page.locator(".said").last).to_have_text(re.compile("Butter has 2 photographs"))
    expect(uploaded).to_have_count(0)
    product = read_folder(_desk(world).folder).products[STORE, GTIN_BUTTER]
    kept = [(_desk(world).folder / "pictures" / name).read_bytes() for name in product.pictures]
    assert kept == [picture(), picture("png")]


def test_a_bay_without_a_plan_gets_one(tab: Tab, world: World) -> None:
    """What is seen is drafted; places are split, joined and named; the folder has the plan afterwards."""
    page = tab.open(f"/setup/plan?store={STORE}&camera=cam-1")
    expect(page.locator(".handle")).to_have_count(4)
    page.get_by_label("What the bay is called").fill("Cheese")
    page.get_by_label("How wide it is").fill("5")
    page.get_by_text("Draft the plan").click()
    expect(page.locator(".faults")).to_contain_text("must lie in")
    page.get_by_label("How wide it is").fill("120")
    page.get_by_text("Draft the plan").click()
    expect(page.locator("[data-figure=places]")).to_have_text("2")
    expect(page.locator("[data-figure=unnamed]")).to_have_text("2")
    page.locator("svg polygon[data-slot=cheese-s1-02]").click(force=True)
    expect(page.locator("[data-chosen=cheese-s1-02]")).to_be_visible()
    page.get_by_text("Join with the right one").click()
    expect(page.locator(".faults")).to_contain_text("no place right of it")
    page.get_by_role("button", name="Split").click()
    expect(page.locator("[data-figure=places]")).to_have_text("3")
    page.get_by_text("Join with the right one").click()
    expect(page.locator("[data-figure=places]")).to_have_text("2")
    page.get_by_label("Its name, where it is not in the list").fill("Gouda")
    page.get_by_label("Facings side by side").fill("2")
    page.get_by_text("Apply").click()
    expect(page.locator("svg polygon.place.chosen")).to_have_count(1)
    page.get_by_text("Save the plan").click()
    expect(page.locator(".saved")).to_contain_text("Written to")
    found = read_folder(_desk(world).folder)
    slots = [slot for slot in found.slots.values() if slot.bay == "cheese"]
    assert [slot.facings_wide for slot in slots] == [1, 2]
    assert "Gouda" in {product.name for product in found.products.values()}
    (camera,) = found.cameras.values()
    assert [each.bay for each in camera.calibrations] == ["dairy", "cheese"]
