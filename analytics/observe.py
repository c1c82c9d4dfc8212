"""What each slot of a bay looks like in one frame: pure functions over arrays."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analytics.settings import LookSettings
from analytics.slot_views import BayInPicture, Bools, Floats, through
from detector.contract import FacingKind, Facings
from ingest.contract import Visibility

_OCCLUDER_SCORE_MIN = 0.5


class Look(StrEnum):
    """What a slot looks like; the sensor model says how often each state does. ``DARK`` is no evidence of any."""

    FULL = "full"
    PARTIAL = "partial"
    GAP = "gap"
    BARE = "bare"
    BLANK = "blank"
    WRONG = "wrong"
    DARK = "dark"


@dataclass(frozen=True, eq=False)
class Shares:
    """Of each slot, (S,) each: shares 0…1 of its width under facings, under gaps alone, under other products' facings.

    ``count`` is how many facings stand in it, stacked ones each for itself.
    """

    covered: Floats
    gap: Floats
    wrong: Floats
    count: Floats


def shares(bay: BayInPicture, facings: Facings, settings: LookSettings) -> Shares:
    """How much of each slot is under what."""
    fronts = facings.select((facings.kinds == FacingKind.FACING) & (facings.scores >= settings.facing_score_min))
    gaps = facings.select((facings.kinds == FacingKind.GAP) & (facings.scores >= settings.gap_score_min))
    over_front, over_gap = _over(bay, fronts), _over(bay, gaps)
    others = _wrong(bay, fronts, settings)[:, :, None]
    covered = _any(over_front)
    right = _any(over_front & ~others)
    return Shares(_mean(covered), _mean(_any(over_gap) & ~covered), _mean(covered & ~right), _standing(bay, fronts))


def visible(bay: BayInPicture, facings: Facings, size_wh: tuple[int, int], grid: Visibility | None) -> Floats:
    """Share (S,) of each slot that the frame really shows: inside it, not hidden, nobody in front."""
    points = bay.samples_px
    with np.errstate(invalid="ignore"):
        seen = _all((points >= 0) & (points < np.array(size_wh)))
    if grid is not None:
        seen &= _shown(points, size_wh, grid, seen)
    hiding = facings.select((facings.kinds == FacingKind.OCCLUDER) & (facings.scores >= _OCCLUDER_SCORE_MIN))
    for box in hiding.boxes_xyxy:
        seen &= ~_all((points >= box[:2]) & (points <= box[2:]))
    return _mean(seen)


def looks(
    bay: BayInPicture, facings: Facings, size_wh: tuple[int, int], grid: Visibility | None, settings: LookSettings
) -> tuple[list[Look | None], Floats]:
    """What each slot looks like, ``None`` where it cannot be seen, and the share (S,) of it that is covered.

    A slot that shows neither facings nor a gap may have somebody in front of it. It is bare when it is alone in that,
    blank when a slot that touches it shows nothing either; and when nearly the whole bay shows nothing, all of it is
    dark: nothing of it can be seen.
    """
    found = shares(bay, facings, settings)
    bare = found.covered + found.gap < 1 - settings.bare_share_min
    blank = bare & (bay.adjacent & bare[None, :]).any(axis=1)
    if bare.mean() >= settings.dark_share_min:
        return [Look.DARK] * len(bay.slots), found.covered
    can_be_seen = visible(bay, facings, size_wh, grid) >= settings.visible_share_min
    return [
        None if not can_be_seen[index] else Look.BLANK if blank[index] else _look(bay, found, index, settings)
        for index in range(len(bay.slots))
    ], found.covered


def _look(bay: BayInPicture, found: Shares, index: int, settings: LookSettings) -> Look:
    side_by_side = float(found.covered[index] * bay.wide[index])
    if side_by_side <= settings.empty_facings_max:
        return Look.GAP if found.gap[index] >= settings.gap_share_min else Look.BARE
    if found.wrong[index] >= settings.wrong_share_min * found.covered[index]:
        return Look.WRONG
    # A stack may be seen as one facing or as several: the larger count is the better guess.
    standing = max(side_by_side, float(found.count[index]))
    return Look.FULL if standing >= bay.need[index] - settings.facings_tolerance else Look.PARTIAL


def _over(bay: BayInPicture, regions: Facings) -> Bools:
    """(S, N, BINS): whether a region stands over a strip of a slot, on the slot's own shelf."""
    boxes = regions.boxes_xyxy.astype(np.float64)
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    left, right = np.stack([boxes[:, 0], centre[:, 1]], 1), np.stack([boxes[:, 2], centre[:, 1]], 1)
    top, foot = np.stack([centre[:, 0], boxes[:, 1]], 1), np.stack([centre[:, 0], boxes[:, 3]], 1)
    middle = through(bay.bay_from_image, centre)
    sides = np.stack([through(bay.bay_from_image, side)[:, 0] for side in (left, right, top, foot)])
    from_mm, to_mm = sides.min(axis=0), sides.max(axis=0)
    with np.errstate(invalid="ignore"):
        shelf = (middle[None, :, 1] >= bay.y_mm[:, :1]) & (middle[None, :, 1] < bay.y_mm[:, 1:])
        strip = (bay.bins_mm[:, None, :] >= from_mm[None, :, None]) & (bay.bins_mm[:, None, :] < to_mm[None, :, None])
    return np.asarray(shelf[:, :, None] & strip, dtype=np.bool_)


