"""What runs the network, and what it computes in."""

from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from detector.manifest import RawMaps


class BackendName(StrEnum):
    """What can run the network."""

    ONNX = "onnx"
    OPENVINO = "openvino"
    TORCH = "torch"


class Precision(StrEnum):
    """``F32`` gives every backend's maps to 1e-3; ``BF16`` is faster where the CPU has it, and is ``F32`` elsewhere."""

    F32 = "f32"
    BF16 = "bf16"


class Backend(Protocol):
    """One loaded network: what the detector asks for maps, and the only thing of a runtime that it knows.

    In float32 all backends give the same maps for the same weights, to 1e-3; ``tests/contract/backends`` holds each of
    them to it. Loading takes the time and raises ``Faults`` (see ``load_backend``); afterwards a call only computes.
    """

    most_at_once: int
    """So many pictures at once are worth their memory: on a CPU one, where several are no faster."""

    def run(self, images_bgr: NDArray[np.uint8]) -> RawMaps:
        """Maps for pictures (N, H, W, 3) uint8 BGR of one size, sides divisible by 32.

        May be called from several threads at once, and blocks while it computes. Raises nothing for pictures of this
        form; what a runtime raises all the same is a bug, and ends the stage.
        """
        ...
