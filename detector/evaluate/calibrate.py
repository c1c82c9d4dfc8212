"""Fits scores so that a score is the chance of being right: on what was found, and whether it was."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from detector.manifest import ScoreFit

_SLOPES = (0.2, 4.0)
_TINY = 1e-6


def fit_scores(logits: NDArray[np.float32], right: NDArray[np.bool_], weights: NDArray[np.float32]) -> ScoreFit:
    """The line over logits whose logistic curve fits best (Platt 1999). ``weights`` even out sets of unlike size."""
    wanted = right.astype(np.float64)

    def badness(parameters: NDArray[np.float64]) -> float:
        fitted = parameters[0] * logits + parameters[1]
        return float((weights * (np.logaddexp(0, fitted) - wanted * fitted)).sum() / weights.sum())

    found = minimize(badness, np.array([1.0, 0.0]), method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-7}).x
    return ScoreFit(slope=round(float(np.clip(found[0], *_SLOPES)), 4), shift=round(float(found[1]), 4))


def with_working_point(fit: ScoreFit, sets: Sequence[tuple[NDArray[np.float32], int]]) -> ScoreFit:
    """The fit, shifted so that a score of 0.5 or more has as many finds as there are things: counts are unbiased there.

    ``sets`` are the finds' logits (N,) of each data set and how many things there are in it. Sets count alike, by the
    ratio of the two numbers. Of a detector that misses things this is a lower bar than an even chance of being right.
    """
    there = [(np.sort(logits), wanted) for logits, wanted in sets if wanted and len(logits)]
    if not there:
        return fit

    def surplus(bar: float) -> float:
        found = [len(logits) - int(np.searchsorted(logits, bar)) for logits, _ in there]
        return sum(math.log((count + 0.5) / (wanted + 0.5)) for count, (_, wanted) in zip(found, there, strict=True))

    bars = np.unique(np.concatenate([logits for logits, _ in there]))
    low, high = 0, len(bars) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if surplus(float(bars[middle])) > 0 else (low, middle)
    return ScoreFit(slope=fit.slope, shift=round(-fit.slope * float(bars[low]), 4))


def logits_of(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """The logits of chances."""
    chances = scores.clip(_TINY, 1 - _TINY).astype(np.float64)
    return np.log(chances / (1 - chances)).astype(np.float32)
