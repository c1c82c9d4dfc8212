"""Shelves that shoppers have taken from, and shelves behind glass."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulator.dice import Dice
from simulator.render.canvas import Canvas, PaintTally
from simulator.render.shelf_fronts import glazed, paint_doors
from simulator.render.stocking import random_habits, stocked_shelf
from simulator.render.view import View

_DEPTH_MM = 400.0
_VIEW = View((0.0, 800.0, 2000.0), (0.0, 800.0), 600.0, (640, 480))


@given(seed=st.integers(0, 300))
def test_what_is_sold_leaves_the_next_row_in_front(seed: int) -> None:
    """Where front units are gone, the next ones stand set back but still count, and never more rows than there were."""
    dice = Dice("sold", seed)
    habits = replace(random_habits(dice), selling=1.0, emptiness=0.0)
    shelf = stocked_shelf(dice, habits, (0.0, 3000.0), 0.0, _DEPTH_MM)
    standing = [column for column in shelf.columns if column.units]
    assert standing
    assert all(column.behind >= 0 and 1 <= column.units <= column.full for column in standing)
    assert all(column.back_mm < 0.8 * _DEPTH_MM for column in standing)


def test_some_of_what_is_left_stands_a_pack_further_back() -> None:
    """Over many shelves, columns without their front row are common where things sell, rare where nothing does."""

    def set_back(selling: float) -> float:
        found: list[bool] = []
        for seed in range(40):
            dice = Dice("sold", seed)
            habits = replace(random_habits(dice), selling=selling, emptiness=0.0, disorder=0.0)
            shelf = stocked_shelf(dice, habits, (0.0, 2000.0), 0.0, _DEPTH_MM)
            found += [column.back_mm > 0.8 * column.pack.depth_mm for column in shelf.columns if column.units]
        return float(np.mean(found))

    assert set_back(1.0) > 3 * set_back(0.0)


def test_door_frames_hide_what_is_behind_them() -> None:
    """A frame is painted over pixels and ids alike, so that a facing behind it counts as hidden."""
    canvas = Canvas(_VIEW.seen_box_mm(), 0.3, _VIEW, PaintTally())
    canvas.look_at_all()
    canvas.ids[:] = 7
    paint_doors(canvas, Dice("doors", 1), [-500.0, 500.0], (100.0, 1800.0))
    hidden = canvas.ids == 0
    assert 0.02 < hidden.mean() < 0.9
    x, y = (round(part) for part in canvas.front(-500.0, 900.0))
    assert canvas.ids[y, x] == 0


def test_glass_only_adds_light() -> None:
    """What the glass mirrors lies over the picture: no pixel gets darker, some get brighter."""
    picture = np.full((240, 320, 3), 60, np.uint8)
    behind = glazed(picture, Dice("glass", 3))
    assert behind.shape == picture.shape
    assert (behind >= picture).all()
    assert (behind > picture).any()
