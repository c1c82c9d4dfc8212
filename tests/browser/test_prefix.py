"""The console behind a path prefix, in a real browser."""

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, Response, expect

from console.access.gate import SESSION_COOKIE
from tests.unit.console.console_fakes import STORE, World
from tests.unit.console.prefix_proxy import prefix_proxy

pytestmark = [pytest.mark.real, pytest.mark.slow]
_PREFIX = "/deep/shelf"


@pytest.fixture
def behind(console_url: str, world: World) -> Iterator[str]:
    with prefix_proxy(urlsplit(console_url).port or 80, _PREFIX) as url:
        yield url


@pytest.fixture
def answers() -> list[Response]:
    return []


@pytest.fixture
def page(chromium: Browser, answers: list[Response], behind: str, session: str) -> Iterator[Page]:
    opened = chromium.new_page()
    opened.context.add_cookies([{"name": SESSION_COOKIE, "value": session, "url": behind}])
    opened.on("response", lambda response: answers.append(response))  # noqa: PLW0108 - it must carry attributes
    yield opened
    opened.close()


def test_every_address_of_every_page_carries_the_prefix(
    behind: str, page: Page, answers: list[Response], world: World
) -> None:
    """From the first redirect over each page by its own links: nothing is asked for outside, and nothing is missing."""
    page.goto(f"{behind}/")
    expect(page.locator("nav a").first).to_be_visible()
    for title in ("Alerts", "History", "Health", "Store now"):
        page.get_by_role("link", name=title).first.click()
        expect(page.locator("nav a[aria-current=page]")).to_contain_text(title)
    page.wait_for_function("[...document.images].length > 1 && [...document.images].every((it) => it.complete)")
    assert page.evaluate("[...document.images].every((it) => it.naturalWidth > 0)")
    assert page.url == f"{behind}/stores/{STORE}"
    asked = [urlsplit(each.url).path for each in answers]
    assert [path for path in asked if not path.startswith(f"{_PREFIX}/")] == []
    assert [each.url for each in answers if each.status >= 400] == []
    links = page.evaluate("[...document.links].map((it) => new URL(it.href).pathname)")
    assert [link for link in links if not link.startswith(f"{_PREFIX}/")] == []


def test_the_page_is_live_behind_the_prefix(behind: str, page: Page, world: World) -> None:
    """The web socket goes through the proxy, too: trouble shows without a reload."""
    page.goto(f"{behind}/stores/{STORE}")
    expect(page.locator("[data-figure=out]")).to_have_text("1")
    world.live.away = True
    expect(page.locator(".troubles")).to_contain_text("Redis")


def test_what_programs_read_carries_the_prefix(behind: str, session: str) -> None:
    """Pictures in the API's answers are there where they say, and the description says where the API is."""
    shown = {SESSION_COOKIE: session}
    host, ends_s, kinds = behind.removesuffix(_PREFIX), time.monotonic() + 20, list[str]()
    # The console looks at its store every second or so; before that it may tell of the test before.
    while kinds != ["image/jpeg"]:
        assert time.monotonic() < ends_s, kinds
        outs = httpx.get(f"{behind}/api/stores/{STORE}/out", cookies=shown).json()
        urls = [each["after_url"] for each in outs if each["after_url"]]
        assert all(url.startswith(f"{_PREFIX}/pictures/") for url in urls)
        kinds = [httpx.get(host + url, cookies=shown).headers["content-type"] for url in urls]
    assert httpx.get(f"{behind}/openapi.json", cookies=shown).json()["servers"] == [{"url": f"{_PREFIX}/"}]


@pytest.mark.parametrize("prefix", ["//evil.example", '/"><script>', "shelf", "/a b", "javascript:x", "/a//b"])
def test_a_prefix_that_is_no_path_is_none(console_url: str, session: str, prefix: str) -> None:
    """Whoever reaches the console without a proxy writes no addresses into its pages."""
    shown = {SESSION_COOKIE: session}
    told = httpx.get(f"{console_url}/about/api", headers={"X-Forwarded-Prefix": prefix}, cookies=shown).text
    assert '<base href="/"/>' in told
    assert "evil" not in told
    assert "<script>" not in told.partition("<base")[2][:40]
