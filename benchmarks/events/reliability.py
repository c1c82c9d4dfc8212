"""Whether chances are what they say: of the places that a system calls nine parts in ten sure to be out, nine are."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from benchmarks.events.plain_events import Episode, Sure

_FOREVER = datetime.max.replace(tzinfo=UTC)
EDGES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 1.0)
"""Finer at the ends, where chances are and where they matter."""


def _zeros() -> NDArray[np.float64]:
    return np.zeros(len(EDGES) - 1)


@dataclass(frozen=True)
class Reliability:
    """By bin of ``EDGES``: how often a chance was told, the sum of what was told, and how many of them were out."""

    told: NDArray[np.float64] = field(default_factory=_zeros)
    chances: NDArray[np.float64] = field(default_factory=_zeros)
    out: NDArray[np.float64] = field(default_factory=_zeros)

    def __add__(self, other: "Reliability") -> "Reliability":
        return Reliability(self.told + other.told, self.chances + other.chances, self.out + other.out)

    @property
    def error(self) -> float:
        """Expected calibration error: how far told and true are apart on average; nan where nothing was told.

        Naeini, Cooper, Hauskrecht (2015): Obtaining well calibrated probabilities using Bayesian binning. AAAI.
        """
        total = float(self.told.sum())
        return float(np.abs(self.chances - self.out).sum()) / total if total else float("nan")

    def points(self) -> list[tuple[float, float, int]]:
        """Of each bin that was used: the mean chance told, the share that was out, how often."""
        used = self.told > 0
        told, chances, out = self.told[used], self.chances[used], self.out[used]
        return list(zip((chances / told).tolist(), (out / told).tolist(), told.astype(int).tolist(), strict=True))


def reliability(episodes: Sequence[Episode], sure: Sequence[Sure]) -> Reliability:
    """Of one place: what was told against what was. ``episodes`` are in order."""
    found = Reliability()
    began = [episode.began_at for episode in episodes]
    for each in sure:
        number = bisect_right(began, each.at) - 1
        is_out = number >= 0 and each.at <= (episodes[number].ended_at or _FOREVER)
        place = min(bisect_right(EDGES, each.chance_out), len(EDGES) - 1) - 1
        found.told[place] += 1
        found.chances[place] += each.chance_out
        found.out[place] += is_out
    return found
