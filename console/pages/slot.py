"""One slot: what its cameras show, why it is believed to be so, its last day, its alerts and what was answered."""

from fastapi import Request
from nicegui import ui

from console.console_data import ConsoleData
from console.html.frame import Here
from console.html.markup import Markup, el, icon, joined
from console.html.slot_card import slot_card
from console.html.slot_page import alerts_card, belief_card, day_card, sight_card
from console.pages.layout import PageFrame, Section, off_loop, seen_by_whom_asks, zone_of
from console.sources import NotFound
from console.views.models import StoreNow
from console.views.slot_sight import sights_of
from shelfstream.errors import Unavailable

_PAST_EVERY_S = 10.0


def add_slot(console_data: ConsoleData) -> None:
    """Add ``/stores/STORE/slots/SLOT``."""

    @ui.page("/stores/{store}/slots/{slot}", response_timeout=20)
    async def of_slot(request: Request, store: str, slot: str) -> None:
        seen = seen_by_whom_asks(console_data, request)
        frame = PageFrame(seen, request, Here("stores", store))
        try:
            now = await off_loop(seen.store_now, store)
        except NotFound:
            now = None
        if now is None or now.slot(slot) is None:
            await frame.update()
            Section("nothing page").show(joined(icon("wrong_location"), el("h2", "There is no such place")))
            return
        page = _SlotPage(seen, frame, store, slot)
        await page.update()
        await page.update_past()
        ui.timer(seen.settings.refresh_s, page.update, immediate=False)
        ui.timer(_PAST_EVERY_S, page.update_past, immediate=False)


class _SlotPage:
    """One browser's page of one slot."""

    def __init__(self, console_data: ConsoleData, frame: PageFrame, store: str, slot: str) -> None:
        self._console_data = console_data
        self._frame = frame
        self._store = store
        self._slot = slot
        self._now: StoreNow | None = None
        self._sights: dict[str, Section] = {}
        with ui.element("main").classes("page slotpage"):
            back = el("a", icon("arrow_back"), "Store now", href=f"stores/{store}")
            Section("pagehead").show(el("p", back))
            with ui.element("div").classes("sights"):
                self._card = Section("card slotfacts")
                self._belief = Section("card healthcard")
                self._alerts = Section("card healthcard")
            with ui.element("div").classes("sights"):
                self._holder = ui.element("div").classes("sights")
                self._day = Section("card healthcard")

    async def update(self) -> None:
        """Look again, and change what has changed."""
        try:
            now = await off_loop(self._console_data.store_now, self._store)
        except NotFound:
            ui.navigate.to("/")
            return
        await self._frame.update(now.troubles)
        found = now.slot(self._slot)
        if now is self._now or found is None:
            return
        self._now = now
        bay, slot = found
        out = next((each for each in now.outs if each.slot.slot.id == self._slot), None)
        self._card.show(slot_card(bay, slot, out, zone_of(now), self._console_data.clock.now()))
        for sight in sights_of(self._console_data.catalogue, now, self._slot):
            self._section(sight.camera.camera.id).show(sight_card(sight, slot))
        self._belief.show(belief_card(slot))

    async def update_past(self) -> None:
        """Look again at what SQL knows; where it is away, say so."""
        if self._now is None:
            return
        zone, clock_now = zone_of(self._now), self._console_data.clock.now()
        try:
            past = await off_loop(self._console_data.past.slot, self._store, self._slot)
        except Unavailable as away:
            self._day.show(_away(away.what))
            return
        self._day.show(day_card(past.stretches, past.pictures, zone, clock_now))
        self._alerts.show(alerts_card(past.alerts, zone, clock_now))

    def _section(self, camera: str) -> Section:
        if camera not in self._sights:
            with self._holder:
                self._sights[camera] = Section("card healthcard")
        return self._sights[camera]


def _away(what: str) -> Markup:
    return el("p", icon("warning"), f"History cannot be read. ({what})", cls="trouble")
