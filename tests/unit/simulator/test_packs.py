"""Every form of pack can be drawn: solid, the same each time, with sizes that make a shelf."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.dice import Dice
from simulator.packs.bodies import draw_pack
from simulator.packs.pack import BOXY, SIZES, Shape, random_pack
from simulator.render.stocking import THEMES


@pytest.mark.parametrize("shape", list(Shape))
def test_a_form_is_drawn_solid_and_the_same_each_time(shape: Shape) -> None:
    """Most of its box is pack, its print is no even colour, and flat-sided forms alone have a side."""
    pack = random_pack(shape, Dice("form", shape), 300.0)
    sprite, again = draw_pack(pack, 120.0), draw_pack(pack, 120.0)
    assert (sprite.cover > 127).mean() > 0.5
    assert sprite.front[sprite.cover > 127].std() > 5
    assert np.array_equal(sprite.front, again.front)
    assert (sprite.side is not None) == (shape in BOXY)


@given(shape=st.sampled_from(list(Shape)), seed=st.integers(0, 10_000), tallest_mm=st.sampled_from([140.0, 320.0]))
@settings(max_examples=200, deadline=None)
def test_sizes_keep_their_form_under_a_low_shelf(shape: Shape, seed: int, tallest_mm: float) -> None:
    """A pack is no taller than the shelf lets it be, and as wide for its height as its form is."""
    pack, size = random_pack(shape, Dice("size", seed), tallest_mm), SIZES[shape]
    assert 0 < pack.height_mm <= tallest_mm + 1e-9
    assert size.ratio[0] - 1e-9 <= pack.height_mm / pack.width_mm <= size.ratio[1] + 1e-9
    assert pack.width_mm <= size.width_mm[1]


def test_every_form_stands_on_some_shelf() -> None:
    """A form that no kind of aisle has would never be learned."""
    assert {shape for theme in THEMES.values() for shape in theme} == set(Shape)
