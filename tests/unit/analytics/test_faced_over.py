"""What stands in a slot instead of its product: named, told from goods drawn over a gap, and forgotten."""

from dataclasses import replace
from datetime import timedelta

import pytest

from analytics.contract import SlotLevel, SlotState
from analytics.looking.matching import OtherProduct
from analytics.looking.observe import Appearance, observe
from tests.unit.analytics.analytics_shelf import (
    GTINS,
    RULES,
    SETTINGS,
    SIZE_WH,
    START,
    SlotLook,
    bay,
    facings,
    looked_at,
    slot,
)

BAY = bay()
PLACES = [
    (0, "beside", GTINS[1], True),
    (3, "beside", GTINS[4], True),
    (2, "beside", GTINS[3], False),
    (1, "wrong", GTINS[6], False),
]


@pytest.mark.parametrize(("place", "look", "other", "faced_over"), PLACES)
def test_a_neighbours_goods_over_a_gap_are_known_as_that(place: int, look: str, other: str, faced_over: bool) -> None:
    """What stands in a slot instead is named; it is drawn over where it is planned beside it, on the same shelf."""
    found = observe(BAY, facings({place: look}), SIZE_WH, None, SETTINGS.look)
    assert found.named()[place] is Appearance.WRONG
    assert found.others == {place: OtherProduct(other, faced_over)}


def test_a_product_without_a_gtin_is_another_one_without_a_name() -> None:
    """A gallery may call products as it likes; a level carries none that cannot be read back."""
    named = replace(facings({1: "wrong"}), gtins=(*GTINS[:6], "tea, blue"))
    found = observe(BAY, named, SIZE_WH, None, SETTINGS.look)
    assert (found.named()[1], found.others) == (Appearance.WRONG, {})


def looked(level: SlotLevel, number: int, appearance: Appearance) -> SlotLevel:
    """The level after one frame a minute; what is wrong in it is the product of the place beside it."""
    look = SlotLook(number, appearance, START + timedelta(minutes=number))
    if appearance is not Appearance.WRONG:
        return looked_at(level, look)
    (found,) = RULES.step_bay([level], look.frame, replace(look.seen, others={0: OtherProduct(GTINS[1], True)}))
    return found


def test_it_is_told_until_something_else_is() -> None:
    """A MISPLACED slot names the product that was seen in it, its transition too; filled again it names none."""
    level, number = RULES.new_level(slot(0), START), 0
    for appearance, looks in ((Appearance.FULL, 8), (Appearance.GAP, 8), (Appearance.WRONG, 400)):
        for _ in range(looks):
            number += 1
            level = looked(level, number, appearance)
    step = level.transitions[-1]
    assert step.state is SlotState.MISPLACED
    assert (step.other, step.faced_over) == (level.other, level.faced_over) == (GTINS[1], True)
    assert SlotLevel.decode(level.encode()) == level
    for _ in range(400):
        number += 1
        level = looked(level, number, Appearance.FULL)
    assert level.state is SlotState.STOCKED
    assert (level.other, level.faced_over, level.transitions[-1].other) == (None, False, None)
