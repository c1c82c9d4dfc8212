"""Paints a run of shelves seen from the front: openings, goods, rails with tags, empty places."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from simulator.dice import Dice
from simulator.render import shelf_fronts
from simulator.render.canvas import Canvas
from simulator.render.columns import ShelfLight, paint_columns
from simulator.render.fixture import FixtureStyle, paint_opening, paint_upright, shade_opening
from simulator.render.instance_ids import MAYBE_GAP_ID, STOCK_BEHIND_ID
from simulator.render.stocking import Gap, Habits, StockedShelf, stocked_shelf

_SEEN_SHARE = 0.35

Span = tuple[float, float]


@dataclass(frozen=True)
class GondolaFrame:
    """Where a gondola stands: section borders and the rise from its lowest board to its top (mm), and what is seen."""

    cuts_mm: list[float]
    rise_mm: Span
    seen_mm: Span
    cooled: bool
    light: float
    capped: bool = False
    """Whether no shelf may reach above the top."""
    back_high: float | None = None
    """Share of the uppermost shelf's height that has a panel behind it, where no board is above; ``None``: one is."""


def sections(dice: Dice, ends: Span) -> list[float]:
    """Section borders from the left to the right end, mm."""
    wide = dice.pick((900.0, 1000.0, 1250.0, 1330.0, 5000.0))
    cuts, x = [ends[0]], ends[0] + dice.between(0.3, 1.0) * wide
    while x < ends[1] - 150:
        cuts.append(x)
        x += wide
    return [*cuts, ends[1]]


def paint_gondola(canvas: Canvas, dice: Dice, habits: Habits, style: FixtureStyle, frame: GondolaFrame) -> None:
    """All of a gondola's front, back to front."""
    shelves = _shelves(dice, habits, style, frame)
    basket, trays = dice.pick((0.0, 0.0, 0.0, 0.15, 0.5)), dice.pick((0.0, 0.0, 0.0, 0.1, 0.5))
    for span, shelf in shelves:
        topmost = shelf.foot_mm + 2 * shelf.clearance_mm > frame.rise_mm[1] and not shelf.hung
        back_high = frame.back_high if topmost else None
        _paint_shelf(canvas, dice, style, (span, shelf), light=frame.light, trays=trays, back_high=back_high)
        if dice.chance(basket):
            shelf_fronts.paint_wire_front(canvas, dice, span, shelf.foot_mm)
    shelf_fronts.paint_fronts(canvas, dice, style, shelves)
    if frame.cooled:
        shelf_fronts.paint_doors(canvas, dice, frame.cuts_mm, frame.rise_mm)
    else:
        post = dice.pick((6.0, 6.0, 25.0, 40.0))
        for x in frame.cuts_mm[1:-1]:
            paint_upright(canvas, style, x, frame.rise_mm, post)


def _shelves(dice: Dice, habits: Habits, style: FixtureStyle, frame: GondolaFrame) -> list[tuple[Span, StockedShelf]]:
    """All shelves in sight, section by section; sections often share their heights."""
    shelves = []
    aligned, cuts = dice.chance(0.6), frame.cuts_mm
    for left, right in pairwise(cuts):
        if aligned:
            left, right = cuts[0], cuts[-1]  # noqa: PLW2901
        foot = frame.rise_mm[0]
        while foot < frame.rise_mm[1]:
            shelf = stocked_shelf(dice.child(left, foot), habits, (left, right), foot, style.depth_mm)
            if frame.capped and foot + shelf.clearance_mm > frame.rise_mm[1]:
                break
            if foot + shelf.clearance_mm > frame.seen_mm[0] and foot < frame.seen_mm[1]:
                shelves.append(((left, right), shelf))
            foot += shelf.clearance_mm + style.rail_mm + 6
        if aligned:
            break
    return shelves


def _paint_shelf(
    canvas: Canvas,
    dice: Dice,
    style: FixtureStyle,
    place: tuple[Span, StockedShelf],
    *,
    light: float,
    trays: float,
    back_high: float | None,
) -> None:
    span, shelf = place
    if not paint_opening(
        canvas, style, span, (shelf.foot_mm, shelf.foot_mm + shelf.clearance_mm), light=light, back_high=back_high
    ):
        return
    if dice.chance(0.02):
        shelf_fronts.paint_produce(canvas, dice, span, shelf.foot_mm, shelf.clearance_mm)
        return
    falling = dice.between(0.0008, 0.0028)
    paint_columns(canvas, shelf.columns, style.depth_mm, ShelfLight(light, falling))
    for gap in shelf.gaps:
        foot = shelf.foot_mm + (shelf.clearance_mm - 40 - gap.pack.height_mm if shelf.hung else 0.0)
        label_gap(canvas, gap.pack.id, foot, gap, gap.pack.height_mm if shelf.hung else shelf.clearance_mm)
    canvas.forget_stock()
    if trays and not shelf.hung:
        shelf_fronts.paint_trays(canvas, dice, shelf.starts_mm, foot_mm=shelf.foot_mm, end_mm=span[1], share=trays)
    if back_high is None and dice.chance(0.85):
        shade_opening(canvas, style, dice.between(0.1, 0.5))


def label_gap(canvas: Canvas, product_id: int, foot_mm: float, gap: Gap, clearance_mm: float) -> None:
    """Mark the empty place in the ids where nothing in front hides it.

    Seen from aside, the rows behind its neighbours reach into it: nobody would call those pixels empty, nor a place
    that they fill.
    """
    _, ids = canvas.seen()
    left, top = canvas.front(gap.left_mm, foot_mm + min(gap.high_mm, clearance_mm))
    right, foot = canvas.front(gap.right_mm, foot_mm + gap.rise_mm)
    x, y = canvas.origin_px
    rows = slice(max(0, round(top) - y), max(0, round(foot) - y))
    part = ids[rows, max(0, round(left) - x) : max(0, round(right) - x)]
    whole = round((right - left) * (foot - top))
    bare, behind = part == 0, part == STOCK_BEHIND_ID
    if part.size < _SEEN_SHARE * whole or np.count_nonzero(bare | behind) < _SEEN_SHARE * whole:
        return
    empty_px, behind_px = int(bare.sum()), int(behind.sum())
    part[behind] = MAYBE_GAP_ID
    seen_empty = gap.sure and empty_px >= max(_SEEN_SHARE * whole, behind_px)
    part[bare] = canvas.tally.gap(product_id, whole) if seen_empty else MAYBE_GAP_ID
