"""What staff answered, as managers read it: how right the alerts were, and what is said of the plan."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.answered.figures import AlertFigures
from alerts.answered.proposals import PlanProposal
from console.html.alert_card import answer_text
from console.html.markup import Markup, el, icon, joined
from console.html.states import clock_time
from console.links import slot_url
from console.views.models import StoreNow, place_of, title_of
from shelfstream.answers import AnswerKind

_ROWS_MOST = 50
_HEADS = ("", "Alerts", "Right", "Wrong", "Plan", "Right of those answered", "Minutes to take", "Minutes to refill")


def figures_table(figures: Sequence[AlertFigures], names: dict[str, str]) -> Markup:
    """A row for each place or time, those with the most wrong alerts first; ``names`` by what a row stands for."""
    if not figures:
        return el("p", "No alert was raised in this time.", cls="hint")
    head = el("tr", *(el("th", each, scope="col") for each in _HEADS))
    rows = [_figures_row(each, names.get(each.name, each.name)) for each in figures[:_ROWS_MOST]]
    return el("table", el("thead", head), el("tbody", *rows), cls="placelist")


def _figures_row(each: AlertFigures, name: str) -> Markup:
    counts = (each.raised, each.right, each.wrong, each.about_plan)
    waits = (each.minutes_to_acknowledge, each.minutes_to_refill)
    cells = [*map(str, counts), _precision(each), *("" if wait is None else f"{wait:.0f}" for wait in waits)]
    return el("tr", el("th", name, scope="row"), *(el("td", cell, cls="number") for cell in cells))


def _precision(each: AlertFigures) -> str:
    """With the interval that the truth lies in 19 times in 20; few answers say little."""
    if each.precision is None or each.precision_between is None:
        return "nobody said"
    low, high = each.precision_between
    return f"{each.precision:.0%} ({low:.0%} to {high:.0%})"


def proposals_list(
    proposals: Sequence[PlanProposal], now: StoreNow, zone: ZoneInfo, at: datetime, *, may_write: bool
) -> Markup:
    """What staff say of the plan, a row each, with what can be done about it."""
    head = el("h2", "What staff say of the plan")
    if not proposals:
        return joined(head, el("p", "Nothing: nobody called a place wrong in the last sixty days."))
    rows = [_proposal(each, now, zone, at, may_write=may_write) for each in proposals]
    return joined(head, el("ul", *rows, cls="items"))


def _proposal(each: PlanProposal, now: StoreNow, zone: ZoneInfo, at: datetime, *, may_write: bool) -> Markup:
    found = now.slot(each.slot)
    name, place = each.gtin, each.slot
    if found is not None:
        bay, slot = found
        shelf = next(row.shelf for row in bay.shelves if slot in row.slots)
        name, place = slot.name, f"{title_of(bay.bay)}, {place_of(bay.bay, shelf)}, {each.slot}"
    said = f"{answer_text(each.kind.value)}: said {_times(each.times)}, last {clock_time(each.last_at, zone, at)}"
    key = f"{each.slot}/{each.kind.value}"
    out = el("button", "Take the place out of the plan", cls="btn", data_more=f"out/{key}") if may_write else None
    return el(
        "li",
        el("span", name, el("small", place), cls="what"),
        el("span", said, cls="why"),
        el(
            "span",
            el("a", icon("search"), "Look", href=slot_url(each.store, each.slot), cls="act"),
            out if each.kind is not AnswerKind.WRONG_PRODUCT else None,
            el("button", "Dealt with", cls="btn", data_more=f"settle/{key}"),
            cls="answers",
        ),
        cls="item closed",
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
