"""Health: how fresh what is shown is, and how the cameras do."""

from fastapi import Request
from nicegui import ui

from console.desk import Desk, NotFound
from console.markup import el, joined
from console.pages.frame import Frame, Here, off_loop
from console.pages.section import Section
from console.sections.health_table import health_card


def add_health(desk: Desk) -> None:
    """Add ``/health``."""

    @ui.page("/health", response_timeout=20)
    async def health(request: Request, store: str = "") -> None:
        known = store if store in desk.stores() else ""
        frame = Frame(desk, request, Here("health", known))
        with ui.element("main").classes("page narrow"):
            about = el("a", "The API", href="about/api")
            intro = el("p", "How fresh is what the pages show? ", about, "")
            Section("pagehead").show(joined(el("h1", "Health"), intro))
            holder = ui.element("div").classes("alerts")
        cards: dict[str, Section] = {}

        async def update() -> None:
            await frame.update()
            for each in [known] if known else desk.stores():
                try:
                    now = await off_loop(desk.store_now, each)
                except NotFound:
                    continue
                if each not in cards:
                    with holder:
                        cards[each] = Section("card healthcard")
                cards[each].show(health_card(now))

        await update()
        ui.timer(desk.settings.refresh_s, update, immediate=False)
