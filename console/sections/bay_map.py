"""A bay as a small map: one coloured cell per slot, as wide as it is planned."""

from analytics.contract import SlotState
from console.markup import Markup, el
from console.sections.states import SIGNS, WORDS, state_class
from console.shelf import BayNow, ShelfNow, SlotNow


def bay_map(bay: BayNow) -> Markup:
    """The bay's shelves from the top down; every cell is a button that tells about its slot."""
    return el("div", *(_shelf(bay, shelf) for shelf in bay.shelves if shelf.slots), cls="baymap")


def _shelf(bay: BayNow, shelf: ShelfNow) -> Markup:
    cells: list[Markup] = []
    reached_mm = 0.0
    for slot in shelf.slots:
        if slot.slot.x_min_mm > reached_mm:
            cells.append(_empty(slot.slot.x_min_mm - reached_mm))
        cells.append(_cell(slot))
        reached_mm = max(reached_mm, slot.slot.x_max_mm)
    if bay.bay.width_mm > reached_mm:
        cells.append(_empty(bay.bay.width_mm - reached_mm))
    return el("div", *cells, cls="mapshelf")


def _cell(slot: SlotNow) -> Markup:
    told = f"{slot.name}: {WORDS[slot.state]}"
    return el(
        "button",
        "" if slot.state is SlotState.STOCKED else SIGNS[slot.state],
        cls=f"cell {state_class(slot.state)}",
        style=f"flex-grow:{slot.slot.x_max_mm - slot.slot.x_min_mm:g}",
        title=told,
        aria_label=told,
        data_slot=slot.slot.id,
    )


def _empty(width_mm: float) -> Markup:
    return el("span", cls="cell empty", style=f"flex-grow:{width_mm:g}")
