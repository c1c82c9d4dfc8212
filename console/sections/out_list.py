"""The list of what is out now."""

from datetime import datetime
from zoneinfo import ZoneInfo

from console.markup import Markup, el, icon, joined
from console.sections.moments import clock_time, lasting
from console.shelf import place_of, title_of
from console.views import OutNow


def out_list(outs: tuple[OutNow, ...], zone: ZoneInfo, now: datetime, *, known: int) -> Markup:
    """One row per slot that is out, the longest first."""
    if outs:
        return el("ul", *(_row(out, zone, now) for out in outs), cls="items")
    told = "Nothing is out." if known else "Nothing is known yet."
    return el("div", icon("check_circle" if known else "hourglass_empty"), el("p", told), cls="nothing")


def evidence(before_url: str | None, after_url: str | None) -> Markup:
    """The shelf before and after, where the pictures are there."""
    if before_url is None and after_url is None:
        return joined()
    return el("div", _crop(before_url, "Before"), _crop(after_url, "Seen out"), cls="evidence")


def _crop(url: str | None, label: str) -> Markup:
    if url is None:
        return joined()
    return el("figure", el("img", src=url, alt=f"The place: {label.lower()}", loading="lazy"), el("figcaption", label))


def _row(out: OutNow, zone: ZoneInfo, now: datetime) -> Markup:
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
            data_slot=slot.slot.id,
            cls="itemhead",
        ),
        evidence(out.before_url, out.after_url),
        cls="item is-out",
    )
