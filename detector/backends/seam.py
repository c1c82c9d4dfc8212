"""What runs the network. Every backend gives the same maps for the same weights in float32, to 1e-3."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from detector.layout import RawMaps


class Backend(Protocol):
    """One loaded network. May be called from several threads."""

    def run(self, images_bgr: NDArray[np.uint8]) -> RawMaps:
        """Maps for pictures (N, H, W, 3) uint8 BGR of one size, sides divisible by 32."""
        ...
