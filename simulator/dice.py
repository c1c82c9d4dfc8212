"""Chance that can be repeated: every draw follows from the parts a ``Dice`` was made of, in any process."""

import hashlib
import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


def hashed(*parts: object) -> int:
    """A 63-bit number that follows from the parts alone (unlike ``hash``, also in another process)."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def unit(*parts: object) -> float:
    """A number in [0, 1) that follows from the parts alone: chance that can be asked in any order."""
    return hashed(*parts) / 2.0**63


class Dice:
    """A stream of draws seeded by its parts."""

    def __init__(self, *parts: object) -> None:
        self._seed = hashed(*parts)
        self._random = random.Random(self._seed)
        self._fields: np.random.Generator | None = None

    def child(self, *parts: object) -> "Dice":
        """Another stream that follows from this one's seed, however much was drawn here."""
        return Dice(self._seed, *parts)

    def seed(self) -> int:
        """A number to name something new by."""
        return self._random.getrandbits(48)

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self._random.random()

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self._random.randint(low, high)

    def chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def gauss(self, spread: float) -> float:
        return self._random.gauss(0.0, spread)

    def exponential(self, mean: float = 1.0) -> float:
        """A wait of this mean."""
        return self._random.expovariate(1.0 / mean)

    def pick(self, choices: Sequence[T]) -> T:
        return self._random.choice(choices)

    def weighted(self, choices: Mapping[T, float]) -> T:
        return self._random.choices(list(choices), list(choices.values()))[0]

    def field(self, *shape: int) -> NDArray[np.float32]:
        """Uniform noise in [0, 1) of a shape."""
        return self._generator().random(shape, dtype=np.float32)

    def bell(self, *shape: int) -> NDArray[np.float32]:
        """Normal noise of spread 1 of a shape."""
        return self._generator().standard_normal(shape, dtype=np.float32)

    def _generator(self) -> np.random.Generator:
        if self._fields is None:
            self._fields = np.random.Generator(np.random.PCG64(self._seed))
        return self._fields
