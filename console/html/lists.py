"""Lists and figures: what is out now, the head figures of a store, how the cameras do."""

from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.priority import cost_text
from analytics.contract import SlotState
from console.html.bay import missing_picture
from console.html.markup import Markup, el, icon, joined
from console.html.states import SIGNS, WORDS, ago, clock_time, lasting, state_class
from console.views.models import CameraNow, Figures, OutNow, StoreNow, place_of, title_of
from ingest.contract import CameraState

_SHOWN = (SlotState.OUT, SlotState.LOW, SlotState.MISPLACED, SlotState.UNKNOWN, SlotState.STOCKED)


OUTS_SHOWN = 40
"""More of them nobody reads; they come in order of what matters."""


def out_list(outs: tuple[OutNow, ...], zone: ZoneInfo, now: datetime, *, known: int, currency: str) -> Markup:
    """One row per slot that is out, in the order given."""
    if outs:
        rows = el("ul", *(_row(out, zone, now, currency) for out in outs[:OUTS_SHOWN]), cls="items")
        more = len(outs) - OUTS_SHOWN
        return joined(rows, el("p", f"and {more} more, which the maps show", cls="hint") if more > 0 else None)
    message = "Nothing is out." if known else "Nothing is known yet."
    return el("div", icon("check_circle" if known else "hourglass_empty"), el("p", message), cls="nothing")


def evidence(before_url: str | None, after_url: str | None) -> Markup:
    """The shelf before and after, where the pictures are there."""
    if before_url is None and after_url is None:
        return joined()
    return el("div", _crop(before_url, "Before"), _crop(after_url, "Seen out"), cls="evidence")


def _crop(url: str | None, label: str) -> Markup:
    if url is None:
        return joined()
    return el("figure", el("img", src=url, alt=f"The place: {label.lower()}", loading="lazy"), el("figcaption", label))


def _row(out: OutNow, zone: ZoneInfo, now: datetime, currency: str) -> Markup:
    slot = out.slot
    brand = "" if slot.product is None else slot.product.brand
    bring = slot.units_missing
    facts = [f"{title_of(out.bay)}, {place_of(out.bay, out.shelf)}"]
    if out.bay.aisle:
        facts.insert(0, f"Aisle {out.bay.aisle}")
    return el(
        "li",
        el(
            "button",
            el("span", slot.name, el("small", brand) if brand else None, cls="what"),
            el("span", lasting(out.since), cls="long"),
            el("span", " · ".join(facts), cls="where"),
            el("span", f"since {clock_time(out.since, zone, now)}", cls="since"),
            el("span", f"bring {bring}", cls="bring") if bring else None,
            _at_risk(out.at_risk_per_h, currency),
            data_slot=slot.slot.id,
            cls="itemhead",
        ),
        evidence(out.before_url, out.after_url),
        cls="item is-out",
    )


def head_figures(figures: Figures) -> Markup:
    """Availability first, then how many places are in which state; what is unknown stands apart."""
    return el("div", _availability(figures), *(_count(figures, state) for state in _SHOWN), cls="figures")


def out_head(count: int, at_risk_per_h: float | None, currency: str) -> Markup:
    """Above the list of what is out: how many, and what all of it costs an hour."""
    counted = el("span", str(count), cls="count") if count else None
    return joined(el("h2", "Out now"), counted, _at_risk(at_risk_per_h, currency))


def _at_risk(at_risk_per_h: float | None, currency: str) -> Markup | None:
    cost = cost_text(at_risk_per_h, currency)
    return el("span", cost, cls="risk", title="what it costs while it is out") if cost else None


def _availability(figures: Figures) -> Markup:
    share = figures.on_shelf_availability
    message = "–" if share is None else f"{_percent(share)} %"
    below = f"of {figures.known} places seen" if figures.known else "nothing seen yet"
    bar = el("div", *(_part(figures, state) for state in _SHOWN[::-1]), cls="bar", aria_hidden="true")
    return el(
        "div",
        el("div", message, cls="value", data_figure="availability"),
        el("div", "On the shelf ", el("small", below), cls="label"),
        bar,
        cls="figure availability",
    )


def _percent(share: float) -> int:
    """Rounded, but 100 only where nothing is missing."""
    return 100 if share == 1 else min(99, round(100 * share))


def _part(figures: Figures, state: SlotState) -> Markup:
    count = figures.count(state)
    return el("i", cls=state_class(state), style=f"flex-grow:{count}") if count else joined()


def _count(figures: Figures, state: SlotState) -> Markup:
    count = figures.count(state)
    return el(
        "div",
        el("div", str(count), cls="value", data_figure=state.value.lower()),
        el("div", el("b", SIGNS[state], aria_hidden="true"), WORDS[state], cls="label"),
        cls=f"figure {state_class(state)}" + ("" if count else " none"),
    )


def health_card(store: StoreNow) -> Markup:
    """One store: when analytics last wrote, how much is unknown, and its cameras."""
    written = "never" if store.written_at is None else ago(store.written_at)
    return joined(
        el("div", el("h2", store.name), cls="cardhead"),
        *(el("p", icon("warning"), trouble, cls="trouble") for trouble in store.troubles),
        el(
            "dl",
            el("dt", "Analytics wrote"),
            el("dd", written),
            el("dt", "Places"),
            el("dd", f"{store.figures.planned} planned, {store.figures.unknown} unknown"),
        ),
        el("ul", *(_camera(camera) for camera in store.cameras), cls="items"),
    )


def _camera(camera: CameraNow) -> Markup:
    status = camera.status
    if status is None:
        state, detail = el("span", "never heard of", cls="chip is-unknown"), None
    else:
        online = status.state is CameraState.ONLINE
        word = "online" if online else "offline"
        state = el("span", word, " ", lasting(status.since), cls="chip is-stocked" if online else "chip is-out")
        detail = status.detail or None
    return el(
        "li",
        el("span", icon("photo_camera"), camera.camera.name or camera.camera.id, cls="what"),
        state,
        el("span", *_facts(camera), el("small", detail) if detail else None, cls="why"),
        cls="item closed",
    )


def _facts(camera: CameraNow) -> list[str]:
    picture = camera.picture
    facts: list[str] = [missing_picture(camera)] if picture is None else ["Newest picture ", ago(picture.taken_at)]
    if camera.status is not None:
        facts.append(f" · {camera.status.frames_published} frames sent, {camera.status.frames_dropped} dropped")
        offset_s = camera.status.clock_offset_s
        if offset_s is not None and abs(offset_s) >= 1:
            facts.append(f" · its clock is {abs(offset_s):.0f} s {'ahead' if offset_s > 0 else 'behind'}")
    return facts
