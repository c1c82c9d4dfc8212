"""One console for all browser tests (NiceGUI keeps its pages per process), on a store whose fakes tests change.

One has to sign in to it; the tabs are an administrator's.
"""

import gc
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, sync_playwright

from console.access.gate import SESSION_COOKIE
from console.access.roles import Role
from console.app import make_app
from console.service import ConsoleService
from console.settings import ConsoleSettings
from console.setup.desk import CatalogueDesk
from detector.train.label_folder import TeachingFolder
from shelfstream.catalogue.folder.write import write_folder
from shelfstream.clock import SystemClock
from shelfstream.secrets import KnownSecrets
from tests.unit.console.access_rig import Door, door_at
from tests.unit.console.browser_tab import Tab
from tests.unit.console.console_fakes import LINKS, World, sound_catalogue
from tests.unit.console.machine_rig import Rig, rig_at

CHROMIUM = Path("/usr/bin/chromium")
DESKTOP = {"width": 1360, "height": 860}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """The bus that the health page looks at."""
    with rig_at(tmp_path_factory.mktemp("machine"), SystemClock()) as rig:
        yield rig


@pytest.fixture(scope="session")
def _world(tmp_path_factory: pytest.TempPathFactory, rig: Rig) -> World:
    folder, teaching = tmp_path_factory.mktemp("catalogue"), TeachingFolder(tmp_path_factory.mktemp("teaching"))
    return World(desk=CatalogueDesk(folder), teaching=teaching, machine=rig.machine)


def _refuse() -> None:
    raise AssertionError("somebody searches through all live objects")


def _wait_until_ready(service: ConsoleService) -> None:
    ends_s = time.monotonic() + 30
    while not service.ready():
        assert time.monotonic() < ends_s, "the console does not start"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def door(_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """Who may come in."""
    with door_at(tmp_path_factory.mktemp("door"), _world.clock) as door:
        yield door


@pytest.fixture(scope="session")
def session(door: Door) -> str:
    """An administrator's session."""
    return door.session("boss", Role.ADMINISTRATOR)


@pytest.fixture(scope="session")
def console_url(_world: World, door: Door) -> Iterator[str]:
    @contextmanager
    def app() -> Iterator[FastAPI]:
        yield make_app(_world.console_data, KnownSecrets(), LINKS, door.keeper)

    def beside(stop: threading.Event) -> None:
        stop.wait()

    service = ConsoleService(ConsoleSettings(port=0), app, {"beside": beside})
    stop = threading.Event()
    thread = threading.Thread(target=service.run, args=(stop,))
    with pytest.MonkeyPatch.context() as patch:
        # A search through all live objects breaks tuples that other threads are just making: starting must do without.
        patch.setattr(gc, "get_objects", _refuse)
        thread.start()
        _wait_until_ready(service)
    yield service.url()
    stop.set()
    thread.join(20)


@pytest.fixture
def world(_world: World) -> World:
    """The store as at the start, also on pages: what they show is kept for a moment."""
    _world.fill()
    if _world.console_data.desk is not None:
        write_folder(sound_catalogue(), _world.console_data.desk.folder, lambda _: b"")
    ends_s = time.monotonic() + 10
    while [now.alert.alert_id for now in _world.console_data.inbox().waiting] != [_world.milk_alert.alert_id]:
        assert time.monotonic() < ends_s, "the pages still show the test before"
        time.sleep(0.02)
    return _world


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Not for a session: while it is open, no other test of the process can run an event loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=["desktop", "phone"])
def tab(
    request: pytest.FixtureRequest, chromium: Browser, console_url: str, world: World, session: str
) -> Iterator[Tab]:
    """A tab on a desktop and on a phone; afterwards nothing was complained of and nobody else was asked."""
    context = chromium.new_context(viewport=PHONE if request.param == "phone" else DESKTOP)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    context.add_cookies([{"name": SESSION_COOKIE, "value": session, "url": console_url}])
    tab = Tab(context.new_page(), console_url)
    yield tab
    assert tab.foreign == []
    assert [said for said in tab.complaints if "404" not in said] == []
    context.close()
