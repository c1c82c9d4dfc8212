"""Proposes how a plan may lie over a picture: two facings, each with a planned front of its product, fix a map.

Most pairs of pairs are wrong, because a product stands in many places; but wrong ones disagree with each other and with
the rest of the picture. Every proposal is voted on by all planned fronts (a sample consensus as in RANSAC, Fischler and
Bolles 1981, scored by evidence instead of counts).
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.photographs.maps import affine_maps, corners_of, homographies, through
from analytics.photographs.places import Floats, PlannedFronts, SeenFronts

NOTHING_THERE = -0.5
"""Evidence of a planned front within the picture where no facing is: some places are empty, and some facings unseen."""

LIKE_SIZE = 2.2
"""A facing is no more than so many times as large, or as small, as the front that it is taken for."""

_PAIRS = 4000
_DRAWN = 6 * _PAIRS
_PAIR_EVIDENCE_MIN = 0.4
_OFF_SHARE = 0.5
_CELL_PX = 4
_NOBODY = -1


class Voting:
    """The evidence of one picture for one plan."""

    def __init__(self, plan: PlannedFronts, seen: SeenFronts, size_wh: tuple[int, int]) -> None:
        self._plan, self._seen, self._size_wh = plan, seen, np.array(size_wh)
        self.evidence = seen.evidence[:, plan.product_of]
        """(N, U) of each facing for each front."""

    def proposals(self, dice: np.random.Generator) -> Floats:
        """(K, 3, 3) maps by pairs of pairs, each as an affine one and as a homography."""
        seen, plan = self._seen, self._plan
        facing, front = np.nonzero(self.evidence > _PAIR_EVIDENCE_MIN)
        if len(facing) < 2:
            return np.empty((0, 3, 3))
        first, second = dice.integers(0, len(facing), (2, _DRAWN))
        apart_px = seen.centres_px[facing[second]] - seen.centres_px[facing[first]]
        apart_mm = (plan.centres_mm[front[second]] - plan.centres_mm[front[first]]) * (1, -1)
        size_px, size_mm = seen.sizes_px[facing[first]], plan.sizes_mm[front[first]]
        far, reach = np.linalg.norm(apart_px, axis=1), np.linalg.norm(size_px, axis=1)
        # A camera before the bay sees left as left and above as above, about as far apart as the sizes say.
        expected = apart_mm * np.sqrt(size_px.prod(1) / size_mm.prod(1))[:, None]
        off = np.linalg.norm(apart_px - expected, axis=1)
        kept = np.flatnonzero((far > reach) & (off < _OFF_SHARE * far + reach / 3))[:_PAIRS]
        if not len(kept):
            return np.empty((0, 3, 3))
        pairs = [(facing[which[kept]], front[which[kept]]) for which in (first, second)]
        source = np.concatenate([plan.corners_mm[fronts] for _, fronts in pairs], 1)
        target = np.concatenate([corners_of(seen.boxes_px[facings]) for facings, _ in pairs], 1)
        return np.concatenate([affine_maps(source, target), homographies(source, target)])

    def votes(self, maps: Floats) -> Floats:
        """(K,) the evidence of all fronts for each map, each with the facing in which its middle lies."""
        plan = self._plan
        centres = through(maps, plan.centres_mm)
        facing = self.facing_at(centres)
        tops = through(maps, np.stack([plan.centres_mm[:, 0], plan.boxes_mm[:, 3]], 1))
        like = 2 * np.abs(tops - centres)[..., 1] / np.maximum(self._seen.sizes_px[facing, 1], 1)
        fits = (facing != _NOBODY) & (like < LIKE_SIZE) & (like > 1 / LIKE_SIZE)
        fronts = np.broadcast_to(np.arange(facing.shape[-1]), facing.shape)
        missed = np.where(self.inside(centres), NOTHING_THERE, 0.0)
        return np.asarray(np.where(fits, self.evidence[facing, fronts], missed).sum(-1), np.float64)

    def inside(self, points_px: Floats) -> NDArray[np.bool_]:
        """Which points (…, 2) lie in the picture."""
        return np.asarray(((points_px >= 0) & (points_px < self._size_wh)).all(-1), np.bool_)

    def facing_at(self, points_px: Floats) -> NDArray[np.intp]:
        """The facing at each point (…, 2), -1 where there is none."""
        inside = self.inside(points_px)
        cells = np.where(inside[..., None], points_px / _CELL_PX, 0).astype(np.intp)
        return np.where(inside, self._owner[cells[..., 1], cells[..., 0]], _NOBODY)

    @cached_property
    def _owner(self) -> NDArray[np.intp]:
        """Which facing is at a cell of the picture; the surer lies over the others."""
        width, height = (self._size_wh // _CELL_PX + 2).tolist()
        owner = np.full((height, width), _NOBODY, np.intp)
        for row in range(len(self._seen.boxes_px) - 1, -1, -1):
            left, top, right, bottom = (self._seen.boxes_px[row] / _CELL_PX).round().astype(int).clip(0).tolist()
            owner[top : bottom + 1, left : right + 1] = row
        return owner
