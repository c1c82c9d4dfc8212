"""What runs the network, and what it computes in."""

from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from detector.manifest import RawMaps


class Precision(StrEnum):
    """``F32`` gives every backend's maps to 1e-3; ``BF16`` is faster where the CPU has it, and is ``F32`` elsewhere."""

    F32 = "f32"
    BF16 = "bf16"


class Backend(Protocol):
    """One loaded network. May be called from several threads."""

    def run(self, images_bgr: NDArray[np.uint8]) -> RawMaps:
        """Maps for pictures (N, H, W, 3) uint8 BGR of one size, sides divisible by 32."""
        ...
