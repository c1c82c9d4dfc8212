"""What each slot of a bay looks like in one frame: pure functions over arrays."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analytics.believing.hidden import levels_of
from analytics.believing.sensor import SeenAs
from analytics.looking.matching import OtherProduct, on_the_bay, others_in, pairs_of, wrong_in
from analytics.plans.slot_views import BINS, BayInPicture, Bools, Floats
from analytics.settings import LookSettings
from detector.contract import FacingKind, Facings
from ingest.contract import Visibility

_OCCLUDER_SCORE_MIN = 0.5
_HALF_A_FACING = 0.5


class Appearance(StrEnum):
    """What a slot looks like; the sensor model says how often each state does. ``DARK`` is no evidence of any."""

    FULL = "full"
    PARTIAL = "partial"
    GAP = "gap"
    BARE = "bare"
    BLANK = "blank"
    WRONG = "wrong"
    DARK = "dark"


APPEARANCES = tuple(Appearance)
"""Arrays hold an appearance as its place in here."""

NOT_VISIBLE = -1
"""In such an array: the slot cannot be seen in this frame."""

_PLACE = {each: place for place, each in enumerate(APPEARANCES)}
DARK = _PLACE[Appearance.DARK]


@dataclass(frozen=True, eq=False)
class Observations:
    """One bay in one frame, (S,) each: places in ``APPEARANCES`` or ``NOT_VISIBLE``, and what the belief takes in.

    ``looks`` are ``SeenAs`` values; where a slot cannot be seen they say nothing. ``others``: by a slot's place, which
    wrong product takes up most of it.
    """

    appearances: NDArray[np.intp]
    looks: NDArray[np.intp]
    others: Mapping[int, OtherProduct] = field(default_factory=dict)

    def named(self) -> list[Appearance | None]:
        """Each slot's appearance, ``None`` where it cannot be seen."""
        return [None if place == NOT_VISIBLE else APPEARANCES[place] for place in self.appearances.tolist()]

    def hidden(self) -> "Observations":
        """The same with nothing to be seen: what is in the frame is not where it seems to be."""
        return Observations(np.full(len(self.appearances), NOT_VISIBLE, np.intp), self.looks)


@dataclass(frozen=True, eq=False)
class Shares:
    """Of each slot, (S,) each: shares 0…1 of its width under facings, under gaps alone, under other products' facings.

    ``count`` is how many facings stand in it, stacked ones each for itself; ``others`` as in ``Observations``.
    """

    covered: Floats
    gap: Floats
    wrong: Floats
    count: Floats
    others: Mapping[int, OtherProduct]


def shares(bay: BayInPicture, facings: Facings, settings: LookSettings) -> Shares:
    """How much of each slot is under what."""
    kinds, scores = facings.kinds, facings.scores
    is_front = (kinds == FacingKind.FACING) & (scores >= settings.facing_score_min)
    is_gap = (kinds == FacingKind.GAP) & (scores >= settings.gap_score_min)
    pairs = pairs_of(bay, *on_the_bay(bay, facings.boxes_xyxy.astype(np.float64)))
    fronts, slots = pairs.of(is_front[pairs.regions]), len(bay.slots)
    covered = fronts.together(slots)
    wrong = wrong_in(bay, facings, fronts, settings)
    right = fronts.of(~wrong).together(slots) if wrong.any() else covered
    gaps = pairs.of(is_gap[pairs.regions]).together(slots)
    count = np.bincount(fronts.slots[fronts.within], minlength=slots).astype(np.float64)
    others = others_in(bay, facings, fronts.of(wrong)) if wrong.any() else {}
    return Shares(_share(covered), _share(gaps & ~covered), _share(covered & ~right), count, others)


def visible(bay: BayInPicture, facings: Facings, size_wh: tuple[int, int], grid: Visibility | None) -> Floats:
    """Share (S,) of each slot that the frame really shows: inside it, not hidden, nobody in front."""
    points, seen = bay.samples_px, _inside(bay, size_wh)
    if grid is not None:
        seen = seen & _shown(points, size_wh, grid, seen)
    hiding = (facings.kinds == FacingKind.OCCLUDER) & (facings.scores >= _OCCLUDER_SCORE_MIN)
    for box in facings.boxes_xyxy[hiding]:
        seen = seen & ~_all((points >= box[:2]) & (points <= box[2:]))
    return _mean(seen)


