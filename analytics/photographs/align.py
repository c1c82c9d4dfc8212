"""Lays a plan over a picture: the best proposals are refined until fronts and facings agree on one map.

Fronts and facings are assigned to each other, the map is fitted to them, and so on until nothing changes: a sample
consensus with local optimisation (Chum, Matas and Kittler, 2003).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment, minimize_scalar

from analytics.photographs.maps import BoxFit, local_scales
from analytics.photographs.places import Floats, Places, PlannedFronts, SeenFronts, straight_boxes
from analytics.photographs.proposals import LIKE_SIZE, NOTHING_THERE, Voting
from shelfstream.catalogue.geometry import project, turning
from shelfstream.catalogue.model import Lens

_REFINED, _POLISHED = 12, 2
_DIFFERENT = 0.45
"""In fronts' widths: maps that put the fronts nearer to each other than this are one and the same."""

_ROUNDS, _FIRST_ROUNDS = 12, 3
_LEAST = 4
_REACH, _MEETS = 0.75, 0.45
"""In sizes of a front, how far the middle of its facing may be off: while a map is sought, and at last."""

_NEAR = 4.5
"""What lies nearer is likelier the same: by a normal distribution of a third of a front."""

_HELD = 3.0
_BENDS, _USUAL_BEND = (-0.09, 0.09), 0.03
_LENS_EVIDENCE, _LOOKS, _LENS_ROUNDS = 3.0, 10, 2
"""A lens is taken to bend where that makes the boxes likelier by so much (a logarithm); in so many looks and fits."""

_SQUASHED = (0.45, 2.2)
_TILT = 0.45
_USUALLY_SQUASHED, _USUALLY_SKEW, _ODD_MOST = 0.12, 0.08, 10.0
"""Spreads of normal distributions: widths against heights in the bay's middle (logarithm), the cosine between them."""
"""No camera that looks at a bay from the front shows it narrower or wider than this, or its boards steeper."""


@dataclass(frozen=True, eq=False)
class Alignment:
    """One way to lay the plan over the picture.

    ``image_from_bay`` (3, 3), to a straight picture where the ``lens`` bends; pairs (M,) of fronts and facings;
    ``score`` in natural logarithms of chances; ``evidence`` (U,) of each front, summed over slots in ``score``.
    """

    image_from_bay: Floats
    score: float
    fronts: Places
    facings: Places
    evidence: Floats
    lens: Lens | None = None


