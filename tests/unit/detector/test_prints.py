"""Comparing prints point by point."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.gallery.prints import FACING, Agreement, PrintFeatures, PrintFit, compare, print_of
from detector.recognise.on_shelf import on_shelf
from detector.recognise.packshot import Packshot
from detector.train_recogniser.sets import rendered_products

_SIDE_PX = 96


def _flavours(seed: int) -> list[Packshot]:
    """Three flavours of one brand."""
    return [pack for _, pack in rendered_products(3, seed)]


def _prints(packs: list[Packshot]) -> list[PrintFeatures]:
    return [print_of(pack.image_bgr, FACING) for pack in packs]


def test_a_facing_agrees_with_its_own_print_and_less_with_another_flavour_s() -> None:
    """Of 60 rendered facings of flavours, lit and seen from an angle, at most a tenth agree better with another one."""
    rng = np.random.default_rng(4)
    fit = PrintFit(points=1.0, colours=4.0)
    wrong = compared = 0
    for seed in range(20):
        packs = _flavours(seed)
        references = _prints(packs)
        for place, pack in enumerate(packs):
            facing = print_of(on_shelf(pack, packs, _SIDE_PX, rng), FACING)
            worths = [fit.worth(compare(facing, reference)) for reference in references]
            compared += max(worths) > 0
            wrong += max(worths) > 0 and int(np.argmax(worths)) != place
    assert compared > 30
    assert wrong < 0.1 * compared


@pytest.mark.parametrize("seed", range(4))
def test_a_print_agrees_with_itself_wholly(seed: int) -> None:
    """Most of its points lie in place and its colours are its own."""
    own = _prints(_flavours(seed))[0]
    found = compare(own, own)
    assert found.points > 0.5 * len(own.points_xy)
    assert found.colours > 0.9


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), high=st.integers(1, 60), wide=st.integers(1, 60))
def test_what_has_no_print_agrees_with_nothing(seed: int, high: int, wide: int) -> None:
    """Plain pictures of any shape have no points, and noise agrees with no pack."""
    rng = np.random.default_rng(seed)
    pack = _prints(_flavours(1))[0]
    plain = print_of(np.full((high, wide, 3), rng.integers(0, 256, 3), np.uint8), FACING)
    noise = print_of(rng.integers(0, 256, (high, wide, 3)).astype(np.uint8), FACING)
    assert compare(plain, pack) == Agreement(possible=0)
    assert compare(noise, pack).points <= 6


def test_mirrored_prints_do_not_agree() -> None:
    """Lettering has a direction: a mirrored front is another one."""
    pack = _flavours(2)[0]
    mirrored = print_of(np.ascontiguousarray(pack.image_bgr[:, ::-1]), FACING)
    own = print_of(pack.image_bgr, FACING)
    assert compare(mirrored, own).points < 0.1 * compare(own, own).points
