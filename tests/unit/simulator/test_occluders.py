"""People and things before shelves: where they stand, what they hide, and how the shares left are told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from simulator.dice import Dice
from simulator.render.canvas import Canvas, PaintTally
from simulator.render.instance_ids import (
    FACING_KIND,
    FIRST_GAP_ID,
    FIRST_OCCLUDER_ID,
    FIRST_TAG_ID,
    OCCLUDER_KIND,
    kinds_of,
    renumbered,
)
from simulator.render.labels import gather_labels
from simulator.render.optics import sample_maps, taken
from simulator.render.view import View
from simulator.scenes import aisle, carts, people
from simulator.scenes.cutouts import Cutout
from simulator.scenes.occluding import Foreground, put_random

STRAIGHT = View((0.0, 500.0, 1000.0), (0.0, 500.0), 400.0, (400, 400))
ALONG = View((0.0, 2500.0, 1200.0), (0.0, 0.0), 500.0, (640, 360), 3.0, (0.9, -0.4, 0.15))


@given(st.sets(st.integers(1, 65535), max_size=60))
def test_fresh_ids_keep_kind_and_order_and_have_no_holes(numbers: set[int]) -> None:
    """Renumbering leaves every instance its kind and the order of all, and starts each kind at its first id."""
    present = np.array(sorted(numbers), np.uint16)
    fresh = renumbered(present)
    assert np.array_equal(kinds_of(fresh), kinds_of(present)) if len(present) else len(fresh) == 0
    assert (np.diff(fresh.astype(int)) > 0).all()
    for first, last in ((1, FIRST_TAG_ID), (FIRST_TAG_ID, FIRST_OCCLUDER_ID), (FIRST_GAP_ID, 65536)):
        mine = fresh[(fresh >= first) & (fresh < last)]
        assert np.array_equal(mine, first + np.arange(len(mine)))


@given(st.floats(-500, 500), st.floats(0, 900))
@pytest.mark.parametrize("view", [STRAIGHT, ALONG])
@settings(max_examples=40)
def test_points_of_the_front_fall_where_the_plane_to_plane_map_puts_them(view: View, x: float, y: float) -> None:
    """Projecting in space and mapping the front plane are the same camera."""
    shift = 2500.0 if view is ALONG else 0.0
    px_x, px_y, ahead = view.project(np.array([[x + shift, y, 0.0]]))[0]
    mapped = view.image_from_front() @ np.array([x + shift, y, 1.0])
    assert ahead > 0
    assert_allclose((px_x, px_y), mapped[:2] / mapped[2], atol=1e-6)


def _plain(width_mm: float, height_mm: float) -> Cutout:
    full = np.full((20, 20), 255, np.uint8)
    return Cutout(np.full((20, 20, 3), 90, np.uint8), full, full, (width_mm, height_mm))


def test_what_stands_before_a_facing_leaves_it_the_share_that_is_seen() -> None:
    """A facing of which a board hides the left half is half visible, and the board is an instance of its own."""
    canvas = Canvas((-500.0, 0.0, 500.0, 1000.0), 0.5, STRAIGHT, PaintTally())
    instance = canvas.tally.facing(7)
    (x0, y1), (x1, y0) = canvas.front(-100, 400), canvas.front(100, 600)
    canvas.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], (200, 10, 10), instance)
    canvas.tally.whole_px[0] = int(np.count_nonzero(canvas.ids))
    maps = sample_maps(canvas, STRAIGHT, 0.0)
    image, ids = taken(canvas, maps)
    front = Foreground(image, ids.copy(), STRAIGHT, canvas.tally)
    front.stand(_plain(100, 800), (-50.0, 100.0, 0.0), 1.0)
    labels = gather_labels(front.ids, [(canvas, maps)], ids)
    assert labels.kinds.tolist() == [FACING_KIND, OCCLUDER_KIND]
    assert labels.product_ids.tolist() == [7, -1]
    assert_allclose(labels.visible_fraction, (0.5, 1.0), atol=0.06)


def test_nearer_things_are_larger_and_stand_lower() -> None:
    """Seen from above the floor, a board halfway to the camera is twice as wide and its foot is further down."""
    boxes = []
    for z in (0.0, -500.0):
        ids = np.zeros((400, 400), np.uint16)
        front = Foreground(np.zeros((400, 400, 3), np.uint8), ids, STRAIGHT, PaintTally())
        front.stand(_plain(200, 300), (0.0, 300.0, z), 1.0)
        ys, xs = np.nonzero(ids)
        boxes.append((np.ptp(xs) + 1, ys.max()))
    assert_allclose(boxes[1][0] / boxes[0][0], 2.0, atol=0.08)
    assert boxes[1][1] > boxes[0][1]


@pytest.mark.parametrize("maker", [people.person, carts.trolley, carts.basket, carts.roll_cage, carts.sack])
def test_a_cutout_is_one_solid_thing_that_covers_what_it_shows(maker: object) -> None:
    """Everything opaque belongs to the thing, and the thing fills a fair part of its picture from top to foot."""
    for seed in range(4):
        made = maker(Dice("cutout", seed))  # type: ignore[operator]
        assert (made.mask[made.cover > 127] == 255).mean() > 0.97
        assert 0.1 < (made.mask > 0).mean() < 0.99
        rows = np.flatnonzero(made.mask.any(1))
        assert np.ptp(rows) > 0.75 * made.mask.shape[0]


def test_an_aisle_has_goods_on_both_sides_and_follows_from_its_dice() -> None:
    """Of a view along an aisle, facings lie left and right of the floor, and the same dice give the same picture."""
    first, again = (aisle.photograph_aisle(Dice("aisle", 4), (640, 360), 0.05) for _ in range(2))
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(first.ids, again.ids)
    middles = []
    for canvas, _ in first.shown:
        mine = np.isin(first.ids, np.unique(canvas.ids)) & (first.ids > 0) & (first.ids < FIRST_TAG_ID)
        assert len(np.unique(first.ids[mine])) > 5
        middles.append(np.nonzero(mine)[1].mean())
    assert middles[0] + 100 < middles[1]


def test_people_in_an_aisle_hide_only_what_is_behind_them() -> None:
    """With occluders put in, no facing is seen more than before, and some instance of the kind is there."""
    seen = aisle.photograph_aisle(Dice("aisle", 4), (640, 360), 0.0)
    front = Foreground(seen.image, seen.ids.copy(), seen.view, seen.shown[0][0].tally)
    put_random(front, Dice("people"), [(3500.0, -700.0), (2500.0, -900.0), (2000.0, -600.0)], 1.0)
    changed = front.ids != seen.ids
    assert changed.any()
    assert (kinds_of(front.ids[changed]) == OCCLUDER_KIND).all()
