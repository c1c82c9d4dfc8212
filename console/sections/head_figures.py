"""The figures at the head of a store's page."""

from analytics.contract import SlotState
from console.figures import Figures
from console.markup import Markup, el, joined
from console.sections.states import SIGNS, WORDS, state_class

_SHOWN = (SlotState.OUT, SlotState.LOW, SlotState.MISPLACED, SlotState.UNKNOWN, SlotState.STOCKED)


def head_figures(figures: Figures) -> Markup:
    """Availability first, then how many places are in which state; what is unknown stands apart."""
    return el("div", _availability(figures), *(_count(figures, state) for state in _SHOWN), cls="figures")


def _availability(figures: Figures) -> Markup:
    share = figures.on_shelf_availability
    told = "–" if share is None else f"{_percent(share)} %"
    below = f"of {figures.known} places seen" if figures.known else "nothing seen yet"
    bar = el("div", *(_part(figures, state) for state in _SHOWN[::-1]), cls="bar", aria_hidden="true")
    return el(
        "div",
        el("div", told, cls="value", data_figure="availability"),
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
