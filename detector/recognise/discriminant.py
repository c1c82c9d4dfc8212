"""What tells the products of one gallery apart: differences that their own pictures show anyway count for little.

Fisher's linear discriminant with a ridge (Friedman 1989), followed by cosine; likeness is told in units of how much a
product's likeness varies over photographs of other things, because some prints look like everything (z-norm of
speaker recognition: Li & Porter 1988).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.gallery import unit
from detector.recognise.looks import Looks

_RIDGE = 1.0
_TINY = 1e-6


@dataclass(frozen=True, eq=False)
class Discriminant:
    """``centre`` (D,) and ``projection`` (D, D): looks minus the one times the other, scaled to length 1."""

    centre: Looks
    projection: Looks

    def __call__(self, looks: Looks) -> Looks:
        """(N, D) unit vectors of looks (N, D)."""
        return unit(np.asarray((looks - self.centre) @ self.projection, np.float32))


def discriminant(looks: Looks, groups: NDArray[np.intp], ridge: float = _RIDGE) -> Discriminant:
    """Of looks (N, D), where pictures with the same number in ``groups`` (N,) show one reference.

    The ridge is in units of the mean variance within groups: without it as many pictures as dimensions would be needed.
    """
    count = int(groups.max()) + 1
    sizes = np.maximum(np.bincount(groups, minlength=count), 1)[:, None]
    sums = np.zeros((count, looks.shape[1]), np.float64)
    np.add.at(sums, groups, looks)
    means = sums / sizes
    within = looks - means[groups]
    scatter = within.T @ within / len(looks)
    scatter += np.eye(len(scatter)) * max(ridge * float(np.trace(scatter)) / len(scatter), _TINY)
    variances, axes = np.linalg.eigh(scatter)
    return Discriminant(means.mean(0).astype(np.float32), (axes / np.sqrt(variances)).astype(np.float32))


def spread_over(strangers: Looks, references: Looks) -> Looks:
    """(R,) how much the cosine to each of the references (R, D) varies over unit vectors of other things (N, D)."""
    return np.asarray(np.maximum((references @ strangers.T).std(1), _TINY), np.float32)
