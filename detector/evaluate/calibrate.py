"""Fits scores so that a score is the chance of being right: on what was found, and whether it was."""

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
        told = parameters[0] * logits + parameters[1]
        return float((weights * (np.logaddexp(0, told) - wanted * told)).sum() / weights.sum())

    found = minimize(badness, np.array([1.0, 0.0]), method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-7}).x
    return ScoreFit(slope=round(float(np.clip(found[0], *_SLOPES)), 4), shift=round(float(found[1]), 4))


def logits_of(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """The logits of chances."""
    chances = scores.clip(_TINY, 1 - _TINY).astype(np.float64)
    return np.log(chances / (1 - chances)).astype(np.float32)
