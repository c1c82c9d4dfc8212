"""How fast to learn, and when to end: by steps, or by the clock where that comes first."""

import math
from dataclasses import dataclass

_WARM_UP_STEPS = 60
_LAST_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Pace:
    """A cosine from the full rate to nearly nothing over ``steps``, hurried where ``minutes`` run out earlier."""

    steps: int
    minutes: float

    def progress(self, step: int, minutes: float) -> float:
        """How much of the training is done, 0…1."""
        return min(1.0, max(step / self.steps, minutes / self.minutes))

    def rate(self, step: int, minutes: float) -> float:
        """Share of the full learning rate at a step."""
        cosine = 0.5 * (1 + math.cos(math.pi * self.progress(step, minutes)))
        return min(1.0, (step + 1) / _WARM_UP_STEPS) * (cosine + _LAST_SHARE * (1 - cosine))
