"""Turns a labelled crop into what the network should say about it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.contract import FacingKind
from detector.manifest import KINDS, STRIDE_PX
from detector.train.crops import Labelled
from simulator.render.instance_ids import IGNORED_ID, MAYBE_GAP_ID, kinds_of

_CENTRE_SPREAD = (0.13, 0.35)
_REGION_FROM = 0.35
_MIN_SIDE_PX = 7.0
_MIN_INSIDE = 0.6
_MIN_VISIBLE = 0.5

FloatMap = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Targets:
    """Wanted maps of one crop with G × G cells.

    ``heat`` (4, G, G) in 0…1; ``heat_counts`` (4, G, G) is 0 where an object is too hidden, small or cut for a wish;
    ``edges`` (4, G, G) in cells, with ``edges_weight`` (G, G); ``areas`` (4, G, G) 0…1, with ``areas_counts`` (4, G, G)
    that are 0 where the labels do not tell.
    """

    heat: FloatMap
    heat_counts: FloatMap
    edges: FloatMap
    edges_weight: FloatMap
    areas: FloatMap
    areas_counts: FloatMap


def targets_of(crop: Labelled) -> Targets:
    """What the network should say about a crop."""
    side_px = crop.ids.shape[0]
    cells = side_px // STRIDE_PX
    whole = _clipped(crop.boxes_xyxy, side_px)
    kept, blurred = _sorted_out(crop, whole)
    taught = np.array([kind in crop.told for kind in range(KINDS)], np.float32)
    heat = np.zeros((KINDS, cells, cells), np.float32)
    told = taught[:, None, None] * _told(crop.ids, cells)
    counts = told.copy()
    edges, weight = np.zeros((4, cells, cells), np.float32), np.zeros((cells, cells), np.float32)
    for index in np.flatnonzero(blurred):
        left, top, right, bottom = _cells(whole[index])
        counts[crop.kinds[index], top:bottom, left:right] = 0
    for index in np.flatnonzero(kept & np.isin(crop.kinds, list(crop.told))):
        # A person's box is as wide as the arms reach: no edges that the shelf behind could learn from.
        pulls = weight if crop.kinds[index] != FacingKind.OCCLUDER else np.ones_like(weight)
        _draw(whole[index] / STRIDE_PX, heat[crop.kinds[index]], edges, pulls)
    return Targets(heat, counts, edges, weight, _areas(crop.ids, cells), told)


def _clipped(boxes_xyxy: NDArray[np.float32], side_px: int) -> NDArray[np.float32]:
    return boxes_xyxy.clip(0, side_px)


def _sides(boxes_xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
    return (boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]).clip(0, None)


def _sorted_out(crop: Labelled, whole: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(objects to be found, objects of which nothing is asked) of those in the crop."""
    inside, full = _sides(whole), _sides(crop.boxes_xyxy)
    share = inside.prod(1) / full.prod(1).clip(1e-3, None)
    there = (inside > 2).all(1)
    clear = (share > _MIN_INSIDE) & (crop.visible >= _MIN_VISIBLE) & (inside >= _MIN_SIDE_PX).all(1)
    return there & clear, there & ~clear


def _cells(box_px: NDArray[np.float32]) -> tuple[int, int, int, int]:
    left, top = (int(edge) for edge in box_px[:2] // STRIDE_PX)
    right, bottom = (int(edge) for edge in np.ceil(box_px[2:] / STRIDE_PX))
    return left, top, right, bottom


def _draw(box: NDArray[np.float32], heat: FloatMap, edges: FloatMap, weight: FloatMap) -> None:
    """One object, in cells: a bump of heat at its centre, and its edges where the bump is high."""
    cells = heat.shape[0]
    left, top, right, bottom = (float(edge) for edge in box)
    xs = np.arange(int(left), min(int(np.ceil(right)), cells))
    ys = np.arange(int(top), min(int(np.ceil(bottom)), cells))
    middle_x, middle_y = int((left + right) / 2), int((top + bottom) / 2)
    slope, base = _CENTRE_SPREAD
    across = np.exp(-((xs - middle_x) ** 2) / (2 * ((right - left) * slope + base) ** 2))
    down = np.exp(-((ys - middle_y) ** 2) / (2 * ((bottom - top) * slope + base) ** 2))
    bump = (down[:, None] * across[None]).astype(np.float32)
    window = (slice(ys[0], ys[-1] + 1), slice(xs[0], xs[-1] + 1))
    np.maximum(heat[window], bump, out=heat[window])
    mine = (bump > _REGION_FROM) & (bump > weight[window])
    rows, columns = np.nonzero(mine)
    rows, columns = rows + ys[0], columns + xs[0]
    weight[rows, columns] = bump[mine]
    middle_xs, middle_ys = columns + 0.5, rows + 0.5
    edges[:, rows, columns] = np.stack([middle_xs - left, middle_ys - top, right - middle_xs, bottom - middle_ys])


def _told(ids: NDArray[np.uint16], cells: int) -> FloatMap:
    """(4, G, G): 0 in cells of which the labels say nothing about a kind, 1 elsewhere."""
    unsaid = cv2.resize((ids == IGNORED_ID).astype(np.float32), (cells, cells), interpolation=cv2.INTER_AREA)
    perhaps = cv2.resize((ids == MAYBE_GAP_ID).astype(np.float32), (cells, cells), interpolation=cv2.INTER_AREA)
    told = np.repeat((unsaid[None] == 0).astype(np.float32), KINDS, 0)
    told[FacingKind.GAP] *= perhaps == 0
    return told


def _areas(ids: NDArray[np.uint16], cells: int) -> FloatMap:
    """Share of each cell that lies on a thing of each kind."""
    kinds = np.where((ids > 0) & (ids < IGNORED_ID), kinds_of(np.maximum(ids, 1)), KINDS)
    of_kind = [(kinds == kind).astype(np.float32) for kind in range(KINDS)]
    size = (cells, cells)
    return np.stack([cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in of_kind]).astype(np.float32)
