"""Setting a store up without editing a file: its cameras and products, and forms to add some."""

from itertools import count

from fastapi import Request
from nicegui import ui
from nicegui.events import UploadEventArguments

from console.access.roles import May
from console.console_data import ConsoleData
from console.html.frame import Here
from console.html.markup import el, icon, joined
from console.html.setup import camera_list, look_alikes, product_figures
from console.pages.layout import (
    PageFrame,
    Section,
    needed_desk,
    off_loop,
    refused,
    seen_by_whom_asks,
    store_or_leave,
    told_faults,
)
from console.pages.plan_talk import PlanTalk
from shelfstream.catalogue.adding import new_camera, new_product
from shelfstream.errors import Faults, InvalidMessage, Unavailable

_PHOTOS_MOST, _PHOTO_BYTES_MOST = 8, 8 * 1024 * 1024


def add_setup(console_data: ConsoleData) -> None:
    """Add ``/setup``, of one store."""

    @ui.page("/setup", response_timeout=20)
    async def setup(request: Request, store: str = "") -> None:
        seen = seen_by_whom_asks(console_data, request)
        stores = seen.stores()
        known = store if store in stores else next(iter(stores), "")
        frame = PageFrame(seen, request, Here("setup", known))
        if refused(seen, May.SET_UP):
            await frame.update()
            return
        if not known:
            await frame.update()
            Section("nothing page").show(joined(icon("storefront"), el("h2", "There is no store yet")))
            return
        page = _SetupPage(seen, frame, known)
        await page.update()
        ui.timer(seen.settings.refresh_s, page.update, immediate=False)


class _SetupPage:
    """One browser's page of one store."""

    def __init__(self, console_data: ConsoleData, frame: PageFrame, store: str) -> None:
        self._console_data = console_data
        self._frame = frame
        self._store = store
        self._photos: dict[str, bytes] = {}
        self._product_said: Section
        with ui.element("main").classes("page narrow setup"):
            Section("pagehead").show(joined(el("h1", "Set up"), el("p", self._where())))
            with ui.element("section").classes("card form"):
                self._cameras = Section("rows")
                self._camera_form()
            with ui.element("section").classes("card form"):
                self._talk = PlanTalk(console_data, store)
            with ui.element("section").classes("card form"):
                self._products = Section("rows")
                self._product_form()

    def _where(self) -> str:
        desk = self._console_data.desk
        if desk is None:
            return "This console may not change the catalogue: edit its folder, or name it in console.catalogue_folder."
        return f"What is added here is written to {desk.folder}."

    def _camera_form(self) -> None:
        with ui.element("div").classes("fields"):
            self._url = ui.input("Camera's address", placeholder="rtsp://192.168.1.20/stream1").classes("wide")
            self._name = ui.input("Name", placeholder="Opposite dairy")
            self._interval = ui.number("Seconds between pictures", value=60)
            ui.button("Add the camera", icon="videocam", on_click=self._add_camera)
        Section("hint").show(el("p", "A password stands in it as ${NAME}, from the environment of ingest."))
        self._camera_said = Section("said")

    def _product_form(self) -> None:
        with ui.element("div").classes("fields"):
            self._gtin = ui.input("Number under the bar code (GTIN)")
            self._product_name = ui.input("What it is called")
            self._upload = ui.upload(
                label="Photographs of its front",
                multiple=True,
                auto_upload=True,
                max_files=_PHOTOS_MOST,
                max_file_size=_PHOTO_BYTES_MOST,
                on_upload=self._uploaded,
                on_rejected=lambda: self._product_said.show(el("p", "At most 8 MiB a photograph, and 8 of them.")),
            )
            self._upload.props('accept="image/jpeg,image/png" flat bordered').classes("wide")
            ui.button("Add the product", icon="add_photo_alternate", on_click=self._add_product)
        self._product_said = Section("said")

    async def update(self) -> None:
        """Show cameras and products as they are now."""
        now = await store_or_leave(self._console_data, self._frame, self._store)
        if now is None:
            return
        self._cameras.show(camera_list(now))
        await self._talk.update(now)
        self._products.show(product_figures(self._console_data.catalogue, self._store))

    async def _uploaded(self, event: UploadEventArguments) -> None:
        # Phones call every photograph the same.
        names = (event.file.name if number == 1 else f"{number}-{event.file.name}" for number in count(1))
        name = next(each for each in names if each not in self._photos)
        self._photos[name] = await event.file.read()

    async def _add_camera(self) -> None:
        try:
            camera = new_camera(
                self._console_data.catalogue, self._store, str(self._url.value or ""), str(self._name.value or ""),
                float(self._interval.value or 0),
            )  # fmt: skip
            await off_loop(needed_desk(self._console_data).add_camera, camera)
        except Faults as faults:
            self._camera_said.show(told_faults(faults))
            return
        self._camera_said.show(
            el("p", icon("check"), f"Camera {camera.id} is added: its first picture will come soon.")
        )
        self._url.set_value("")
        self._name.set_value("")

    async def _add_product(self) -> None:
        try:
            product, pictures = new_product(
                self._console_data.catalogue, self._store, str(self._gtin.value or ""),
                str(self._product_name.value or ""), self._photos,
            )  # fmt: skip
            await off_loop(needed_desk(self._console_data).put_product, product, pictures)
        except Faults as faults:
            self._product_said.show(told_faults(faults))
            for fault in faults.faults:  # a photograph that is none must not spoil the next try
                self._photos.pop(fault.where, None)
            return
        self._photos.clear()
        self._upload.reset()
        catalogue, held = self._console_data.catalogue, len(product.pictures)
        kept = el(
            "p", icon("check"), f"{product.name} has {held} photograph{'s' * (held != 1)}. Detectors learn it now."
        )
        self._product_said.show(kept)
        try:
            alike = await off_loop(self._console_data.eyes.taken_for, catalogue, self._store, product.gtin, pictures)
        except (Faults, InvalidMessage, Unavailable) as away:
            alike = []
            kept = joined(kept, el("p", f"Whether it looks like another product could not be found out: {away}"))
        self._product_said.show(joined(kept, look_alikes(catalogue, self._store, alike)))
        self._gtin.set_value("")
        self._product_name.set_value("")
