"""Notices that a camera was moved: what it saw before now lies elsewhere in its picture, all in the same direction.

Packs of a frame are compared with those of earlier frames, as an image is registered with another: pairs of alike
packs vote for a shift, and an affine map is fitted to those that agree (iterated closest points: Besl and McKay, 1992).
Unlike a comparison with the plan this notices a part of a facing, since packs that stand a little off are off in both.
Where there are no earlier frames, after a start, the products' planned places must do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from analytics.plans.slot_views import BayInPicture, Bools, Floats
from detector.contract import FacingKind, Facings

_SCORE_MIN, _KNOWN_MIN = 0.3, 0.5
_IN_PLACE, _SAME_SHARE, _STILL_SHARE, _SAMPLE = 0.12, 0.95, 0.75, 64
"""In sizes of a pack, how far off counts as the same place; shares of packs there with which hardly any is new, and
with which no closer look is needed."""

_NUDGED = 0.15
"""In widths of a facing: a calibration that is off by less does no harm."""

_LEAST, _FEW = 6, 0.3
_MOVED_SHARE, _STAYED_SHARE, _CLEARER = 0.5, 0.3, 1.3
_AGREES, _DISAGREES = 0.8, 0.25
_REACH, _BIN, _PEAKS, _ALIKE = np.array([2.5, 1.5]), 0.2, 3, 1.33
_TOLERANCES = (0.4, 0.3, 0.2, 0.15)
_FRAMES_TO_BELIEVE = 2
_WINDOW = 0.25
"""Of a facing's width, how far outside of its place a pack may stand and still be in it."""


@dataclass(frozen=True, eq=False)
class SeenPacks:
    """The facings of a picture: ``centres_px`` and ``sizes_px`` (N, 2), ``gtins`` (N,) as numbers, 0 where unknown."""

    centres_px: Floats
    sizes_px: Floats
    gtins: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.gtins)

    @cached_property
    def tree(self) -> KDTree:
        """The centres, to be searched in a time that hardly grows with their number."""
        return KDTree(self.centres_px)


@dataclass(frozen=True, eq=False)
class CameraView:
    """How a camera saw its bays while it hung as it was calibrated.

    ``packs`` of then are ``None`` where that was never seen; ``away`` counts frames in a row that were taken from
    elsewhere. One such frame is not yet believed, but nothing is concluded from it either.
    """

    bays: tuple[BayInPicture, ...]
    packs: SeenPacks | None = None
    away: int = 0

    @property
    def moved(self) -> bool:
        """Whether the camera is believed to hang elsewhere."""
        return self.away >= _FRAMES_TO_BELIEVE


def looked_again(before: CameraView | None, bays: tuple[BayInPicture, ...], facings: Facings) -> CameraView:
    """The camera's view after one more frame; one whose calibration is new is looked at for the first time.

    Of a camera that is calibrated for no bay nothing is told.
    """
    if not bays:
        return CameraView(bays)
    packs = packs_of(facings)
    if before is None or not _same_maps(before.bays, bays):
        before = CameraView(bays)
    if before.packs is None:
        return _first_look(before, packs)
    if len(packs) < max(_LEAST, _FEW * len(before.packs)):
        return before
    share = _share_in_place(before.packs, packs)
    if share < _STILL_SHARE and _is_elsewhere(bays, before.packs, packs, share):
        return replace(before, away=before.away + 1)
    # Taking up what is new costs as much as all else of a frame: only once there is some of it.
    return CameraView(bays, before.packs if share >= _SAME_SHARE else _renewed(before.packs, packs))


def packs_of(facings: Facings) -> SeenPacks:
    """The facings that the detector is sure enough of, with their products where those are likely."""
    which = np.flatnonzero((facings.kinds == FacingKind.FACING) & (facings.scores >= _SCORE_MIN))
    boxes = facings.boxes_xyxy[which].astype(np.float64)
    sizes = np.maximum(boxes[:, 2:] - boxes[:, :2], 1)
    return SeenPacks((boxes[:, :2] + boxes[:, 2:]) / 2, sizes, facings.likely_gtins(_KNOWN_MIN)[which])


def _same_maps(one: Sequence[BayInPicture], other: Sequence[BayInPicture]) -> bool:
    return len(one) == len(other) and all(
        a is b or (np.array_equal(a.bay_from_image, b.bay_from_image) and a.lens == b.lens)
        for a, b in zip(one, other, strict=True)
    )


def _first_look(view: CameraView, packs: SeenPacks) -> CameraView:
    if len(packs) < _LEAST:
        return view
    in_place = _share_where_planned(view.bays, packs)
    if in_place is not None and in_place < _DISAGREES:
        return replace(view, away=view.away + 1)
    return CameraView(view.bays, packs)


def _is_elsewhere(bays: Sequence[BayInPicture], before: SeenPacks, now: SeenPacks, in_place: float) -> bool:
    """Whether the same packs lie elsewhere, rather than other packs in the same place."""
    explained, off = _best_shift(before, now)
    if explained >= _MOVED_SHARE and explained >= _CLEARER * in_place:
        return off >= _NUDGED
    if in_place >= _STAYED_SHARE:
        return False
    where_planned = _share_where_planned(bays, now)
    return where_planned is None or where_planned < _AGREES


