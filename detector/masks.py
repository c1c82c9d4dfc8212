"""Which pixels belong to which region: masks are kept as one map of owners at the network's own resolution.

Where boxes overlap, a cell goes to the box whose middle its own edges point at (centre voting, as in Neven et al.,
arXiv 1906.11109). So the masks of a thousand facings take no more room than those of ten, and nothing is pasted at full
size.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.decode import Boxes
from detector.manifest import STRIDE_PX, Maps, RawMaps

Owners = NDArray[np.int32]
_INSIDE_LOGIT = 0.0


@dataclass(frozen=True, eq=False)
class Masks:
    """``owners`` (4, H/4, W/4) int32, a layer per kind: 1 + the row of the box that a cell belongs to, 0 for none.

    ``cell_wh`` is a cell's size in the original picture's pixels, ``size_wh`` that picture's size.
    """

    owners: Owners
    boxes_xyxy: NDArray[np.float32]
    kinds: NDArray[np.int32]
    cell_wh: tuple[float, float]
    size_wh: tuple[int, int]

    def counts(self, row: int) -> list[int]:
        """The mask of one box as COCO's run lengths: column by column, first the pixels outside.

        A box of which no cell was won is taken whole.
        """
        mine = self.owners[self.kinds[row]] == row + 1
        if not mine.any():
            return _runs_of_box(self.boxes_xyxy[row], self.size_wh)
        return _runs_of_cells(mine, self.cell_wh, self.size_wh)


def owners_of(maps: RawMaps, index: int, boxes: Boxes) -> Owners:
    """(4, H/4, W/4): who owns each cell of picture ``index``; boxes in px of the network's picture."""
    areas = maps.areas[index]
    owners = np.zeros(areas.shape, np.int32)
    middles = _middles(maps.edges[index])
    nearest = np.full(areas.shape, np.inf, np.float32)
    for row, (box, kind) in enumerate(zip(boxes.boxes_xyxy / STRIDE_PX, boxes.kinds, strict=True)):
        left, top, right, bottom = box
        window = (kind, slice(max(0, round(top)), round(bottom)), slice(max(0, round(left)), round(right)))
        size = np.maximum(box[2:] - box[:2], 1)
        middle = (box[:2] + box[2:]) / 2
        apart = (middles[window[1:]] - middle) / size
        away = (apart * apart).sum(2)
        mine = (areas[window] > _INSIDE_LOGIT) & (away < nearest[window])
        nearest[window][mine] = away[mine]
        owners[window][mine] = row + 1
    return owners


def _middles(edges: Maps) -> NDArray[np.float32]:
    """(H/4, W/4, 2): where each cell says that the middle of its thing is, x and y in cells."""
    left, top, right, bottom = edges
    rows, columns = left.shape
    xs = np.arange(columns, dtype=np.float32)[None] + 0.5 + (right - left) / 2
    ys = np.arange(rows, dtype=np.float32)[:, None] + 0.5 + (bottom - top) / 2
    return np.stack([xs, ys], 2)


def _runs_of_cells(mine: NDArray[np.bool_], cell_wh: tuple[float, float], size_wh: tuple[int, int]) -> list[int]:
    width, height = size_wh
    rows, columns = mine.shape
    x_edges = np.minimum(np.round(np.arange(columns + 1) * cell_wh[0]).astype(np.int64), width)
    y_edges = np.minimum(np.round(np.arange(rows + 1) * cell_wh[1]).astype(np.int64), height)
    padded = np.zeros((columns, rows + 2), np.int8)
    padded[:, 1:-1] = mine.T
    steps = np.diff(padded, axis=1)
    at, first = np.nonzero(steps > 0)
    _, last = np.nonzero(steps < 0)
    times = x_edges[at + 1] - x_edges[at]
    xs = np.repeat(x_edges[at], times) + _counted_up(times)
    starts = xs * height + np.repeat(y_edges[first], times)
    ends = xs * height + np.repeat(y_edges[last], times)
    order = np.argsort(starts, kind="stable")
    return _lengths(starts[order], ends[order], width * height)


def _runs_of_box(box_xyxy: NDArray[np.float32], size_wh: tuple[int, int]) -> list[int]:
    width, height = size_wh
    left, top, right, bottom = np.round(box_xyxy).astype(np.int64)
    xs = np.arange(left, min(right, width))
    return _lengths(xs * height + top, xs * height + min(bottom, height), width * height)


def _counted_up(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """0, 1, … for each of ``times``, one after the other."""
    before = np.cumsum(times) - times
    return np.arange(int(times.sum()), dtype=np.int64) - np.repeat(before, times)


def _lengths(starts: NDArray[np.int64], ends: NDArray[np.int64], total: int) -> list[int]:
    """Run lengths of what lies between sorted starts and ends; runs that touch are one."""
    filled = ends > starts
    starts, ends = starts[filled], ends[filled]
    touch = starts[1:] == ends[:-1]
    starts = starts[np.concatenate([[True], ~touch])] if len(starts) else starts
    ends = ends[np.concatenate([~touch, [True]])] if len(ends) else ends
    borders = np.stack([starts, ends], 1).reshape(-1)
    lengths = np.diff(np.concatenate([[0], borders, [total]]))
    return [int(length) for length in lengths]
