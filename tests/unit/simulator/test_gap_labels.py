"""Which pixels of a rendered shelf are called an empty place, which are not, and of which nothing is said."""

from dataclasses import replace

import numpy as np
import pytest

from simulator.dice import Dice
from simulator.packs.pack import Pack, Shape, random_pack
from simulator.render.canvas import Canvas, PaintTally
from simulator.render.columns import Column, ShelfLight, paint_columns
from simulator.render.gondola import label_gap
from simulator.render.instance_ids import FIRST_GAP_ID, GAP_KIND, IGNORED_ID, MAYBE_GAP_ID
from simulator.render.labels import gather_labels
from simulator.render.optics import sample_maps, taken
from simulator.render.stocking import Gap, random_habits, stocked_shelf
from simulator.render.view import View
from simulator.scenes.scenes import random_scene

_DEEP_MM = 400.0
_LIGHT = ShelfLight(1.0, 0.0)


def _shelf(
    eye_x_mm: float, middle: Column | None, px_per_mm: float = 1.0, shape: Shape = Shape.BOX
) -> tuple[Canvas, View, Gap]:
    """Three places of packs three rows deep, the middle one as given, seen from a metre and a half."""
    pack = _pack(shape)
    view = View((eye_x_mm, 150.0, 1500.0), (0.0, 150.0), 1500.0 * px_per_mm, (640, 400), 0.0)
    canvas = Canvas((-320.0, -50.0, 320.0, 350.0), px_per_mm, view, PaintTally())
    beside = [Column(pack, left, 0.0, 1, 1, 0.0, 3) for left in (-150.0, 50.0)]
    paint_columns(canvas, [*beside, *([middle] if middle else [])], _DEEP_MM, _LIGHT)
    return canvas, view, Gap(pack, -50.0, 50.0, pack.height_mm)


def _pack(shape: Shape) -> Pack:
    pack = random_pack(shape, Dice("pack", 1), 320.0)
    return Pack(**{**vars(pack), "width_mm": 100.0, "height_mm": 200.0, "depth_mm": 100.0})


def _labelled(canvas: Canvas, gap: Gap) -> tuple[int, int]:
    """(px called the gap, px of which nothing is said)."""
    label_gap(canvas, 1, 0.0, gap, 300.0)
    canvas.forget_stock()
    assert canvas.ids.max() <= MAYBE_GAP_ID
    return int((canvas.ids == FIRST_GAP_ID).sum()), int((canvas.ids == MAYBE_GAP_ID).sum())


def test_an_empty_place_seen_from_before_is_a_gap() -> None:
    """Most of it; at its sides the rows behind the neighbours are in doubt."""
    canvas, _, gap = _shelf(0.0, None)
    empty, doubtful = _labelled(canvas, gap)
    assert empty > 0.75 * 100 * 200
    assert doubtful < 0.2 * 100 * 200


def test_rows_behind_the_neighbour_are_not_called_empty() -> None:
    """Seen from far aside, what fills the place is the neighbour's stock: nothing is said of it."""
    canvas, _, gap = _shelf(-2500.0, None, shape=Shape.BOTTLE)
    before = (canvas.ids == 0).sum()
    empty, doubtful = _labelled(canvas, gap)
    assert doubtful > 0
    assert empty < before
    assert empty == 0 or empty > doubtful


def test_what_is_left_of_a_product_at_the_back_leaves_its_place_empty() -> None:
    """Goods that nobody reaches for stand far behind the front: that is an empty place."""
    canvas, _, gap = _shelf(0.0, Column(_pack(Shape.BOX), -50.0, 0.0, 0, 1, 290.0, 1, slot="gone"))
    empty, _ = _labelled(canvas, gap)
    assert empty > 0.75 * 100 * 200


def test_a_speck_is_no_gap_and_no_shelf_either() -> None:
    """Of an empty place a few pixels wide in the picture nothing is said."""
    canvas, view, gap = _shelf(0.0, None, px_per_mm=0.06)
    label_gap(canvas, 1, 0.0, gap, 300.0)
    canvas.forget_stock()
    maps = sample_maps(canvas, view, 0.0)
    _, ids = taken(canvas, maps)
    assert (ids == FIRST_GAP_ID).any()
    labels = gather_labels(ids, [(canvas, maps)])
    assert GAP_KIND not in labels.kinds
    assert (labels.ids[ids == FIRST_GAP_ID] == MAYBE_GAP_ID).all()


@pytest.mark.parametrize("seed", [900_003, 900_010, 900_011])
def test_no_pack_is_a_gap_in_an_aisle(seed: int) -> None:
    """Sides and tops of the goods on top of a gondola are background, and every gap is a place of a product."""
    scene = random_scene(seed)
    assert (scene.product_ids[scene.kinds == GAP_KIND] >= 0).all()
    assert scene.ids[scene.ids > IGNORED_ID].size == 0 or set(np.unique(scene.ids[scene.ids > IGNORED_ID])) == {
        MAYBE_GAP_ID
    }


def test_the_place_above_a_low_stack_is_a_gap_and_the_stack_is_not() -> None:
    """Little is left of a stack: what is empty begins above it."""
    canvas, _, gap = _shelf(0.0, None)
    empty, _ = _labelled(canvas, Gap(gap.pack, gap.left_mm, gap.right_mm, gap.high_mm, rise_mm=60.0))
    rows = np.flatnonzero((canvas.ids == FIRST_GAP_ID).any(1))
    assert empty > 0.7 * 100 * 140
    assert abs(len(rows) - 140) <= 2


def test_of_a_stack_that_some_would_call_low_nothing_is_said() -> None:
    """Whether half a stack is a gap is a matter of taste: it teaches neither."""
    canvas, _, gap = _shelf(0.0, None)
    empty, doubtful = _labelled(canvas, Gap(gap.pack, gap.left_mm, gap.right_mm, gap.high_mm, 100.0, sure=False))
    assert empty == 0
    assert doubtful > 0.7 * 100 * 100


def test_low_stacks_side_by_side_are_one_gap() -> None:
    """A shelf whose stacks were taken down has gaps above them, as high as what is missing."""
    found = []
    for seed in range(60):
        dice = Dice("low", seed)
        habits = replace(random_habits(dice), disorder=1.0, selling=0.0, emptiness=0.0, holes=0.0)
        shelf = stocked_shelf(dice, habits, (0.0, 3000.0), 0.0, _DEEP_MM)
        for gap in (gap for gap in shelf.gaps if gap.rise_mm):
            below = [
                column for column in shelf.columns
                if gap.left_mm - 1 <= column.left_mm < gap.right_mm - 1 and column.units
            ]  # fmt: skip
            assert below
            assert all(column.units * column.pack.height_mm == pytest.approx(gap.rise_mm) for column in below)
            assert gap.sure == (gap.rise_mm / gap.high_mm <= 0.34)
            found.append(gap)
    assert any(gap.sure for gap in found)
    assert any(gap.right_mm - gap.left_mm > 2 * gap.pack.width_mm for gap in found)
