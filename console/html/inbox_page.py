"""The alert inbox, for a phone first: a plain page whose parts a script keeps up to date, also without a connection."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from console.access.roles import Visitor
from console.html.alert_card import ANSWERS, IN_MENU, aisle_head, closed_row, held_row, open_card
from console.html.frame import brand, page_head, sign_out_button, theme_button
from console.html.markup import Markup, el, icon, joined
from console.links import address
from console.views.models import InboxNow

CARDS_MOST = 300
"""More than that nobody walks; the rest follows as these are answered."""
_SCRIPTS = ("inbox.js",)

ZoneOf = Callable[[str], ZoneInfo | None]


@dataclass(frozen=True, slots=True)
class InboxParts:
    """What changes on the page: markup by place, and the open alerts by a key that stays."""

    nav: str
    stores: str
    troubles: str
    head: str
    cards: tuple[tuple[str, str], ...]
    nothing: str
    held: str
    closed: str
    open_count: int

    def fields(self) -> dict[str, object]:
        """As the script reads it."""
        return asdict(self)


def inbox_cards(now: InboxNow, stores: dict[str, str], *, may_answer: bool) -> Iterator[tuple[str, Markup]]:
    """What is shown one below the other: aisles, and in each its alerts. ``stores``: names, where several are shown."""
    waiting = now.waiting[:CARDS_MOST]
    for (store, aisle), together in groupby(waiting, key=lambda each: (each.alert.store, each.aisle)):
        shown = list(together)
        if len(shown) > 1:
            yield f"{store}/{aisle}/{shown[0].alert.bay}", aisle_head(aisle, shown, may_answer=may_answer)
        for each in shown:
            yield each.alert.alert_id, open_card(each, stores.get(store, ""), may_answer=may_answer)


def counted(now: InboxNow) -> Markup:
    """How many are open."""
    count = len(now.waiting)
    told = "Nothing waits for you." if not count else f"{count} open, in walking order" if count > 1 else "1 open"
    if count > CARDS_MOST:
        told = f"{told}; the first {CARDS_MOST} are shown"
    return joined(el("h1", "Alerts"), el("p", told))


def nothing_open(now: InboxNow) -> Markup:
    """What stands there where nothing is open."""
    return joined() if now.waiting else el("div", icon("task_alt"), el("p", "No open alerts."), cls="nothing")


def held_list(now: InboxNow, zone_of: ZoneOf, at: datetime) -> Markup:
    """What is held back, until when and why."""
    rows = [held_row(each, zone, at) for each in now.held if (zone := zone_of(each.held.store)) is not None]
    return joined(el("h2", "Held back"), el("ul", *rows, cls="items")) if rows else joined()


def closed_list(now: InboxNow, zone_of: ZoneOf, at: datetime) -> Markup:
    """What was closed lately."""
    rows = [closed_row(each, zone, at) for each in now.closed if (zone := zone_of(each.alert.store)) is not None]
    return joined(el("h2", "Closed lately"), el("ul", *rows, cls="items")) if rows else joined()


@dataclass(frozen=True, slots=True)
class PageLook:
    """What the whole page is made with. ``fonts``: the style sheet of the icons; ``theme``: light, dark or (empty) the
    device's; ``pointed``: the alert that one came for.
    """

    title: str
    visitor: Visitor
    fonts: str
    server_time_s: float
    theme: str = ""
    pointed: str = ""


def inbox_page(parts: InboxParts, look: PageLook) -> str:
    """The whole page as it is when it is opened."""
    header = el(
        "header",
        el("div", brand(look.title), cls="brand"),
        el("div", Markup(parts.nav), cls="nav", id="nav"),
        el("div", Markup(parts.stores), cls="storechoice", id="stores"),
        el("div", theme_button(), cls="theme"),
        el("div", sign_out_button(look.visitor), cls="signout"),
        cls="top",
    )
    cards = [el("div", Markup(markup), cls="alertholder", data_key=key) for key, markup in parts.cards]
    main = el(
        "main",
        el("div", el("div", Markup(parts.head), cls="pagehead", id="head"), _sound_button(), cls="headline"),
        el("div", *cards, cls="alerts", id="cards"),
        el("div", Markup(parts.nothing), id="nothing"),
        el("div", Markup(parts.held), cls="card heldlist", id="held"),
        el("div", Markup(parts.closed), cls="card closedlist", id="closed"),
        cls="page narrow",
    )
    body = el(
        "body",
        el(
            "div",
            header,
            el("div", id="lost", cls="troubles", role="status"),
            el("div", Markup(parts.troubles), cls="troubles", id="troubles"),
            main,
            _menu(),
            el("div", id="toasts", role="status", aria_live="polite"),
            cls="nicegui-content",
        ),
        cls={"dark": "body--dark", "light": "body--light"}.get(look.theme),
        data_pointed=look.pointed or None,
    )
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", f"Alerts · {look.title}"),
        # Before ours, which sets sizes of its own. Its address stands below the page's base, which it cannot know yet.
        el("link", rel="stylesheet", href=address(look.fonts)),
        page_head(look.server_time_s, *_SCRIPTS),
        el("link", rel="icon", href="static/favicon.svg"),
        el("link", rel="manifest", href="static/inbox.webmanifest"),
    )
    return f"<!doctype html>{el('html', head, body, lang='en')}"


def _sound_button() -> Markup:
    label = "A sound for new alerts"
    button = {"aria_label": label, "title": label, "aria_pressed": "false", "data_more": "sound"}
    return el("button", icon("notifications_off"), **button)


def _menu() -> Markup:
    answers = [el("button", ANSWERS[kind], data_answer=kind.value, cls="btn wide") for kind in IN_MENU]
    close = el("button", "Close", data_more="close", cls="btn wide")
    return el("dialog", el("h2", "", id="asked"), *answers, close, id="menu", cls="answers", aria_labelledby="asked")
