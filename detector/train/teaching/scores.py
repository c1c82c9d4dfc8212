"""Scores of a taught model: 0.5 shall find as many facings as there are on the store's own shelves."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from detector.evaluate.calibrate import fit_scores, logits_of, with_working_point
from detector.evaluate.precision import Judged, hits_at
from detector.manifest import ScoreFit

_LEAST_FOUND = 40


def fitted(pictures: Sequence[Judged], old: ScoreFit) -> ScoreFit:
    """The fit for pictures that were scored by an old one; the old one where there is too little to fit on."""
    scores = np.concatenate([each.scores for each in pictures]) if pictures else np.zeros(0, np.float32)
    if len(scores) < _LEAST_FOUND or not any(len(each.truth_xyxy) for each in pictures):
        return old
    logits = _logits(scores, old)
    right = np.concatenate([_right(each) for each in pictures])
    found = fit_scores(logits, right, np.ones(len(logits), np.float32))
    return with_working_point(found, [(logits, sum(len(each.truth_xyxy) for each in pictures))])


def cross_fitted(pictures: Sequence[Judged], old: ScoreFit) -> tuple[Judged, ...]:
    """Each picture scored by a fit on the others: what may be said of scores without having fitted to them."""
    found = []
    for place, each in enumerate(pictures):
        fit = fitted([*pictures[:place], *pictures[place + 1 :]], old)
        found.append(replace(each, scores=fit.chance(_logits(each.scores, old))))
    return tuple(found)


def _logits(scores: NDArray[np.float32], fit: ScoreFit) -> NDArray[np.float32]:
    return np.asarray((logits_of(scores) - fit.shift) / fit.slope, np.float32)


def _right(picture: Judged) -> NDArray[np.bool_]:
    hit, counts = hits_at(picture)
    return hit | ~counts
