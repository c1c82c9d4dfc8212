"""What the pages share on which a person works on a camera's picture: their address, the picture, what lies over it."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from fastapi import Request
from nicegui import ui
from nicegui.events import GenericEventArguments

from console.access.roles import May
from console.console_data import ConsoleData
from console.html.frame import Here
from console.html.markup import el, icon, joined
from console.pages.layout import OnTap, PageFrame, Section, refused, seen_by_whom_asks
from console.views.models import PictureNow

OnLaid = Callable[[GenericEventArguments], Awaitable[None]]


class CameraPage(Protocol):
    """One browser's page of one camera."""

    async def update(self) -> None:
        """Take up what has changed; called again and again."""
        ...


MakePage = Callable[[ConsoleData, PageFrame, str, str], CameraPage]


def add_camera_page(console_data: ConsoleData, path: str, make: MakePage) -> None:
    """Add ``PATH?store=STORE&camera=CAMERA``; a camera that is not there is told."""

    @ui.page(path, response_timeout=20)
    async def camera_page(request: Request, store: str, camera: str) -> None:
        seen = seen_by_whom_asks(console_data, request)
        frame = PageFrame(seen, request, Here("setup", store))
        ui.add_head_html(el("script", src="static/handles.js", defer=True))
        if refused(seen, May.SET_UP):
            await frame.update()
            return
        if (store, camera) not in seen.catalogue.cameras:
            await frame.update()
            Section("nothing page").show(joined(icon("wrong_location"), el("h2", "There is no such camera")))
            return
        page = make(seen, frame, store, camera)
        await page.update()
        ui.timer(seen.settings.refresh_s, page.update, immediate=False)


class PictureLayers:
    """A camera's picture, the places drawn over it, and handles on top that a person drags."""

    def __init__(self, on_laid: OnLaid, on_tap: OnTap | None = None) -> None:
        self.head = Section("cardhead")
        with ui.element("div").classes("layers"):
            self.image = Section("layer")
            self.places = Section("layer above" if on_tap is None else "layer above places", on_tap=on_tap)
            self.handles = Section("layer above")
            self.handles.html.on("laid", on_laid, js_handler="(event) => emit(event.detail)")
            self.notice = Section("notice")


def size_of(picture: PictureNow) -> tuple[int, int]:
    """Width and height in pixels."""
    return picture.width_px, picture.height_px
