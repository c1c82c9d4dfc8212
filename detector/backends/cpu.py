"""ONNX Runtime and OpenVINO on the CPU: one exported graph; the first small to install, the second faster on Intel."""

import sys
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from detector.backends.base import Precision
from detector.manifest import OUTPUT_NAMES, RawMaps

_DEVICE = "CPU"


if TYPE_CHECKING:
    import openvino


class OnnxBackend:
    """An exported graph on ONNX Runtime, the default. ``threads`` of 0 lets the runtime choose."""

    most_at_once = 1

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


class OpenVinoBackend:
    """An exported graph on OpenVINO. ``threads`` of 0 lets the runtime choose.

    Graphs in int8 run in int8, whatever ``precision`` says.

    OpenVINO by itself takes bfloat16 wherever the CPU has it: here only who asks for it gets it.
    """

    most_at_once = 1

    def __init__(self, graph: bytes, *, threads: int, precision: Precision = Precision.F32) -> None:
        core = _openvino_core()
        hint = precision.value if _knows(core, precision) else Precision.F32.value
        options = {
            "INFERENCE_PRECISION_HINT": hint,
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
            # Pinned threads of several processes would all sit on the first cores.
            "ENABLE_CPU_PINNING": False,
        }
        self._network = core.compile_model(core.read_model(BytesIO(graph)), _DEVICE, options)
        self.precision = Precision(hint)

    def run(self, images_bgr: NDArray[np.uint8]) -> RawMaps:
        """Maps for pictures (N, H, W, 3) uint8 BGR of one size, sides divisible by 32."""
        request = self._network.create_infer_request()  # one each: a request must not be shared between threads
        request.infer([images_bgr], share_inputs=True)
        return RawMaps(*(np.array(request.get_tensor(name).data, np.float32) for name in OUTPUT_NAMES))


def _knows(core: "openvino.Core", precision: Precision) -> bool:
    """Whether the CPU computes in that precision itself; where it does not, it would only be imitated, slowly."""
    return precision is Precision.F32 or "BF16" in core.get_property(_DEVICE, "OPTIMIZATION_CAPABILITIES")


def _openvino_core() -> "openvino.Core":
    # OpenVINO reports each import to its makers unless this package is missing: a store's machine reports to nobody.
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]

    import openvino  # noqa: PLC0415 - who runs ONNX Runtime need not have it

    return openvino.Core()