class Aligner:
    """Compares one plan with one picture of ``size_wh``. The same inputs give the same answers."""

    def __init__(self, plan: PlannedFronts, seen: SeenFronts, size_wh: tuple[int, int]) -> None:
        self._plan, self._seen, self._size_wh = plan, seen, size_wh
        self._voting = Voting(plan, seen, size_wh)

    def alignments(self) -> list[Alignment]:
        """The different ways that there are, the best first."""
        if len(self._seen.boxes_px) < _LEAST or len(self._plan.boxes_mm) < _LEAST:
            return []
        refined = [each for proposal in self._best_proposals() if (each := self._refined(proposal)) is not None]
        found = self._different(refined)
        # Two ways may end in one when they are polished.
        return self._different([*map(self._polished, found[:_POLISHED]), *found[_POLISHED:]])

    def given(self, image_from_bay: Floats, lens: Lens | None) -> Alignment | None:
        """A way that somebody laid the plan, with the facings that meet it; ``None`` where hardly any do."""
        if lens is None:
            return self._aligned(image_from_bay)
        straight = Aligner(self._plan, self._seen.straightened(lens), self._size_wh)
        aligned = straight._aligned(image_from_bay)
        return None if aligned is None else replace(aligned, lens=lens)

    def _different(self, alignments: Sequence[Alignment]) -> list[Alignment]:
        """Of ways that are nearly one the best, the best of all first."""
        found: list[Alignment] = []
        for alignment in sorted(alignments, key=lambda each: -each.score):
            if all(self._moved(alignment.image_from_bay, each.image_from_bay) > _DIFFERENT for each in found):
                found.append(alignment)
        return found

    def _best_proposals(self) -> list[Floats]:
        maps = self._voting.proposals(np.random.default_rng(0))
        if not len(maps):
            return []
        chosen: list[Floats] = []
        for place in np.argsort(-self._voting.votes(maps)):
            if len(chosen) == _REFINED:
                break
            if all(self._moved(maps[place], other) > _DIFFERENT for other in chosen):
                chosen.append(maps[place])
        return chosen

    def _refined(self, proposal: Floats) -> Alignment | None:
        image_from_bay, before = proposal, np.empty((2, 0), np.intp)
        for number in range(_ROUNDS):
            pairs = self._assigned(image_from_bay, _REACH)
            if pairs.shape[1] < _LEAST or (number > _FIRST_ROUNDS and np.array_equal(before, pairs)):
                break
            fitted = self._fitted(image_from_bay, pairs, 2)
            if fitted is None:
                return None
            image_from_bay, before = fitted, pairs
        return self._aligned(image_from_bay)

    def _polished(self, alignment: Alignment) -> Alignment:
        """The same way, with its map fitted as well as can be; as it was where that does not go."""
        front = self._boxes(alignment.fronts, alignment.facings).front(alignment.image_from_bay)
        if front is None or not self._is_seen_from_front(front):
            return alignment
        return self._aligned(front) or alignment

    def with_lens(self, alignment: Alignment) -> Alignment:
        """The same way through a lens that bends, where the boxes show that it does."""

        def cost(bend: float) -> float:
            return self._bent_fit(alignment, bend)[1]

        best = minimize_scalar(cost, bounds=_BENDS, method="bounded", options={"maxiter": _LOOKS})
        if cost(0.0) - best.fun < _LENS_EVIDENCE:
            return alignment
        lens, front = self._lens(float(best.x)), self._bent_fit(alignment, float(best.x))[0]
        straight = Aligner(self._plan, self._seen.straightened(lens), self._size_wh)
        aligned = None if front is None else straight._aligned(front)
        if aligned is None or not self._is_seen_from_front(aligned.image_from_bay):
            return alignment
        return replace(straight._polished(aligned), lens=lens)

    def _bent_fit(self, alignment: Alignment, bend: float) -> tuple[Floats | None, float]:
        """The map that fits through a lens, and how ill it fits; strong lenses are rarer than weak ones."""
        boxes = straight_boxes(self._lens(bend), self._seen.boxes_px[alignment.facings])
        fit = replace(self._boxes(alignment.fronts, alignment.facings), boxes_px=boxes)
        front = fit.homography(alignment.image_from_bay, _LENS_ROUNDS)
        if front is None:
            return None, np.inf
        return front, fit.cost(front) + (bend / _USUAL_BEND) ** 2 / 2

    def _lens(self, bend: float) -> Lens:
        width_px, height_px = self._size_wh
        return Lens(width_px=width_px, height_px=height_px, bend=round(bend, 4))

    def _aligned(self, image_from_bay: Floats) -> Alignment | None:
        fronts, facings = self._assigned(image_from_bay, _MEETS)
        if len(fronts) < _LEAST:
            return None
        evidence = self._evidence(image_from_bay, fronts, facings)
        evidence[fronts] -= self._boxes(fronts, facings).misfits(image_from_bay)
        score = self._score(evidence) - self._oddness(image_from_bay)
        return Alignment(image_from_bay, score, fronts, facings, evidence)

    def _assigned(self, image_from_bay: Floats, reach: float) -> Places:
        """(2, M) fronts and facings that meet, one to one, the nearest and the likeliest together."""
        corners = project(image_from_bay, self._plan.corners_mm.reshape(-1, 2)).reshape(-1, 4, 2)
        sizes = np.maximum(corners.max(1) - corners.min(1), 1.0)
        off = (self._seen.centres_px[:, None] - corners.mean(1)[None]) / sizes[None]
        like = self._seen.sizes_px[:, None] / sizes[None]
        distance = np.linalg.norm(off, axis=-1)
        possible = (distance < reach) & ((like < LIKE_SIZE) & (like > 1 / LIKE_SIZE)).all(-1)
        gain = np.where(possible, self._voting.evidence + _HELD - _NEAR * distance**2, 0.0).clip(0)
        facings, fronts = linear_sum_assignment(gain, maximize=True)
        meets = gain[facings, fronts] > 0
        order = np.argsort(fronts[meets], kind="stable")
        return np.stack([fronts[meets][order], facings[meets][order]])

    def _fitted(self, start: Floats, pairs: Places, rounds: int) -> Floats | None:
        """The map that fits the pairs best; ``None`` where that is no camera's before the bay."""
        fronts, facings = pairs
        fitted = self._boxes(fronts, facings).homography(start, rounds)
        return fitted if fitted is not None and self._is_seen_from_front(fitted) else None

    def _boxes(self, fronts: Places, facings: Places) -> BoxFit:
        weights = np.exp(self._voting.evidence[facings, fronts].clip(-2, 0))
        return BoxFit(self._plan.corners_mm[fronts], self._seen.boxes_px[facings], weights, self._size_wh)

    def _is_seen_from_front(self, image_from_bay: Floats) -> bool:
        if (turning(image_from_bay, self._plan.corners_mm.reshape(-1, 2)) >= 0).any():
            return False
        across, up = local_scales(image_from_bay, self._plan.centres_mm)
        scale_x, scale_y = np.linalg.norm(across, axis=1), np.linalg.norm(up, axis=1)
        squashed = scale_x / np.maximum(scale_y, 1e-9)
        level = np.abs(across[:, 1]) < _TILT * scale_x
        upright = (up[:, 1] < 0) & (np.abs(up[:, 0]) < _TILT * scale_y)
        return bool(((squashed > _SQUASHED[0]) & (squashed < _SQUASHED[1]) & level & upright).all())

    def _evidence(self, image_from_bay: Floats, fronts: Places, facings: Places) -> Floats:
        """(U,) of each front: by its facing, by another that stands there, or that none is where one should be."""
        centres = project(image_from_bay, self._plan.centres_mm)
        facing = self._voting.facing_at(centres)
        each = np.where(self._voting.inside(centres), NOTHING_THERE, 0.0)
        stands = np.flatnonzero(facing >= 0)
        each[stands] = np.minimum(self._voting.evidence[facing[stands], stands], NOTHING_THERE)
        each[fronts] = self._voting.evidence[facings, fronts]
        return each

    def _score(self, evidence: Floats) -> float:
        """The sum over slots: many fronts of one product beside each other say little more than one."""
        slots = len(self._plan.slots)
        count = np.bincount(self._plan.slot_of, minlength=slots)
        total = np.bincount(self._plan.slot_of, evidence, minlength=slots)
        return float((total / np.sqrt(np.maximum(count, 1))).sum())

    def _oddness(self, image_from_bay: Floats) -> float:
        """How odd a camera would have to hang, as natural logarithms: one that shows packs squashed or askew."""
        middle = self._plan.centres_mm.mean(0, keepdims=True)
        (across,), (up,) = local_scales(image_from_bay, middle)
        lengths = float(np.linalg.norm(across)), float(np.linalg.norm(up))
        squashed = np.log(lengths[0] / lengths[1]) / _USUALLY_SQUASHED
        skew = float(across @ up) / (lengths[0] * lengths[1]) / _USUALLY_SKEW
        return float(min((squashed**2 + skew**2) / 2, _ODD_MOST))

    def _moved(self, one: Floats, other: Floats) -> float:
        """How far two maps put the fronts from each other, in fronts' widths: the middle over all fronts."""
        here, there = (project(each, self._plan.centres_mm) for each in (one, other))
        across, _ = local_scales(one, self._plan.centres_mm)
        width = np.linalg.norm(across, axis=1) * self._plan.sizes_mm[:, 0]
        return float(np.median(np.linalg.norm(here - there, axis=1) / np.maximum(width, 1e-6)))
