"""Maps between planes, many at once: what ``catalogue.geometry`` does for one, for a search through thousands.

Also the fit of one map to the boxes that a camera saw of fronts on a bay.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from shelfstream.catalogue.geometry import project

Floats = NDArray[np.float64]

_FAR_PX = -1e9
_TINY = 1e-12
_SOFT_SHARE = 0.06
"""Of a box's smaller side: how far its edges may be off before they count less (packs stand askew, boxes are rough)."""

_STEPS_MOST = 30
_FOCAL_SHARES = (0.5, 4.0)
"""Of the picture's width: lenses of cameras that look at shelves, from wide to long."""

_EDGE_MM = 8.0
"""Packs at the front stand a little behind the board's edge."""

_DEPTHS_MM = np.array([_EDGE_MM, *np.linspace(20, 350, 23)])
_BEHIND_COST = 1.0
_STARTS_MM, _THOROUGH = (0.0, 60.0, 120.0), 5


def through(maps: Floats, points: Floats) -> Floats:
    """(K, N, 2): points (N, 2) through maps (K, 3, 3); what lies on a horizon is far outside of any picture."""
    mapped = points @ maps[:, :, :2].transpose(0, 2, 1) + maps[:, None, :, 2]
    with np.errstate(all="ignore"):
        return np.nan_to_num(mapped[..., :2] / mapped[..., 2:], nan=_FAR_PX, posinf=_FAR_PX, neginf=_FAR_PX)


def local_scales(image_from_bay: Floats, points: Floats) -> tuple[Floats, Floats]:
    """((N, 2), (N, 2)) picture px for a millimetre to the right, and for one upwards, at each point (N, 2)."""
    here = project(image_from_bay, points)
    return project(image_from_bay, points + np.array([1.0, 0.0])) - here, project(
        image_from_bay, points + np.array([0.0, 1.0])
    ) - here


def corners_of(boxes_xyxy: Floats) -> Floats:
    """(N, 4, 2) of boxes (N, 4): top left, top right, bottom right, bottom left."""
    left, top, right, bottom = boxes_xyxy.T
    stacked = np.stack([left, top, right, top, right, bottom, left, bottom], 1)
    return np.asarray(stacked.reshape(-1, 4, 2), np.float64)


def affine_maps(source: Floats, target: Floats) -> Floats:
    """(K, 3, 3) affine maps by least squares, from (K, M, 2) to (K, M, 2)."""
    flat = np.concatenate([source, np.ones((*source.shape[:2], 1))], -1)
    maps = np.tile(np.eye(3), (len(source), 1, 1))
    maps[:, :2] = (np.linalg.pinv(flat) @ target).transpose(0, 2, 1)
    return maps


def homographies(source: Floats, target: Floats) -> Floats:
    """(K, 3, 3) by the normalised direct linear transform, from (K, M, 2) to (K, M, 2); fewer where one is none."""
    to, back = _norms(source), _norms(target)
    flat = np.concatenate([_each_through(to, source), np.ones((*source.shape[:2], 1))], -1)
    normed, zeros = _each_through(back, target), np.zeros_like(flat)
    rows_x = np.concatenate([flat, zeros, -normed[..., :1] * flat], -1)
    rows_y = np.concatenate([zeros, flat, -normed[..., 1:] * flat], -1)
    _, _, right = np.linalg.svd(np.concatenate([rows_x, rows_y], 1))
    maps = np.linalg.inv(back) @ right[:, -1].reshape(-1, 3, 3) @ to
    sound = np.abs(maps[:, 2, 2]) > _TINY
    return np.asarray(maps[sound] / maps[sound][:, 2:, 2:], np.float64)


def _norms(points: Floats) -> Floats:
    """(K, 3, 3): to the middle, and to a spread of about 1."""
    centre = points.mean(1)
    scale = np.sqrt(2) / np.maximum(np.linalg.norm(points - centre[:, None], axis=-1).mean(1), 1e-9)
    norms: Floats = np.tile(np.eye(3), (len(points), 1, 1)) * scale[:, None, None]
    norms[:, :2, 2], norms[:, 2, 2] = -centre * scale[:, None], 1
    return norms


def _each_through(maps: Floats, points: Floats) -> Floats:
    """(K, M, 2): each map's own points through it; maps that scale and shift."""
    return np.asarray(points * maps[:, None, [0, 1], [0, 1]] + maps[:, None, :2, 2], np.float64)


def into_the_shelf(image_from_bay: Floats, size_wh: tuple[int, int]) -> Floats:
    """(3,) what a millimetre behind the bay's front adds to a point's homogeneous picture coordinates.

    The map of a plane by a camera with square pixels and its axis in the middle fixes how long its lens is, unless it
    looks straight at the plane; and then what lies behind is where it seems (Zhang, 2000, section 2.3).
    """
    width, height = size_wh
    middle = np.array([[1.0, 0, -width / 2], [0, 1.0, -height / 2], [0, 0, 1.0]])
    right, up = (middle @ image_from_bay)[:, :2].T
    turned = right[2] * up[2], right[2] ** 2 - up[2] ** 2
    flat = -(right[:2] @ up[:2]), -(right[:2] @ right[:2] - up[:2] @ up[:2])
    squared = float(np.dot(turned, flat)) / max(float(np.dot(turned, turned)), 1e-30)
    shortest, longest = (width * share for share in _FOCAL_SHARES)
    focal_px = min(max(squared**0.5 if squared > 0 else width, shortest), longest)
    lens = np.diag([focal_px, focal_px, 1.0])
    axes = np.linalg.inv(lens) @ np.stack([right, up], 1)
    scale = np.linalg.norm(axes, axis=0).mean()
    behind = np.cross(axes[:, 0], axes[:, 1]) / scale
    # Away from the camera: the further, the larger the last coordinate.
    away = behind if behind[2] > 0 else -behind
    return np.asarray(np.linalg.inv(middle) @ lens @ away, np.float64)


