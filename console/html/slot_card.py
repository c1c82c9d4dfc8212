"""Everything about one slot, for the dialog that opens on a tap."""

from datetime import datetime
from zoneinfo import ZoneInfo

from console.html.lists import evidence
from console.html.markup import Markup, el, joined
from console.html.states import REASONS, ago, chip, clock_time, lasting
from console.links import PICTURES, slot_url
from console.views.models import BayNow, OutNow, SlotNow, place_of, title_of


def slot_card(bay: BayNow, slot: SlotNow, out: OutNow | None, zone: ZoneInfo, now: datetime) -> Markup:
    """What is planned in a slot, what is believed of it and why."""
    level = slot.level
    shelf = next(each.shelf for each in bay.shelves if slot in each.slots)
    page = slot_url(slot.slot.store, slot.slot.id)
    planned = f"{slot.slot.facings_wide} wide × {slot.slot.facings_high} high, at least {slot.slot.presentation_min}"
    return el(
        "div",
        el("header", chip(slot.state), el("h3", slot.name)),
        el("p", REASONS[slot.reason].capitalize(), cls="reason") if slot.reason is not None else None,
        _pictures(slot),
        evidence(out.before_url, out.after_url) if out is not None else None,
        el(
            "dl",
            _fact("Place", f"{title_of(bay.bay)}, {place_of(bay.bay, shelf)}, {slot.slot.id}"),
            _fact("GTIN", slot.slot.gtin),
            _fact("Brand", "" if slot.product is None else slot.product.brand),
            _fact("Planned", planned),
            _fact("Stands there", _other(slot)),
            _fact("On the shelf", _level(slot)),
            _fact("Since", None if slot.since is None else clock_time(slot.since, zone, now), lasting_of(slot)),
            _fact("Bring", str(slot.units_missing) if slot.units_missing else ""),
            _fact("Last seen", None if level is None or level.last_seen_at is None else ago(level.last_seen_at)),
        ),
        el("p", el("a", "Its pictures, its last day and its alerts", href=page), cls="all"),
        cls="slotcard",
    )


def lasting_of(slot: SlotNow) -> Markup | None:
    """For how long it has been so."""
    return None if slot.since is None else joined(" (", lasting(slot.since), ")")


def _pictures(slot: SlotNow) -> Markup | None:
    if slot.product is None or not slot.product.pictures:
        return None
    url = f"{PICTURES}/{slot.product.pictures[0]}"
    return el("img", src=url, alt=f"Reference picture of {slot.name}", cls="reference", loading="lazy")


def _level(slot: SlotNow) -> str:
    """How full it is believed to be, as an interval where that is not sure."""
    level = slot.level
    if level is None or level.level is None:
        return ""
    about = f"about {level.level:.0%} of what is planned"
    if level.level_between is None or level.level_between[0] == level.level_between[1]:
        return about
    low, high = level.level_between
    return f"{about} ({low:.0%} to {high:.0%})"


def _other(slot: SlotNow) -> str:
    """What stands there instead, and whether it was drawn over from beside it."""
    if slot.other is None:
        return ""
    return f"{slot.other}, drawn over from the place beside it" if slot.faced_over else slot.other


def _fact(term: str, *told: str | None) -> Markup:
    if not any(told):
        return joined()
    return joined(el("dt", term), el("dd", *told))
