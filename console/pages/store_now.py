"""Store now: what is out, low and unknown, with the picture to prove it."""

from fastapi import Request
from fastapi.responses import RedirectResponse
from nicegui import ui

from console.console_data import ConsoleData, NotFound
from console.html.frame import Here
from console.html.lists import head_figures, out_head, out_list
from console.html.markup import el, icon, joined
from console.html.slot_card import slot_card
from console.pages.camera_card import BayCard, CameraCard
from console.pages.layout import PageFrame, Section, Tapped, off_loop, seen_by_whom_asks, zone_of
from console.pages.rebuilding import RebuildingCard
from console.view_models import StoreNow

_Shape = tuple[tuple[str, ...], tuple[str, ...]]


def add_store_now(console_data: ConsoleData) -> None:
    """Add ``/`` and ``/stores/STORE``."""

    @ui.page("/", response_timeout=20)
    async def first(request: Request) -> RedirectResponse | None:
        seen = seen_by_whom_asks(console_data, request)
        stores = seen.stores()
        if stores:
            return RedirectResponse(f"/stores/{next(iter(stores))}")
        frame = PageFrame(seen, request, Here("stores"))
        await frame.update()
        _tell(icon("storefront"), "There is no store yet", "Publish a catalogue: shelfstream catalogue publish FOLDER")
        ui.timer(seen.settings.refresh_s, lambda: ui.navigate.reload() if seen.stores() else None)
        return None

    @ui.page("/stores/{store}", response_timeout=20)
    async def of_store(request: Request, store: str) -> None:
        seen = seen_by_whom_asks(console_data, request)
        frame = PageFrame(seen, request, Here("stores", store))
        try:
            now = await off_loop(seen.store_now, store)
        except NotFound:
            await frame.update()
            _tell(icon("wrong_location"), "There is no such store", store)
            return
        page = _StorePage(seen, frame, store)
        await page.show(now)
        ui.timer(seen.settings.refresh_s, page.update, immediate=False)


def _tell(sign: str, title: str, detail: str) -> None:
    Section("nothing page").show(joined(sign, el("h2", title), el("p", detail)))


class _StorePage:
    """One browser's page of one store."""

    def __init__(self, console_data: ConsoleData, frame: PageFrame, store: str) -> None:
        self._console_data = console_data
        self._frame = frame
        self._store = store
        self._now: StoreNow | None = None
        self._cards: dict[str, CameraCard] = {}
        self._bay_cards: dict[str, BayCard] = {}
        self._shape: _Shape | None = None
        self._open_slot = ""
        self._figures = Section("page")
        with ui.element("div").classes("page columns"):
            with ui.element("main").classes("pictures"):
                self._boxes = ui.switch("Show what the detector sees", on_change=self._redraw).classes("boxes")
                self._holder = ui.element("div").classes("cameras")
            with ui.element("aside").classes("card outs"):
                self._out_head = Section("cardhead")
                self._outs = Section("", on_tap=self._tapped)
                self._rebuilding = RebuildingCard(console_data, store)
        with ui.dialog() as self._dialog, ui.card().classes("dialog"):
            self._slot = Section()
            ui.button("Close", on_click=self._dialog.close).props("flat no-caps")

    async def update(self) -> None:
        """Look again, and change what has changed."""
        try:
            now = await off_loop(self._console_data.store_now, self._store)
        except NotFound:
            ui.navigate.to("/")
            return
        await self.show(now)

    async def show(self, now: StoreNow) -> None:
        """Show the store as it is; cheap where nothing has changed."""
        await self._frame.update(now.troubles)
        if now is self._now:
            return
        self._now = now
        clock_now, zone = self._console_data.clock.now(), zone_of(now)
        self._figures.show(head_figures(now.figures))
        self._out_head.show(out_head(len(now.outs), now.at_risk_per_h, now.currency))
        self._outs.show(out_list(now.outs, zone, clock_now, known=now.figures.known, currency=now.currency))
        self._rebuilding.update(now)
        self._show_cameras(now)
        self._show_slot(now)

    def _show_cameras(self, now: StoreNow) -> None:
        seen = {bay.id for camera in now.cameras for bay in camera.bays}
        unseen = [bay for bay in now.bays if bay.bay.id not in seen]
        shape = (tuple(each.camera.id for each in now.cameras), tuple(bay.bay.id for bay in unseen))
        if shape != self._shape:
            self._build(shape)
        mapped: set[str] = set()
        for camera in now.cameras:
            ids = {bay.id for bay in camera.bays} - mapped
            mapped |= ids
            maps = [bay for bay in now.bays if bay.bay.id in ids]
            self._cards[camera.camera.id].update(now, camera, maps, boxes=bool(self._boxes.value))
        for bay in unseen:
            self._bay_cards[bay.bay.id].update(bay)

    def _build(self, shape: _Shape) -> None:
        self._shape = shape
        self._holder.clear()
        with self._holder:
            self._cards = {camera: CameraCard(self._open) for camera in shape[0]}
            self._bay_cards = {bay: BayCard(self._open) for bay in shape[1]}
            if not any(shape):
                _tell(icon("photo_camera"), "No cameras and no bays yet", "The catalogue of this store names none.")

    def _redraw(self) -> None:
        if self._now is not None:
            self._show_cameras(self._now)

    async def _tapped(self, tapped: Tapped) -> None:
        if "slot" in tapped:
            await self._open(tapped["slot"])

    async def _open(self, slot: str) -> None:
        self._open_slot = slot
        if self._now is not None:
            self._show_slot(self._now)
        self._dialog.open()

    def _show_slot(self, now: StoreNow) -> None:
        found = now.slot(self._open_slot)
        if found is None:
            self._dialog.close()
            return
        bay, slot = found
        out = next((each for each in now.outs if each.slot.slot.id == self._open_slot), None)
        self._slot.show(slot_card(bay, slot, out, zone_of(now), self._console_data.clock.now()))