def observe(
    bay: BayInPicture, facings: Facings, size_wh: tuple[int, int], grid: Visibility | None, settings: LookSettings
) -> Observations:
    """What each slot looks like.

    A slot that shows neither facings nor a gap may have somebody in front of it. It is bare when it is alone in that,
    blank when a slot that touches it shows nothing either; and when nearly the whole bay shows nothing, all of it is
    dark: nothing of it can be seen.
    """
    found = shares(bay, facings, settings)
    bare = found.covered + found.gap < 1 - settings.bare_share_min
    if bare.mean() >= settings.dark_share_min:
        return Observations(np.full(len(bare), DARK, np.intp), np.full(len(bare), SeenAs.BLANK, np.intp))
    blank = bare & (bay.adjacent & bare[None, :]).any(axis=1)
    hidden = visible(bay, facings, size_wh, grid) < settings.visible_share_min
    appearances = np.where(blank, _PLACE[Appearance.BLANK], _appearances(bay, found, settings))
    return Observations(np.where(hidden, NOT_VISIBLE, appearances), _looks(bay, found, appearances), found.others)


def _looks(bay: BayInPicture, found: Shares, appearances: NDArray[np.intp]) -> NDArray[np.intp]:
    """What the belief takes in of each slot (S,): how full it looks, in levels, or why it looks empty."""
    levels = np.array([levels_of(planned) for planned in bay.planned])
    filled = np.rint(_standing(bay, found) * levels / np.maximum(1, np.array(bay.planned)))
    counted = np.clip(filled, 1, levels).astype(np.intp) - 1
    whole = found.gap >= 1 - _HALF_A_FACING / bay.wide
    rules = (
        (appearances == _PLACE[Appearance.WRONG], SeenAs.WRONG),
        (found.count > 0, counted),
        (appearances == _PLACE[Appearance.GAP], np.where(whole, SeenAs.GAP, SeenAs.PART_GAP)),
        (appearances == _PLACE[Appearance.BARE], SeenAs.BARE),
        (appearances == _PLACE[Appearance.BLANK], SeenAs.BLANK),
    )
    looks = np.select([applies for applies, _ in rules], [look for _, look in rules], counted)
    return np.asarray(looks, dtype=np.intp)


def _standing(bay: BayInPicture, found: Shares) -> Floats:
    """How many facings stand in each slot. A stack may be seen as one or as several: the larger count is better."""
    return np.maximum(found.covered * bay.wide, found.count)


def _appearances(bay: BayInPicture, found: Shares, settings: LookSettings) -> NDArray[np.intp]:
    empty = found.covered * bay.wide <= settings.empty_facings_max
    standing = _standing(bay, found)
    rules = (
        (empty & (found.gap >= settings.gap_share_min), Appearance.GAP),
        (empty, Appearance.BARE),
        (found.wrong >= settings.wrong_share_min * found.covered, Appearance.WRONG),
        (standing >= bay.need - settings.facings_tolerance, Appearance.FULL),
    )
    places = np.select(
        [applies for applies, _ in rules], [_PLACE[each] for _, each in rules], _PLACE[Appearance.PARTIAL]
    )
    return np.asarray(places, dtype=np.intp)


def _share(strips: NDArray[np.uint32]) -> Floats:
    return np.asarray(np.bitwise_count(strips) / BINS, dtype=np.float64)


@lru_cache(maxsize=256)
def _inside(bay: BayInPicture, size_wh: tuple[int, int]) -> Bools:
    """Which of a bay's samples (S, P) lie in a picture of that size: the same in every frame of a camera."""
    with np.errstate(invalid="ignore"):
        inside = _all((bay.samples_px >= 0) & (bay.samples_px < np.array(size_wh)))
    inside.setflags(write=False)
    return inside


def _shown(points_px: Floats, size_wh: tuple[int, int], grid: Visibility, inside: Bools) -> Bools:
    hidden = np.array([bool(by) for by in grid.hidden_by]).reshape(grid.rows, grid.columns)
    safe = np.where(inside[..., None], points_px, 0.0)
    column = np.minimum((safe[..., 0] / size_wh[0] * grid.columns).astype(int), grid.columns - 1)
    row = np.minimum((safe[..., 1] / size_wh[1] * grid.rows).astype(int), grid.rows - 1)
    return np.asarray(~hidden[row, column], dtype=np.bool_)


def _all(flags: Bools) -> Bools:
    return np.asarray(flags.all(axis=-1), dtype=np.bool_)


def _mean(flags: Bools) -> Floats:
    return np.asarray(flags.mean(axis=-1), dtype=np.float64)
