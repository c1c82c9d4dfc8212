"""What all pages share: head, navigation, choice of store, light and dark; parts that are replaced when they change."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from fastapi import Request
from nicegui import ui
from nicegui.events import GenericEventArguments

from console.access.gate import SIGN_IN, SIGN_OUT, visitor_of
from console.access.roles import May, Visitor
from console.console_data import ConsoleData, NotFound
from console.html.markup import Markup, el, icon, joined
from console.links import address
from console.setup.desk import CatalogueDesk
from console.view_models import StoreNow
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
_THEME_COOKIE = "theme"
_ACCENT = "#0f766e"
_UTC = ZoneInfo("UTC")
_PAGES = (
    ("stores", "Store now", "storefront"),
    ("alerts", "Alerts", "notifications"),
    ("history", "History", "history"),
    ("setup", "Set up", "tune"),
    ("teach", "Teach", "school"),
    ("health", "Health", "monitor_heart"),
)
_NEEDS = {"history": May.HISTORY, "setup": May.SET_UP, "teach": May.TEACH}


class Section:
    """One HTML element. Its content is ours and escaped where it was made, so that it needs no sanitising."""

    def __init__(self, classes: str = "", *, on_tap: OnTap | None = None) -> None:
        self.html = ui.html("", sanitize=False).classes(classes)
        self._shown = ""
        if on_tap is not None:
            self.html.on("click", _telling(on_tap), js_handler=_TELL_TAP)

    def show(self, markup: Markup) -> None:
        """Show this from now on."""
        if markup != self._shown:
            self._shown = markup
            self.html.set_content(markup)


def _telling(on_tap: OnTap) -> Callable[[GenericEventArguments], Awaitable[None]]:
    async def tell(event: GenericEventArguments) -> None:
        if isinstance(event.args, dict):
            await on_tap({str(name): str(value) for name, value in event.args.items()})

    return tell


async def off_loop(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do what may block (Redis, SQL, pictures) in a thread, so that no page holds up another."""
    return await asyncio.to_thread(work, *args, **kwargs)


@dataclass(frozen=True, slots=True)
class Here:
    """Which page this is, for which store (empty: all of them, or none)."""

    page: str
    store: str = ""


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
        theme = request.cookies.get(_THEME_COOKIE)
        self._dark = ui.dark_mode({"dark": True, "light": False}.get(theme or ""))
        ui.colors(primary=_ACCENT)
        ui.add_head_html(_head(console_data))
        with ui.element("header").classes("top"):
            self._brand = Section("brand")
            self._nav = Section("nav")
            self._stores = Section("storechoice")
            toggle = el(
                "button", icon("contrast"), aria_label="Light or dark", title="Light or dark", data_more="theme"
            )
            Section("theme", on_tap=self._toggle_theme).show(toggle)
            Section("signout").show(_who(console_data.visitor))
        self._troubles = Section("troubles")
        self._brand.show(el("a", el("img", src="static/favicon.svg", alt=""), console_data.settings.title, href="."))

    async def update(self, troubles: tuple[str, ...] = ()) -> None:
        """Show how many alerts are open, which stores there are, and what is away. Who was signed out, elsewhere or by
        an administrator, is sent to sign in.
        """
        if not await off_loop(self._console_data.is_still_seen):
            ui.navigate.to(address(SIGN_IN))
            return
        inbox = await off_loop(self._console_data.inbox)
        self._nav.show(_navigation(self._here, len(inbox.waiting), _pages_for(self._console_data)))
        self._stores.show(_store_choice(self._here, self._console_data.stores()))
        warnings = [el("p", icon("warning"), trouble) for trouble in dict.fromkeys((*troubles, *inbox.troubles))]
        self._troubles.show(joined(*warnings))

    async def _toggle_theme(self, _tapped: dict[str, str]) -> None:
        now_dark = await ui.run_javascript("document.body.classList.contains('body--dark')", timeout=5.0)
        self._dark.set_value(not now_dark)
        theme = "light" if now_dark else "dark"
        ui.run_javascript(f"document.cookie = '{_THEME_COOKIE}={theme};path=/;max-age=31536000;samesite=strict'")


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


def page_url(page: str, store: str) -> str:
    """Where a page is below the console's address, for a store (empty: all)."""
    if page == "stores":
        return f"stores/{store}" if store else "."
    return f"{page}?store={store}" if store else page


def _head(console_data: ConsoleData) -> str:
    """Style sheet, script, and the server's time, by which the browser counts ages whatever its own clock says."""
    return joined(
        # Every address on a page is relative to this one, so that a proxy may serve the console below any path.
        el("base", href=address("")),
        el("meta", name="server-time", content=f"{console_data.clock.now().timestamp():.3f}"),
        el("link", rel="stylesheet", href="static/console.css"),
        el("script", src="static/moments.js", defer=True),
        el("script", src="static/names.js", defer=True),
        el("meta", name="theme-color", content=_ACCENT),
    )


def _who(visitor: Visitor) -> Markup:
    """Who is signed in, and the way out."""
    if not visitor.session:
        return joined()
    label = f"Sign out {visitor.name}"
    button = el("button", icon("logout"), type="submit", title=label, aria_label=label)
    return el("form", button, method="post", action=SIGN_OUT)


def _pages_for(console_data: ConsoleData) -> frozenset[str]:
    """The pages that are there for a visitor."""
    visitor = console_data.visitor
    closed = {page for page, needed in _NEEDS.items() if not visitor.may(needed)}
    if console_data.teaching is None:
        closed.add("teach")
    return frozenset(page for page, _, _ in _PAGES) - closed


def _navigation(here: Here, alerts_open: int, pages: frozenset[str]) -> Markup:
    links = []
    for page, title, sign in _PAGES:
        if page not in pages:
            continue
        count = el("span", str(alerts_open), cls="count") if page == "alerts" and alerts_open else None
        chosen = "page" if page == here.page else None
        link = el("a", icon(sign), el("span", title), count, href=page_url(page, here.store), aria_current=chosen)
        links.append(link)
    return el("nav", *links, aria_label="Pages")


def _store_choice(here: Here, stores: dict[str, str]) -> Markup:
    """A link per store in a small menu; where there is one store, its name alone."""
    if len(stores) < 2:
        return el("span", *stores.values(), cls="storename")
    links = [el("a", name, href=page_url(here.page, store)) for store, name in stores.items()]
    if here.page == "alerts":
        links.insert(0, el("a", "All stores", href=page_url(here.page, "")))
    chosen = stores.get(here.store, "All stores" if here.page == "alerts" else "Choose a store")
    return el("details", el("summary", chosen, icon("expand_more")), el("div", *links, cls="menu"))
