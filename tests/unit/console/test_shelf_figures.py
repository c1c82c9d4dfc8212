"""Slots put together from plan and belief, and the figures over them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.contract import SlotState, UnknownReason
from console.html.lists import out_head, out_list
from console.html.slot_card import slot_card
from console.views.build import StoreRead, store_now
from console.views.models import Figures, bays_now
from shelfstream.catalogue.catalogue import Catalogue
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


def test_a_slot_tells_how_full_it_is_and_how_sure_that_is() -> None:
    """The likeliest share, and the two that it lies between where that is not known to a facing."""
    told = level("milk", GTIN_MILK, SlotState.LOW, NOW).model_copy(update={"level": 0.6})

    def card(between: tuple[float, float] | None) -> str:
        bays = bays_now(catalogue(), STORE, {"milk": told.model_copy(update={"level_between": between})})
        bay, slot = next((bay, slot) for bay in bays for slot in bay.slots if slot.slot.id == "milk")
        return str(slot_card(bay, slot, None, ZoneInfo("UTC"), NOW))

    assert "about 60% of what is planned (25% to 75%)" in card((0.25, 0.75))
    assert "about 60% of what is planned<" in card((0.5, 0.5))
    assert "about 60% of what is planned<" in card(None)


@pytest.mark.parametrize(("faced_over", "told"), [(True, ", drawn over from the place beside it"), (False, "<")])
def test_a_slot_tells_what_stands_there_instead(faced_over: bool, told: str) -> None:
    """The other product by its name, and whether it is the neighbour's; of a slot that is not MISPLACED nothing."""
    changes = {"other": GTIN_BUTTER, "faced_over": faced_over}

    def card(state: SlotState) -> str:
        held = level("milk", GTIN_MILK, state, NOW).model_copy(update=changes)
        bays = bays_now(catalogue(), STORE, {"milk": held})
        bay, slot = next((bay, slot) for bay in bays for slot in bay.slots if slot.slot.id == "milk")
        return str(slot_card(bay, slot, None, ZoneInfo("UTC"), NOW))

    name = catalogue().products[STORE, GTIN_BUTTER].name
    assert f"Stands there</dt><dd>{name}{told}" in card(SlotState.MISPLACED)
    assert "Stands there" not in card(SlotState.STOCKED)


def test_what_costs_most_is_first_and_all_of_it_is_summed() -> None:
    """The manager begins where money is lost: by price and sales, whatever has been out for longer."""
    priced = {GTIN_MILK: ("1.00", 10.0), GTIN_BUTTER: ("2.00", 30.0)}
    known = catalogue()
    products = [
        product.model_copy(update={"price": Decimal(priced[gtin][0]), "sales_per_day": priced[gtin][1]})
        for (_, gtin), product in known.products.items()
    ]
    shop = Catalogue.of([*known.entities(), *products])
    levels = {
        "milk": level("milk", GTIN_MILK, SlotState.OUT, NOW - timedelta(hours=5)),
        "butter": level("butter", GTIN_BUTTER, SlotState.OUT, NOW),
    }
    now = store_now(shop, STORE, StoreRead(levels=levels), evidence=lambda _: (None, None), picture_old_after_s=60)
    assert [out.slot.slot.id for out in now.outs] == ["butter", "milk"]
    # A store without hours counts as open all day; both are out with a chance of .8.
    assert now.at_risk_per_h == pytest.approx(0.8 * (2.0 * 30.0 + 10.0) / 24)
    assert "2.33 EUR an hour" in out_head(2, now.at_risk_per_h, now.currency)
    assert "2.00 EUR an hour" in out_list(now.outs, ZoneInfo("UTC"), NOW, known=2, currency=now.currency)
    assert "an hour" not in out_head(0, None, "EUR")
