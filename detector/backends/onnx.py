"""ONNX Runtime on the CPU: the default, small to install."""

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from detector.manifest import OUTPUT_NAMES, RawMaps


class OnnxBackend:
    """An exported graph. ``threads`` of 0 lets the runtime choose."""

    def __init__(self, graph: bytes, *, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Threads that spin while they wait take the cores from the other stages of a small machine.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def run(self, images_bgr: NDArray[np.uint8]) -> RawMaps:
        """Maps for pictures (N, H, W, 3) uint8 BGR of one size, sides divisible by 32."""
        return RawMaps(*self._session.run(list(OUTPUT_NAMES), {self._input: images_bgr}))
