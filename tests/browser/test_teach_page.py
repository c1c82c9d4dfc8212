"""Correcting what the model sees, in a real browser: with the mouse, with keys, and on a phone's screen."""

import json
import re

import cv2
import pytest
from playwright.sync_api import Locator, Page, expect

from detector.train.label_folder import LabelledBox, TeachingFolder
from simulator.scenes.scenes import random_scene
from tests.unit.console.browser_tab import Tab
from tests.unit.console.console_fakes import GTIN_MILK, World

pytestmark = pytest.mark.real


@pytest.fixture
def teaching(world: World) -> TeachingFolder:
    """A folder with two pictures of a shelf, of which nobody labelled any."""
    folder = world.console_data.teaching
    assert folder is not None
    for path in folder.path.iterdir():
        path.unlink()
    for number in (1, 2):
        cv2.imwrite(str(folder.path / f"shelf-{number}.png"), random_scene(40 + number, (640, 480)).image_bgr)
    return folder


def _spot(sheet: Locator, x: float, y: float) -> tuple[float, float]:
    """Where a point of the picture (640×480) lies in the window."""
    box = sheet.bounding_box()
    assert box is not None
    return box["x"] + x / 640 * box["width"], box["y"] + y / 480 * box["height"]


def _drag(page: Page, sheet: Locator, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*_spot(sheet, *start))
    page.mouse.down()
    page.mouse.move(*_spot(sheet, *end), steps=4)
    page.mouse.up()


def _save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(re.compile("boxes are saved"))).to_be_visible()


def test_a_person_draws_moves_names_and_removes_boxes(tab: Tab, teaching: TeachingFolder) -> None:
    """What is drawn with the mouse and changed with keys is what the folder has afterwards."""
    (teaching.path / "annotations.json").write_text(
        json.dumps({"images": [{"id": 1, "file_name": "shelf-1.png", "labelled": ["facing"]}]})
    )
    page = tab.open("/teach?picture=shelf-1.png")
    sheet = page.locator("svg.labels")
    expect(page.locator("[data-kind=facing]")).to_have_attribute("aria-pressed", "true")
    sheet.scroll_into_view_if_needed()
    _drag(page, sheet, (100, 100), (160, 200))
    _drag(page, sheet, (300, 100), (360, 200))
    page.keyboard.press("g")
    _drag(page, sheet, (450, 300), (500, 380))
    expect(page.locator("rect.label")).to_have_count(3)
    expect(page.locator("[data-kind=gap] .howmany")).to_have_text("2")
    page.keyboard.press("Delete")
    _drag(page, sheet, (330, 150), (340, 170))
    page.keyboard.press("f")
    page.locator("[data-product]").fill(GTIN_MILK)
    page.locator("[data-product]").blur()
    _drag(page, sheet, (20, 20), (40, 40))
    page.keyboard.press("Control+z")
    _save(page)
    boxes = teaching.boxes("shelf-1.png")
    assert [box.kind for box in boxes] == ["facing", "facing"]
    assert (boxes[0].left, boxes[0].top, boxes[0].width, boxes[0].height) == pytest.approx((100, 100, 60, 100), abs=3)
    assert (boxes[1].left, boxes[1].top) == pytest.approx((310, 120), abs=3)
    assert boxes[1].product == GTIN_MILK
    (entry,) = json.loads((teaching.path / "annotations.json").read_text())["images"]
    assert entry["labelled"] == ["facing"]


def test_the_model_proposes_and_the_next_picture_waits(tab: Tab, teaching: TeachingFolder) -> None:
    """A picture without labels comes with the model's boxes; what was saved is listed as done, the other is to do."""
    page = tab.open("/teach")
    expect(page.locator("a.tile")).to_have_count(2)
    expect(page.get_by_text("to do")).to_have_count(2)
    page.locator("a.tile").first.click()
    expect(page.get_by_text(re.compile("The model proposes"))).to_be_visible(timeout=30_000)
    proposed = page.locator("rect.label").count()
    assert proposed > 3
    page.get_by_role("button", name="Save, next").click()
    expect(page).to_have_url(re.compile("shelf-2"))
    assert len(teaching.boxes("shelf-1.png")) == proposed
    page = tab.open("/teach")
    expect(page.get_by_text(re.compile("looked for facings, gaps"))).to_have_count(1)


def test_an_edge_is_dragged_and_a_click_moves_nothing(tab: Tab, teaching: TeachingFolder) -> None:
    """The chosen box is resized at its edge; a tap alone leaves every box where it was."""
    teaching.save("shelf-1.png", [LabelledBox("facing", 200, 150, 120, 160)], ["facing"])
    page = tab.open("/teach?picture=shelf-1.png")
    sheet = page.locator("svg.labels")
    expect(page.locator("rect.label")).to_have_count(1)
    sheet.scroll_into_view_if_needed()
    page.mouse.click(*_spot(sheet, 260, 230))
    _drag(page, sheet, (319, 230), (359, 230))
    _save(page)
    (box,) = teaching.boxes("shelf-1.png")
    assert (box.left, box.top, box.width, box.height) == pytest.approx((200, 150, 160, 160), abs=3)


def test_a_picture_that_is_gone_leads_to_the_list(tab: Tab, teaching: TeachingFolder) -> None:
    """And the folder's other files are never served."""
    page = tab.open("/teach?picture=gone.png")
    expect(page.locator("a.tile")).to_have_count(2)
    (teaching.path / "annotations.json").write_text("{}")
    answer = page.request.get(page.url.split("/teach")[0] + "/teaching/annotations.json")
    assert answer.status == 404