def _share_where_planned(bays: Sequence[BayInPicture], packs: SeenPacks) -> float | None:
    """Of the packs whose products are planned in these bays, the share that stands in such a place.

    ``None`` where there are too few to say.
    """
    planned, stands = np.zeros(len(packs), np.bool_), np.zeros(len(packs), np.bool_)
    for bay in bays:
        gtins = np.array([int(slot.gtin) for slot in bay.slots], np.int64)
        own = packs.gtins[:, None] == gtins
        x_mm, y_mm = bay.on_the_bay(packs.centres_px).T[:, :, None]
        slack_mm = _WINDOW * (bay.x_mm[:, 1] - bay.x_mm[:, 0]) / bay.wide
        with np.errstate(invalid="ignore"):
            beside = (x_mm >= bay.x_mm[:, 0] - slack_mm) & (x_mm < bay.x_mm[:, 1] + slack_mm)
            above = (y_mm >= bay.y_mm[:, 0]) & (y_mm < bay.y_mm[:, 1])
        planned |= own.any(1)
        stands |= (own & beside & above).any(1)
    return float(stands.sum() / planned.sum()) if planned.sum() >= _LEAST else None


def _share_in_place(before: SeenPacks, now: SeenPacks) -> float:
    """The share of packs that lie where one was before: of some, spread over all of them, to save time."""
    some = np.linspace(0, len(now) - 1, min(_SAMPLE, len(now))).astype(int)
    _, nearest = before.tree.query(now.centres_px[some])
    apart = np.abs(now.centres_px[some] - before.centres_px[nearest]) / before.sizes_px[nearest]
    one, other = now.gtins[some], before.gtins[nearest]
    return float(((apart.max(1) <= _IN_PLACE) & ((one == other) | (one == 0) | (other == 0))).mean())


def _nearest(
    before: SeenPacks, centres_px: Floats, gtins: NDArray[np.int64], within: float
) -> tuple[NDArray[np.intp], Bools]:
    """Of each point (M,) the nearest earlier pack that may be the same product, and whether it is so near."""
    apart = np.abs(centres_px[:, None] - before.centres_px) / before.sizes_px
    distance = np.where(_may_be_one(gtins, before.gtins), apart.max(-1), np.inf)
    nearest = distance.argmin(1)
    return nearest, np.asarray(distance[np.arange(len(nearest)), nearest] <= within, np.bool_)


def _may_be_one(one: NDArray[np.int64], other: NDArray[np.int64]) -> Bools:
    return np.asarray((one[:, None] == other) | (one[:, None] == 0) | (other == 0), np.bool_)


def _renewed(before: SeenPacks, now: SeenPacks) -> SeenPacks:
    """The packs of now; those that were there before stay where they were, lest a creeping camera goes unnoticed."""
    nearest, there = _nearest(before, now.centres_px, now.gtins, _IN_PLACE)
    centres = np.where(there[:, None], before.centres_px[nearest], now.centres_px)
    return SeenPacks(np.asarray(centres, np.float64), now.sizes_px, now.gtins)


def _best_shift(before: SeenPacks, now: SeenPacks) -> tuple[float, float]:
    """The share of packs that the best map from before to now explains, and by how many facings it moves them."""
    best, off = 0.0, 0.0
    for shift_px in _voted_shifts(before, now):
        moved = _refined(before, now, shift_px)
        found = _nearest(moved, now.centres_px, now.gtins, _IN_PLACE)[1].mean()
        if found > best:
            best = float(found)
            moved_by = np.abs(moved.centres_px - before.centres_px) / before.sizes_px
            off = float(np.median(moved_by.max(1)))
    return best, off


def _voted_shifts(before: SeenPacks, now: SeenPacks) -> Iterator[Floats]:
    """Shifts in pixels that many pairs of alike packs agree on, the most first."""
    size_px = np.median(before.sizes_px, axis=0)
    ratio = np.abs(np.log(now.sizes_px[:, None] / before.sizes_px)).max(-1)
    shifts = (now.centres_px[:, None] - before.centres_px) / size_px
    near = _may_be_one(now.gtins, before.gtins) & (ratio < np.log(_ALIKE)) & (np.abs(shifts) <= _REACH).all(-1)
    places = np.rint((shifts[near] + _REACH) / _BIN).astype(int)
    votes = np.zeros(np.rint(2 * _REACH / _BIN).astype(int) + 3)
    for across in range(3):
        for down in range(3):
            np.add.at(votes, (places[:, 0] + across, places[:, 1] + down), 1)
    for _ in range(_PEAKS):
        column, row = np.unravel_index(votes.argmax(), votes.shape)
        yield np.asarray((np.array([column - 1, row - 1]) * _BIN - _REACH) * size_px, np.float64)
        votes[max(0, column - 1) : column + 2, max(0, row - 1) : row + 2] = 0


def _refined(before: SeenPacks, now: SeenPacks, shift_px: Floats) -> SeenPacks:
    """The packs of before as they lie after a shift, and then after affine maps that fit better and better."""
    moved = replace(before, centres_px=before.centres_px + shift_px)
    for tolerance in _TOLERANCES:
        nearest, meets = _nearest(moved, now.centres_px, now.gtins, tolerance)
        if meets.sum() < _LEAST:
            break
        source = np.column_stack([before.centres_px, np.ones(len(before))])
        affine, *_ = np.linalg.lstsq(source[nearest[meets]], now.centres_px[meets], rcond=None)
        moved = replace(before, centres_px=np.asarray(source @ affine, np.float64))
    return moved
