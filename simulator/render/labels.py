"""From a map of instance ids to boxes and visible shares."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.render.canvas import Canvas, PaintTally
from simulator.render.instance_ids import (
    FIRST_GAP_ID,
    FIRST_OCCLUDER_ID,
    FIRST_TAG_ID,
    IGNORED_ID,
    MAYBE_GAP_ID,
    kinds_of,
    renumbered,
)

Ids = NDArray[np.uint16]
Shown = tuple[Canvas, tuple[NDArray[np.float32], NDArray[np.float32]]]
"""A canvas, and where in it each picture pixel looks (x and y, each (H, W), px)."""
SMALLEST_PX = 24
"""What shows fewer pixels is no instance."""
_CLEAR_GAP_PX = 8
"""Of an empty place that is narrower or lower in the picture nobody could say that it is one."""


@dataclass(frozen=True, eq=False)
class Labels:
    """Row by row: see ``scenes.Scene`` for the fields. ``painted_ids`` are the canvas's own numbers."""

    ids: Ids
    boxes_xyxy: NDArray[np.float32]
    kinds: NDArray[np.uint8]
    visible_fraction: NDArray[np.float32]
    product_ids: NDArray[np.int64]
    instance_ids: Ids
    painted_ids: Ids


def boxes_of(ids: Ids) -> tuple[Ids, NDArray[np.float32], NDArray[np.int64]]:
    """The ids present (M,), their boxes (M, 4) xyxy (right and lower edge outside), their pixel counts (M,)."""
    width = ids.shape[1]
    order = np.argsort(ids, axis=None, kind="stable")
    present, starts = np.unique(ids.ravel()[order], return_index=True)
    xs, ys = order % width, order // width
    if not len(present):
        return present, np.zeros((0, 4), np.float32), np.zeros(0, np.int64)
    low = [np.minimum.reduceat(part, starts) for part in (xs, ys)]
    high = [np.maximum.reduceat(part, starts) + 1 for part in (xs, ys)]
    counts = np.diff(np.append(starts, len(order)))
    return present, np.stack([*low, *high], 1).astype(np.float32), counts


def gather_labels(ids: Ids, shown: Sequence[Shown], unhidden: Ids | None = None) -> Labels:
    """The labels of a taken picture; instances of a few pixels are dropped, all renumbered (``instance_ids``).

    ``shown`` are the canvases in the picture, which share one tally; ``unhidden`` (H, W) the picture's ids before
    people and things were put before the shelves, if they were.
    """
    tally = shown[0][0].tally
    present, boxes, counts = boxes_of(ids)
    kept = (present > 0) & (present < IGNORED_ID) & (counts >= SMALLEST_PX)
    unclear = (present >= FIRST_GAP_ID) & ((boxes[:, 2:] - boxes[:, :2]).min(1, initial=np.inf) < _CLEAR_GAP_PX)
    kept &= ~unclear
    doubtful = present[unclear]
    present, boxes, counts = present[kept], boxes[kept], counts[kept]
    fresh = renumbered(present)
    table = np.zeros(65536, np.uint16)
    table[present] = fresh
    table[doubtful] = MAYBE_GAP_ID
    table[IGNORED_ID], table[MAYBE_GAP_ID] = IGNORED_ID, MAYBE_GAP_ID
    visible = _visible(present, shown, tally)
    if unhidden is not None:
        visible = _less_hidden(visible, present, counts, unhidden, tally)
    return Labels(
        ids=table[ids],
        boxes_xyxy=boxes,
        kinds=kinds_of(present),
        visible_fraction=visible,
        product_ids=_products(present, tally),
        instance_ids=fresh,
        painted_ids=present,
    )


def _less_hidden(
    visible: NDArray[np.float32], present: Ids, counts: NDArray[np.int64], unhidden: Ids, tally: PaintTally
) -> NDArray[np.float32]:
    """Visible shares once occluders, which are in the picture only, hide a part of what was seen of the others."""
    before = np.bincount(unhidden.ravel(), minlength=65536)[present]
    share = visible * counts / np.maximum(before, 1)
    occluders = (present >= FIRST_OCCLUDER_ID) & (present < FIRST_GAP_ID)
    whole = np.array(tally.occluder_px, np.float64)[present[occluders].astype(np.intp) - FIRST_OCCLUDER_ID]
    share[occluders] = counts[occluders] / np.maximum(whole, 1)
    return np.asarray(np.clip(share, 0, 1), np.float32)


def _visible(present: Ids, shown: Sequence[Shown], tally: PaintTally) -> NDArray[np.float32]:
    """Share of each instance that is neither hidden by others nor outside the picture, 0..1."""
    counts = np.zeros(65536, np.int64)
    for canvas, maps in shown:
        counts += np.bincount(canvas.ids[_in_picture(canvas, maps)], minlength=65536)
    whole = np.zeros(65536, np.float64)
    whole[1 : len(tally.whole_px) + 1] = tally.whole_px
    whole[FIRST_TAG_ID : FIRST_TAG_ID + len(tally.tag_px)] = tally.tag_px
    whole[FIRST_GAP_ID : FIRST_GAP_ID + len(tally.gap_px)] = tally.gap_px
    return np.asarray(np.clip(counts[present] / np.maximum(whole[present], 1), 0, 1), np.float32)


def _in_picture(canvas: Canvas, maps: tuple[NDArray[np.float32], NDArray[np.float32]]) -> NDArray[np.bool_]:
    """(H, W) of the canvas: what the picture shows. Found on a coarse grid, exact to about 4 px."""
    height, width = canvas.ids.shape
    step = 4
    coarse = np.zeros((height // step + 1, width // step + 1), np.bool_)
    xs, ys = maps[0][::2, ::2].ravel(), maps[1][::2, ::2].ravel()
    inside = (xs >= 0) & (ys >= 0) & (xs < width) & (ys < height)
    coarse[(ys[inside] / step).astype(np.intp), (xs[inside] / step).astype(np.intp)] = True
    return np.repeat(np.repeat(coarse, step, 0), step, 1)[:height, :width]


def _products(present: Ids, tally: PaintTally) -> NDArray[np.int64]:
    """Product numbers; -1 for what is no place of a product."""
    table = np.full(65536, -1, np.int64)
    table[1 : len(tally.product_ids) + 1] = tally.product_ids
    table[FIRST_GAP_ID : FIRST_GAP_ID + len(tally.gap_products)] = tally.gap_products
    return table[present]
