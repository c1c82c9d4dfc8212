"""Compares prints point by point: tells flavours of one brand apart, which look the same as a whole.

Local features (Lowe, "Distinctive Image Features from Scale-Invariant Keypoints", IJCV 2004; RootSIFT, Arandjelović &
Zisserman, CVPR 2012) are matched by the ratio test; those that agree with one affine map of the front onto the
reference count (RANSAC). Then the reference is laid over what was seen, and the colours are compared place by place.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.jpeg import Image

Points = NDArray[np.float32]

_CONTRAST = 0.02
_RATIO = 0.8
_OFF_PX = 8.0
_TRIES = 400
_LEAST_POINTS = 5
_LEAST_SCALE, _MOST_SCALE = 0.3, 3.5
_COARSER = 4
_COMPARED_WH = (40, 48)
_DESCRIPTOR = 128
_UNIT = 255.0
_LEAST_SHARED = 0.25
_TINY = 1e-6


@dataclass(frozen=True, slots=True)
class PrintSize:
    """At which size prints are compared (px, root of the area), and how many points of each at most.

    A facing of 60 px is enlarged: its edges still have places.
    """

    side_px: int
    most_points: int


FACING = PrintSize(200, 400)
PHOTOGRAPH = PrintSize(280, 700)


@dataclass(frozen=True, eq=False)
class PrintFeatures:
    """A front at one size: ``size_wh`` px, ``points_xy`` (N, 2) px of it.

    ``descriptors`` (N, 128) uint8 are RootSIFT's unit rows times 255; ``colours_bgr`` (h, w, 3) uint8 is the same
    front, coarse. A print takes some 50 kB.
    """

    size_wh: tuple[int, int]
    points_xy: Points
    descriptors: Image
    colours_bgr: Image


@dataclass(frozen=True, slots=True)
class Agreement:
    """``points`` of the ``possible`` lie as in the reference; ``colours`` (-1 to 1) are like its own, place by place.

    No points and colours of 0: no relation was found.
    """

    possible: int
    points: int = 0
    colours: float = 0.0


def print_of(picture_bgr: Image, size: PrintSize) -> PrintFeatures:
    """The print of a front (H, W, 3) uint8, cut out of a frame or taken as a reference."""
    height, width = picture_bgr.shape[:2]
    scale = size.side_px / float(np.sqrt(height * width))
    size_wh = (max(8, round(width * scale)), max(8, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    picture = np.asarray(cv2.resize(picture_bgr, size_wh, interpolation=how), np.uint8)
    finder = cv2.SIFT.create(nfeatures=size.most_points, contrastThreshold=_CONTRAST)
    found, descriptors = finder.detectAndCompute(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), None)
    points = np.array([each.pt for each in found], np.float32).reshape(-1, 2)
    return PrintFeatures(size_wh, points, _rooted(np.asarray(descriptors, np.float32), len(points)), _coarse(picture))


def _rooted(descriptors: Points, count: int) -> Image:
    if not count:
        return np.empty((0, _DESCRIPTOR), np.uint8)
    shares = descriptors / np.maximum(descriptors.sum(1, keepdims=True), _TINY)
    return np.asarray(np.round(np.sqrt(shares) * _UNIT), np.uint8)


def _coarse(picture: Image) -> Image:
    height, width = picture.shape[:2]
    size_wh = (max(1, round(width / _COARSER)), max(1, round(height / _COARSER)))
    return np.asarray(cv2.resize(picture, size_wh, interpolation=cv2.INTER_AREA), np.uint8)


@dataclass(frozen=True, slots=True)
class PrintFit:
    """What agreement is worth beside likeness, in its units: for the logarithm of the points, and for the colours.

    ``possible`` is taken off for the logarithm of the points that could have agreed.
    """

    points: float
    colours: float
    possible: float = 0.0

    def worth(self, agreement: Agreement) -> float:
        """How much liker the reference is for it."""
        found = self.points * math.log1p(agreement.points) + self.colours * agreement.colours
        return found - self.possible * math.log1p(agreement.possible)


def compare(seen: PrintFeatures, reference: PrintFeatures) -> Agreement:
    """How far what was seen is the reference's print."""
    possible = min(len(seen.points_xy), len(reference.points_xy))
    found = _laid_over(seen, reference)
    if found is None:
        return Agreement(possible)
    return Agreement(possible, len(found.seen_rows), _colours(seen, reference, found.onto))


