"""What all pages share: head, navigation, choice of store, light and dark; parts that are replaced when they change."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from fastapi import Request
from nicegui import ui
from nicegui.events import GenericEventArguments

from console.access.gate import SIGN_IN, visitor_of
from console.access.roles import May
from console.console_data import ConsoleData
from console.html.frame import (
    ACCENT,
    THEME_COOKIE,
    Here,
    brand,
    navigation,
    page_head,
    pages_for,
    sign_out_button,
    store_choice,
    theme_button,
    told_troubles,
)
from console.html.markup import Markup, el, icon, joined
from console.links import address
from console.setup.desk import CatalogueDesk
from console.sources import NotFound
from console.views.models import StoreNow
from shelfstream.errors import Fault, Faults

T = TypeVar("T")

Tapped = dict[str, str]
OnTap = Callable[[Tapped], Awaitable[None]]

_TELL_TAP = """(event) => {
  const tapped = event.target.closest("[data-slot],[data-answer],[data-more],[data-aisle]");
  if (!tapped || tapped.disabled) return;
  const alert = tapped.closest("[data-alert]");
  emit({...tapped.dataset, ...(alert ? {alert: alert.dataset.alert} : {})});
}"""

P = ParamSpec("P")
_UTC = ZoneInfo("UTC")


class Section:
    """One HTML element. Its content is ours and escaped where it was made, so that it needs no sanitising."""

    def __init__(self, classes: str = "", *, on_tap: OnTap | None = None) -> None:
        self.html = ui.html("", sanitize=False).classes(classes)
        self._shown = ""
        if on_tap is not None:
            hear_taps(self.html, on_tap)

    def show(self, markup: Markup) -> None:
        """Show this from now on."""
        if markup != self._shown:
            self._shown = markup
            self.html.set_content(markup)


def hear_taps(element: ui.element, on_tap: OnTap) -> None:
    """Tell of each tap on what carries data within an element."""
    element.on("click", _telling(on_tap), js_handler=_TELL_TAP)


def _telling(on_tap: OnTap) -> Callable[[GenericEventArguments], Awaitable[None]]:
    async def tell(event: GenericEventArguments) -> None:
        if isinstance(event.args, dict):
            await on_tap({str(name): str(value) for name, value in event.args.items()})

    return tell


async def off_loop(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do what may block (Redis, SQL, pictures) in a thread, so that no page holds up another."""
    return await asyncio.to_thread(work, *args, **kwargs)


def seen_by_whom_asks(console_data: ConsoleData, request: Request) -> ConsoleData:
    """What pages show: as the visitor sees it who asks for the page."""
    return console_data.seen_by(visitor_of(request))


def refused(console_data: ConsoleData, what: May) -> bool:
    """Say that the visitor may not open a page, where that is so."""
    if console_data.visitor.may(what):
        return False
    Section("nothing page").show(joined(icon("lock"), el("h2", f"Your account may not {what.value}")))
    return True


class PageFrame:
    """Builds the head of a page and keeps its navigation up to date."""

    def __init__(self, console_data: ConsoleData, request: Request, here: Here) -> None:
        self._console_data = console_data
        self._here = here
        self._told: tuple[str, ...] = ()
        self._looks_at_s = float("-inf")
        theme = request.cookies.get(THEME_COOKIE)
        self._dark = ui.dark_mode({"dark": True, "light": False}.get(theme or ""))
        ui.colors(primary=ACCENT)
        ui.add_head_html(page_head(console_data.clock.now().timestamp(), "names.js"))
        with ui.element("header").classes("top"):
            self._brand = Section("brand")
            self._nav = Section("nav")
            self._stores = Section("storechoice")
            Section("theme", on_tap=self._toggle_theme).show(theme_button())
            Section("signout").show(sign_out_button(console_data.visitor))
        self._troubles = Section("troubles")
        self._brand.show(brand(console_data.settings.title))

    async def update(self, troubles: tuple[str, ...] = ()) -> None:
        """Show how many alerts are open, which stores there are, and what is away. Who was signed out, elsewhere or by
        an administrator, is sent to sign in.
        """
        now_s = self._console_data.clock.monotonic_s()
        if troubles == self._told and now_s < self._looks_at_s:
            return
        self._told, self._looks_at_s = troubles, now_s + self._console_data.settings.refresh_s
        if not await off_loop(self._console_data.is_still_seen):
            ui.navigate.to(address(SIGN_IN))
            return
        opens = await off_loop(self._console_data.open_now)
        pages = pages_for(self._console_data.visitor, teach=self._console_data.teaching is not None)
        self._nav.show(navigation(self._here, opens.count, pages))
        self._stores.show(store_choice(self._here, self._console_data.stores()))
        self._troubles.show(told_troubles((*troubles, *opens.troubles)))

    async def _toggle_theme(self, _tapped: dict[str, str]) -> None:
        now_dark = await ui.run_javascript("document.body.classList.contains('body--dark')", timeout=5.0)
        self._dark.set_value(not now_dark)
        theme = "light" if now_dark else "dark"
        ui.run_javascript(f"document.cookie = '{THEME_COOKIE}={theme};path=/;max-age=31536000;samesite=strict'")


async def store_or_leave(console_data: ConsoleData, frame: "PageFrame", store: str) -> StoreNow | None:
    """A store as it is now, its troubles in the page's head; where it is gone, the browser goes to the setup page."""
    try:
        now = await off_loop(console_data.store_now, store)
    except NotFound:
        ui.navigate.to(address("setup"))
        return None
    await frame.update(now.troubles)
    return now


def needed_desk(console_data: ConsoleData) -> CatalogueDesk:
    """Where pages write changes to. Raises ``Faults`` where they may not."""
    if console_data.desk is None:
        raise Faults("console", [Fault("console.catalogue_folder", "is not set: pages may not change the catalogue")])
    return console_data.desk


def told_faults(faults: Faults) -> Markup:
    """Everything that is wrong, a line each."""
    lines = [el("li", icon("error"), el("span", f"{fault.where}: {fault.what}")) for fault in faults.faults]
    return el("ul", *lines, cls="faults")


def zone_of(now: StoreNow) -> ZoneInfo:
    """The store's time zone."""
    return _UTC if now.store is None else ZoneInfo(now.store.time_zone)