@dataclass(frozen=True, eq=False)
class BoxFit:
    """Fits a map to boxes. ``quads_mm`` (M, 4, 2) are fronts on the bay, ``boxes_px`` (M, 4) xyxy what was seen of
    them, ``weights`` (M,) how far each is to be believed.

    The box around a front as the map shows it is compared with the box that was seen, edge by edge, under a Cauchy
    loss, which lets go of what cannot be right. Packs of a shelf that was shopped stand back, and a camera that looks
    from the side sees them beside their place: each front may stand further in, if that explains it much better.
    """

    quads_mm: Floats
    boxes_px: Floats
    weights: Floats
    size_wh: tuple[int, int]

    def homography(self, start: Floats, rounds: int) -> Floats | None:
        """The map of the bay's front that fits best, from a first one; ``None`` where there is none."""
        image_from_bay: Floats = start / start[2, 2]
        behind_mm = np.full(len(self.quads_mm), _EDGE_MM)
        for number in range(rounds):
            away = into_the_shelf(image_from_bay, self.size_wh)
            if number:
                behind_mm = self._behind_mm(image_from_bay, away)
            fitted = self._fitted(image_from_bay, behind_mm[:, None, None] * away)
            if fitted is None:
                return None
            image_from_bay = fitted
        return image_from_bay

    def front(self, start: Floats) -> Floats | None:
        """The same, more thoroughly: most packs may stand back, which a first fit takes for the front."""
        fits = []
        for depth_mm in _STARTS_MM:
            moved = start.copy()
            moved[:, 2] -= depth_mm * into_the_shelf(start, self.size_wh)
            fits.append(self.homography(moved, _THOROUGH))
        sound = [fit for fit in fits if fit is not None]
        return min(sound, key=self.cost, default=None)

    def cost(self, image_from_bay: Floats) -> float:
        """How ill a map fits all boxes, in natural logarithms of chances; smaller is better."""
        away = into_the_shelf(image_from_bay, self.size_wh)
        behind = self._behind_mm(image_from_bay, away)
        losses = np.log1p(self._misses(image_from_bay, behind[:, None, None] * away) ** 2).sum(1)
        return float((self.weights * (losses + _BEHIND_COST * (behind > _EDGE_MM))).sum())

    def misfits(self, image_from_bay: Floats) -> Floats:
        """(M,) natural logarithms by which the boxes speak against a map: 0 for fronts that lie where they should."""
        away = into_the_shelf(image_from_bay, self.size_wh)
        behind = self._behind_mm(image_from_bay, away)[:, None, None] * away
        return np.asarray(np.log1p(self._misses(image_from_bay, behind) ** 2).mean(1) / 2, np.float64)

    @cached_property
    def _flat(self) -> Floats:
        """(M, 4, 3) homogeneous."""
        ones = np.ones((*self.quads_mm.shape[:2], 1))
        return np.asarray(np.concatenate([self.quads_mm, ones], -1), np.float64)

    @cached_property
    def _soft_px(self) -> Floats:
        """(M, 1)."""
        sides = self.boxes_px[:, 2:] - self.boxes_px[:, :2]
        return np.asarray(np.maximum(sides.min(1, keepdims=True) * _SOFT_SHARE, 1.0), np.float64)

    def _misses(self, image_from_bay: Floats, shift: Floats) -> Floats:
        """(M, 4) how far each edge is off, in what is allowed to it."""
        mapped = self._flat @ image_from_bay.T + shift
        quads = mapped[..., :2] / np.maximum(mapped[..., 2:], 1e-9)
        edges = np.hstack([quads.min(1), quads.max(1)])
        return np.asarray((edges - self.boxes_px) / self._soft_px, np.float64)

    def _behind_mm(self, image_from_bay: Floats, away: Floats) -> Floats:
        """(M,) how far behind the front each pack stands, as far as that makes a difference."""
        costs = [
            np.log1p(self._misses(image_from_bay, depth * away) ** 2).sum(1) + (_BEHIND_COST if depth > _EDGE_MM else 0)
            for depth in _DEPTHS_MM
        ]
        return np.asarray(_DEPTHS_MM[np.stack(costs).argmin(0)], np.float64)

    def _fitted(self, start: Floats, shift: Floats) -> Floats | None:
        # Unknowns of about the same size, or the search crawls.
        to, back = _norms(self.quads_mm.reshape(1, -1, 2))[0], _norms(corners_of(self.boxes_px).reshape(1, -1, 2))[0]
        away = np.linalg.inv(back)
        normed = back @ start @ np.linalg.inv(to)
        scale = normed[2, 2]
        if not np.isfinite(normed).all() or abs(scale) < _TINY:
            return None

        def whole(values: Floats) -> Floats:
            return np.asarray(away @ np.append(values, 1.0).reshape(3, 3) @ to * scale, np.float64)

        def losses(values: Floats) -> Floats:
            off = self._misses(whole(values), shift) * np.sqrt(self.weights)[:, None]
            return np.asarray((np.sign(off) * np.sqrt(np.log1p(off**2))).ravel(), np.float64)

        solved = least_squares(losses, (normed / scale).ravel()[:8], max_nfev=_STEPS_MOST)
        found = whole(solved.x)
        return found / found[2, 2] if np.isfinite(found).all() and abs(found[2, 2]) > _TINY else None