def matched_points(seen: PrintFeatures, reference: PrintFeatures) -> tuple[Points, Points]:
    """((N, 2), (N, 2)) px in both of the points that agree."""
    found = _laid_over(seen, reference)
    if found is None:
        return np.empty((0, 2), np.float32), np.empty((0, 2), np.float32)
    return seen.points_xy[found.seen_rows], reference.points_xy[found.reference_rows]


class _Overlay(NamedTuple):
    """The affine map (2, 3) of what was seen onto a reference, and the points of both that follow it, each once."""

    onto: NDArray[np.float64]
    seen_rows: NDArray[np.intp]
    reference_rows: NDArray[np.intp]


def _laid_over(seen: PrintFeatures, reference: PrintFeatures) -> _Overlay | None:
    places, same = _matches(seen.descriptors, reference.descriptors)
    if len(places) < _LEAST_POINTS:
        return None
    onto, inside = cv2.estimateAffine2D(
        seen.points_xy[places],
        reference.points_xy[same],
        method=cv2.RANSAC,
        ransacReprojThreshold=_OFF_PX,
        maxIters=_TRIES,
    )
    if onto is None or not _possible(np.asarray(onto, np.float64)):
        return None
    used = np.flatnonzero(inside.ravel())
    # A point of the reference that is met twice, or at two scales, is one point.
    _, first = np.unique(np.round(reference.points_xy[same[used]]), axis=0, return_index=True)
    used = used[first]
    if len(used) < _LEAST_POINTS:
        return None
    return _Overlay(np.asarray(onto, np.float64), places[used], same[used])


def _matches(seen: Image, reference: Image) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """((K,), (K,)) rows of what was seen and of the nearest in the reference, clearly nearer than the second."""
    if len(seen) < 2 or len(reference) < 2:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    cosines = (seen.astype(np.float32) @ reference.astype(np.float32).T) / _UNIT**2
    nearest = cosines.argmax(1)
    rows = np.arange(len(seen))
    best = cosines[rows, nearest]
    cosines[rows, nearest] = -1
    second = cosines.max(1)
    clear = (1 - best) < _RATIO**2 * (1 - second)
    return np.flatnonzero(clear), nearest[clear]


def _possible(onto: NDArray[np.float64]) -> bool:
    """A front is neither mirrored nor turned upside down nor many times larger."""
    scales = np.linalg.svd(onto[:, :2], compute_uv=False)
    upright = float(np.linalg.det(onto[:, :2])) > 0
    return upright and float(scales[1]) > _LEAST_SCALE and float(scales[0]) < _MOST_SCALE


def _colours(seen: PrintFeatures, reference: PrintFeatures, onto: NDArray[np.float64]) -> float:
    """Correlation of the colours where both are seen, free of brightness and tint of the light."""
    grid_wh = np.array(_COMPARED_WH)
    from_grid = np.vstack([onto, [0, 0, 1]]) @ _stretch(np.array(seen.size_wh) / grid_wh)
    coarse_wh = np.array(reference.colours_bgr.shape[1::-1])
    places = (_stretch(coarse_wh / np.array(reference.size_wh)) @ from_grid)[:2]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    shown = cv2.warpAffine(reference.colours_bgr, places, _COMPARED_WH, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    whole = np.full(reference.colours_bgr.shape[:2], 255, np.uint8)
    both = cv2.warpAffine(whole, places, _COMPARED_WH, flags=flags) > 128
    if both.mean() < _LEAST_SHARED:
        return 0.0
    mine = cv2.resize(seen.colours_bgr, _COMPARED_WH, interpolation=cv2.INTER_LINEAR)
    a, b = (_centred(each[both].astype(np.float32)) for each in (mine, shown))
    return float((a * b).sum() / max(float(np.sqrt((a * a).sum() * (b * b).sum())), _TINY))


def _stretch(factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Maps middles of pixels onto middles of pixels of a picture that is larger by these factors."""
    shifts = (factors - 1) / 2
    return np.array([[factors[0], 0, shifts[0]], [0, factors[1], shifts[1]], [0, 0, 1]])


def _centred(colours: Points) -> Points:
    return np.asarray(colours - colours.mean(0), np.float32)
