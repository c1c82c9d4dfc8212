"""Slots put together from plan and belief, and the figures over them."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from analytics.contract import SlotState, UnknownReason
from console.view_models import Figures, bays_now
from tests.unit.console.console_fakes import GTIN_BUTTER, GTIN_MILK, STORE, catalogue, level

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SLOTS = ("milk", "butter", "cream", "offer")


@given(st.dictionaries(st.sampled_from(SLOTS), st.sampled_from(SlotState)))
def test_every_slot_counts_once_and_unknown_never_as_available(states: dict[str, SlotState]) -> None:
    """Whatever is known, every planned slot counts in exactly one state, and unknown ones leave availability alone."""
    gtins = {slot.id: slot.gtin for slot in catalogue().slots.values()}
    levels = {slot: level(slot, gtins[slot], state, NOW) for slot, state in states.items()}
    figures = Figures.of(slot for bay in bays_now(catalogue(), STORE, levels) for slot in bay.slots)
    known = [state for state in states.values() if state is not SlotState.UNKNOWN]
    on_shelf = sum(state in (SlotState.STOCKED, SlotState.LOW) for state in known)
    assert figures.planned == len(SLOTS)
    assert figures.unknown == len(SLOTS) - len(known)
    assert figures.on_shelf_availability == (on_shelf / len(known) if known else None)


def test_bays_come_in_walking_order_with_the_top_shelf_first() -> None:
    """A page reads as a person walks and looks: bays by walking order, shelves from the top down."""
    bays = bays_now(catalogue(), STORE, {})
    assert [bay.bay.id for bay in bays] == ["end", "dairy"]
    assert [shelf.shelf.id for shelf in bays[1].shelves] == ["s2", "s1"]


def test_a_level_of_another_product_says_nothing() -> None:
    """After a plan's change the old product's level is not shown as the new product's."""
    levels = {"milk": level("milk", GTIN_BUTTER, SlotState.OUT, NOW)}
    slots = {slot.slot.id: slot for bay in bays_now(catalogue(), STORE, levels) for slot in bay.slots}
    assert slots["milk"].state is SlotState.UNKNOWN
    assert slots["milk"].reason is UnknownReason.NEVER_SEEN


def test_levels_of_slots_that_are_not_planned_are_left_out() -> None:
    """A retired slot's last level does not come back as a slot."""
    levels = {"gone": level("gone", GTIN_MILK, SlotState.OUT, NOW)}
    assert Figures.of(slot for bay in bays_now(catalogue(), STORE, levels) for slot in bay.slots).out == 0