def _standing(bay: BayInPicture, fronts: Facings) -> Floats:
    """(S,): how many facings have their middle in each slot."""
    boxes = fronts.boxes_xyxy.astype(np.float64)
    middle = through(bay.bay_from_image, (boxes[:, :2] + boxes[:, 2:]) / 2)[None]
    with np.errstate(invalid="ignore"):
        across = (middle[..., 0] >= bay.x_mm[:, :1]) & (middle[..., 0] < bay.x_mm[:, 1:])
        upright = (middle[..., 1] >= bay.y_mm[:, :1]) & (middle[..., 1] < bay.y_mm[:, 1:])
    return np.asarray((across & upright).sum(axis=1), dtype=np.float64)


def _wrong(bay: BayInPicture, fronts: Facings, settings: LookSettings) -> Bools:
    """(S, N): whether a facing is surely another product than the slot's, which is not even half as likely."""
    if not fronts.gtins or not len(fronts):
        return np.zeros((len(bay.slots), len(fronts)), np.bool_)
    planned = _planned_rows(bay, fronts.gtins)
    own = fronts.candidates[None, :, :] == planned[:, None, None]
    own_score = np.where(own, fronts.candidate_scores[None, :, :], 0).max(axis=2)
    best = fronts.candidate_scores[:, 0]
    best_is_other = (fronts.candidates[:, 0] >= 0) & (fronts.candidates[None, :, 0] != planned[:, None])
    return np.asarray(best_is_other & (best >= settings.wrong_score_min)[None, :] & (own_score < best / 2), np.bool_)


def _planned_rows(bay: BayInPicture, gtins: tuple[str, ...]) -> NDArray[np.int64]:
    """Row in ``gtins`` of each slot's product (S,), -2 where it is not among them."""
    rows = {gtin: row for row, gtin in enumerate(gtins)}
    return np.array([rows.get(slot.gtin, -2) for slot in bay.slots])


def _shown(points_px: Floats, size_wh: tuple[int, int], grid: Visibility, inside: Bools) -> Bools:
    hidden = np.array([bool(by) for by in grid.hidden_by]).reshape(grid.rows, grid.columns)
    safe = np.where(inside[..., None], points_px, 0.0)
    column = np.minimum((safe[..., 0] / size_wh[0] * grid.columns).astype(int), grid.columns - 1)
    row = np.minimum((safe[..., 1] / size_wh[1] * grid.rows).astype(int), grid.rows - 1)
    return np.asarray(~hidden[row, column], dtype=np.bool_)


def _any(flags: Bools) -> Bools:
    return np.asarray(flags.any(axis=1), dtype=np.bool_)


def _all(flags: Bools) -> Bools:
    return np.asarray(flags.all(axis=-1), dtype=np.bool_)


def _mean(flags: Bools) -> Floats:
    return np.asarray(flags.mean(axis=-1), dtype=np.float64)
