"""What stands above every page: where one is, which pages and stores there are for whom, and the way out."""

from dataclasses import dataclass

from console.access.roles import May, Visitor
from console.html.markup import Markup, el, icon, joined
from console.links import address

ACCENT = "#0f766e"
THEME_COOKIE = "theme"
_PAGES = (
    ("stores", "Store now", "storefront"),
    ("alerts", "Alerts", "notifications"),
    ("history", "History", "history"),
    ("explore", "Explore", "query_stats"),
    ("setup", "Set up", "tune"),
    ("teach", "Teach", "school"),
    ("health", "Health", "monitor_heart"),
)
_NEEDS = {"history": May.HISTORY, "explore": May.HISTORY, "setup": May.SET_UP, "teach": May.TEACH}


@dataclass(frozen=True, slots=True)
class Here:
    """Which page this is, for which store (empty: all of them, or none)."""

    page: str
    store: str = ""


def page_head(server_time_s: float, *scripts: str) -> Markup:
    """Style sheet, scripts, and the server's time, by which the browser counts ages whatever its own clock says."""
    return joined(
        # Every address on a page is relative to this one, so that a proxy may serve the console below any path.
        el("base", href=address("")),
        el("meta", name="server-time", content=f"{server_time_s:.3f}"),
        el("link", rel="stylesheet", href="static/console.css"),
        *(el("script", src=f"static/{name}", defer=True) for name in ("moments.js", *scripts)),
        el("meta", name="theme-color", content=ACCENT),
    )


def brand(title: str) -> Markup:
    """The name of the installation, and the way to its first page."""
    return el("a", el("img", src="static/favicon.svg", alt=""), title, href=".")


def theme_button() -> Markup:
    """Light or dark."""
    label = "Light or dark"
    return el("button", icon("contrast"), aria_label=label, title=label, data_more="theme")


def sign_out_button(visitor: Visitor) -> Markup:
    """Who is signed in, and the way out."""
    if not visitor.session:
        return joined()
    label = f"Sign out {visitor.name}"
    button = el("button", icon("logout"), type="submit", title=label, aria_label=label)
    return el("form", button, method="post", action="signout")


def pages_for(visitor: Visitor, *, teach: bool) -> frozenset[str]:
    """The pages that are there for a visitor; ``teach``: whether there are pictures to label at all."""
    closed = {page for page, needed in _NEEDS.items() if not visitor.may(needed)}
    if not teach:
        closed.add("teach")
    return frozenset(page for page, _, _ in _PAGES) - closed


def page_url(page: str, store: str) -> str:
    """Where a page is below the console's address, for a store (empty: all)."""
    if page == "stores":
        return f"stores/{store}" if store else "."
    return f"{page}?store={store}" if store else page


def navigation(here: Here, alerts_open: int, pages: frozenset[str]) -> Markup:
    """Links to the pages that there are, and how many alerts are open."""
    links = []
    for page, title, sign in _PAGES:
        if page not in pages:
            continue
        count = el("span", str(alerts_open), cls="count") if page == "alerts" and alerts_open else None
        chosen = "page" if page == here.page else None
        link = el("a", icon(sign), el("span", title), count, href=page_url(page, here.store), aria_current=chosen)
        links.append(link)
    return el("nav", *links, aria_label="Pages")


def store_choice(here: Here, stores: dict[str, str]) -> Markup:
    """A link per store in a small menu; where there is one store, its name alone."""
    if len(stores) < 2:
        return el("span", *stores.values(), cls="storename")
    links = [el("a", name, href=page_url(here.page, store)) for store, name in stores.items()]
    if here.page == "alerts":
        links.insert(0, el("a", "All stores", href=page_url(here.page, "")))
    chosen = stores.get(here.store, "All stores" if here.page == "alerts" else "Choose a store")
    return el("details", el("summary", chosen, icon("expand_more")), el("div", *links, cls="menu"))


def told_troubles(troubles: tuple[str, ...]) -> Markup:
    """What is away, a line each."""
    return joined(*(el("p", icon("warning"), trouble) for trouble in dict.fromkeys(troubles)))
