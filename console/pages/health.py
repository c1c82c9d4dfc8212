"""Health: what is wrong and what to do, how far the stages are, what was put aside, how fresh each store is."""

from importlib.metadata import version

from fastapi import Request
from nicegui import ui

from console.console_data import ConsoleData
from console.health.problems import problems_of
from console.html.frame import Here
from console.html.health import letters_card, machine_card, problems_card, versions_card
from console.html.lists import health_card
from console.html.markup import el, joined
from console.pages.layout import PageFrame, Section, Tapped, off_loop, seen_by_whom_asks, told_faults
from console.sources import NotFound
from console.views.models import StoreNow
from shelfstream.errors import Faults, Unavailable


def add_health(console_data: ConsoleData) -> None:
    """Add ``/health``."""

    @ui.page("/health", response_timeout=20)
    async def health(request: Request, store: str = "") -> None:
        seen = seen_by_whom_asks(console_data, request)
        known = store if store in seen.stores() else ""
        page = _HealthPage(seen, PageFrame(seen, request, Here("health", known)), known)
        await page.update()
        ui.timer(seen.settings.refresh_s, page.update, immediate=False)


class _HealthPage:
    """One browser's page, of one store or of all."""

    def __init__(self, console_data: ConsoleData, frame: PageFrame, store: str) -> None:
        self._console_data = console_data
        self._frame = frame
        self._store = store
        self._cards: dict[str, Section] = {}
        with ui.element("main").classes("page narrow"):
            about = el("a", "The API", href="about/api")
            Section("pagehead").show(joined(el("h1", "Health"), el("p", "Does everything run? ", about, "")))
            self._problems = Section("card healthcard")
            self._told = Section()
            self._holder = ui.element("div").classes("alerts")
            self._machine = Section("card healthcard")
            self._letters = Section("card healthcard", on_tap=self._tapped)
            self._versions = Section("card healthcard")
        self._looks_after = console_data.may_look_after
        for each in (self._machine, self._letters):
            each.html.set_visibility(self._looks_after)

    async def update(self) -> None:
        """Look again."""
        await self._frame.update()
        stores = [now for each in self._named() if (now := await self._store_now(each)) is not None]
        machine = await off_loop(self._console_data.operating.now) if self._looks_after else None
        self._problems.show(problems_card(problems_of(machine, stores)))
        for now in stores:
            if now.id not in self._cards:
                with self._holder:
                    self._cards[now.id] = Section("card healthcard")
            self._cards[now.id].show(health_card(now))
        self._versions.show(versions_card(version("shelfstream"), stores))
        if machine is not None:
            self._machine.show(machine_card(machine))
            self._letters.show(letters_card(machine.letters))

    def _named(self) -> list[str]:
        return [self._store] if self._store else list(self._console_data.stores())

    async def _store_now(self, store: str) -> StoreNow | None:
        try:
            return await off_loop(self._console_data.store_now, store)
        except NotFound:
            return None

    async def _tapped(self, tapped: Tapped) -> None:
        letter, more = tapped.get("letter", ""), tapped.get("more", "")
        try:
            if more == "replay":
                await off_loop(self._console_data.operating.replay, letter)
            elif more == "drop":
                await off_loop(self._console_data.operating.drop, letter)
        except Faults as faults:
            self._told.show(told_faults(faults))
        except Unavailable as away:
            self._told.show(el("p", f"That could not be done; try again. ({away.what})", cls="trouble"))
        else:
            self._told.show(joined())
        await self.update()
