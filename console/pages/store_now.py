"""Store now: what is out, low and unknown, with the picture to prove it."""

from functools import partial

from fastapi import Request
from fastapi.responses import RedirectResponse
from nicegui import ui

from console.console_data import ConsoleData
from console.html.frame import Here
from console.html.lists import head_figures, out_head, out_list
from console.html.markup import Markup, el, icon, joined
from console.html.slot_card import slot_card
from console.pages.camera_card import CameraCard, CameraShown, bay_card, camera_shown, map_card
from console.pages.layout import PageFrame, Section, Tapped, hear_taps, off_loop, seen_by_whom_asks, zone_of
from console.pages.live_pages import LivePages
from console.pages.rebuilding import RebuildingCard
from console.sources import NotFound
from console.views.build import worst_cameras
from console.views.models import BayNow, CameraNow, StoreNow

_Shape = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
_PICTURES_MOST = 10


def add_store_now(console_data: ConsoleData, live: LivePages) -> None:
    """Add ``/`` and ``/stores/STORE``; ``live`` tells open pages of changes."""

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
        live.add(store, page, ui.context.client)


def _tell(sign: str, title: str, detail: str) -> None:
    Section("nothing page").show(joined(sign, el("h2", title), el("p", detail)))


class _StorePage:
    """One browser's page of one store."""

    def __init__(self, console_data: ConsoleData, frame: PageFrame, store: str) -> None:
        self._console_data = console_data
        self._frame = frame
        self._store = store
        self._now: StoreNow | None = None
        self._newest: StoreNow | None = None
        self._cards: dict[str, CameraCard] = {}
        self._maps: dict[tuple[str, str], Section] = {}
        self._chosen: list[str] = []
        self._shape: _Shape | None = None
        self._open_slot = ""
        self._figures = Section("page")
        with ui.element("div").classes("page columns"):
            with ui.element("main").classes("pictures"):
                self._boxes = ui.switch("Show what the detector sees", on_change=self._redraw).classes("boxes")
                self._holder = ui.element("div").classes("cameras")
                # One ear for all cards: of hundreds of them none needs its own.
                hear_taps(self._holder, self._tapped)
            with ui.element("aside").classes("card outs"):
                self._out_head = Section("cardhead")
                self._outs = Section("", on_tap=self._tapped)
                self._rebuilding = RebuildingCard(console_data, store)
        with ui.dialog() as self._dialog, ui.card().classes("dialog"):
            self._slot = Section()
            ui.button("Close", on_click=self._dialog.close).props("flat no-caps")

    async def show(self, now: StoreNow | None) -> None:
        """Show the store as it is; cheap where nothing has changed. ``None``: it is there no more."""
        if now is None:
            ui.navigate.to("/")
            return
        self._newest = now
        await self._frame.update(now.troubles)
        # While the head was looked at, something newer may have come.
        if now is self._now or now is not self._newest:
            return
        self._now = now
        rendered = self._console_data.rendered
        figures, head, outs = rendered.get(("store", self._store), (now,), lambda: self._made(now))
        self._figures.show(figures)
        self._out_head.show(head)
        self._outs.show(outs)
        self._rebuilding.update(now)
        self._show_cameras(now)
        self._show_slot(now)

    def _made(self, now: StoreNow) -> tuple[Markup, Markup, Markup]:
        outs = out_list(
            now.outs, zone_of(now), self._console_data.clock.now(), known=now.figures.known, currency=now.currency
        )
        return head_figures(now.figures), out_head(len(now.outs), now.at_risk_per_h, now.currency), outs

    def _show_cameras(self, now: StoreNow) -> None:
        seen = {bay.id for camera in now.cameras for bay in camera.bays}
        unseen = [bay for bay in now.bays if bay.bay.id not in seen]
        pictured = self._with_picture(now)
        others = [each.camera.id for each in now.cameras if each.camera.id not in pictured]
        shape = (pictured, tuple(others), tuple(bay.bay.id for bay in unseen))
        if shape != self._shape:
            self._build(shape)
        mapped: set[str] = set()
        for camera in now.cameras:
            ids = {bay.id for bay in camera.bays} - mapped
            mapped |= ids
            self._show_camera(camera, self._camera(now, camera, [bay for bay in now.bays if bay.bay.id in ids]))
        for bay in unseen:
            made = self._console_data.rendered.get(("bay", self._store, bay.bay.id), (bay,), partial(bay_card, bay))
            self._maps["bay", bay.bay.id].show(made)

    def _show_camera(self, camera: CameraNow, shown: CameraShown) -> None:
        card = self._cards.get(camera.camera.id)
        if card is not None:
            card.update(shown, boxes=bool(self._boxes.value))
            return
        key = ("map", self._store, camera.camera.id)
        made = self._console_data.rendered.get(key, (shown,), lambda: map_card(shown, camera))
        self._maps["camera", camera.camera.id].show(made)

    def _with_picture(self, now: StoreNow) -> tuple[str, ...]:
        """Cameras whose pictures are shown: all of a few; of many the worst ones, and those that were asked for.

        They stay the same while somebody looks, whatever happens: nothing jumps under a finger.
        """
        there = [each.camera.id for each in now.cameras]
        if len(there) <= _PICTURES_MOST:
            return tuple(there)
        if not self._chosen:
            self._chosen = list(worst_cameras(now)[:_PICTURES_MOST])
        return tuple(camera for camera in self._chosen if camera in there)

    def _camera(self, now: StoreNow, camera: CameraNow, maps: list[BayNow]) -> CameraShown:
        seen = {bay.id for bay in camera.bays}
        parts = (camera, *(bay for bay in now.bays if bay.bay.id in seen), *maps)
        key = ("camera", self._store, camera.camera.id)
        return self._console_data.rendered.get(key, parts, lambda: camera_shown(now, camera, maps))

    def _build(self, shape: _Shape) -> None:
        self._shape = shape
        self._holder.clear()
        with self._holder:
            self._cards = {camera: CameraCard(self._open) for camera in shape[0]}
            mapped = [("camera", camera) for camera in shape[1]] + [("bay", bay) for bay in shape[2]]
            self._maps = {each: Section("card camera mapcard") for each in mapped}
            if not any(shape):
                _tell(icon("photo_camera"), "No cameras and no bays yet", "The catalogue of this store names none.")

    def _redraw(self) -> None:
        if self._now is not None:
            self._show_cameras(self._now)

    async def _tapped(self, tapped: Tapped) -> None:
        if "slot" in tapped:
            await self._open(tapped["slot"])
        elif "more" in tapped:
            self._chosen.insert(0, tapped["more"])
            self._redraw()

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
