"""From the shelf to a phone and back: a message with a picture, answered in a browser, closed by the camera."""

import base64
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.conftest import CHROMIUM, PHONE
from tests.real.demo.test_demo_command import demo
from tests.unit.alerts.alert_rig import inbox

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(280)]
_LINK = re.compile(r"http://\S+/answer/\S+")
_REFILLED_WITHIN_S = 120.0


def _until(found: Callable[[], Any], what: str, within_s: float) -> Any:
    ends_s = time.monotonic() + within_s
    while not (value := found()):
        assert time.monotonic() < ends_s, what
        time.sleep(0.2)
    return value


def _alerts(console: str, standing: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{console}/api/alerts").json()[standing]
    return found


def _taken(console: str) -> str | None:
    """The alert that somebody took, by now."""
    return next((each["alert_id"] for each in _alerts(console, "open") if each["status"] == "acknowledged"), None)


def _closed_by_camera(console: str, alert_id: str) -> bool:
    return any(each["alert_id"] == alert_id and not each["answer"] for each in _alerts(console, "closed"))


def test_a_gap_is_told_answered_and_closed_when_the_shelf_is_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message's picture is a JPEG, its link opens without a password, and nobody has to close the alert."""
    with inbox() as people:
        monkeypatch.setenv("SHELFSTREAM_ALERTS__DELIVERY__CHANNELS", json.dumps([people.url]))
        monkeypatch.setenv("SHELFSTREAM_ALERTS__DELIVERY__BUNDLE_MOST", "1")
        with demo(tmp_path, "--port", "0") as running:
            console = re.findall(r"http://\S+", running.says("the console is at"))[0].rstrip("/")
            told = _until(lambda: next(iter(people.taken), None), "no message came", 90.0)
            picture = base64.b64decode(told["attachments"][0]["base64"])
            assert picture.startswith(b"\xff\xd8")
            link = _LINK.findall(told["message"])[0]
            _take(link)
            alert_id = _until(lambda: _taken(console), "the answer was not booked", 15.0)
            _until(lambda: _closed_by_camera(console, alert_id), "the refill was not seen", _REFILLED_WITHIN_S)


def _take(link: str) -> None:
    """Open the link on a phone, see the place, and take the alert."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page(viewport=PHONE)  # type: ignore[arg-type]
        page.goto(link)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator("figure img").first).to_be_visible()
        page.get_by_role("button", name="I take it").click()
        expect(page.get_by_role("button", name="I take it")).to_be_hidden()
        browser.close()
