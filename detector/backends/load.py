"""Chooses and loads a backend; the libraries of the others need not be installed."""

from pathlib import Path

from detector.backends.base import Backend, BackendName, Precision
from detector.manifest import read_weights
from shelfstream.errors import Fault, Faults

_EXTRAS = {BackendName.ONNX: "detector", BackendName.OPENVINO: "openvino", BackendName.TORCH: "train"}


def load_backend(name: BackendName, manifest: Path, *, threads: int, precision: Precision = Precision.F32) -> Backend:
    """The backend with the manifest's weights.

    Raises ``Faults`` when these are not what they should be, when the backend's library is not installed, and for a
    precision that it does not offer.
    """
    if precision is not Precision.F32 and name is BackendName.ONNX:
        raise Faults("detector", [Fault("precision", f"{precision} is for openvino and torch, not for {name}")])
    try:
        return _loaded(name, manifest, threads, precision)
    except ModuleNotFoundError as exc:
        message = f"{name} needs {exc.name}, which is not installed: pip install 'shelfstream[{_EXTRAS[name]}]'"
        raise Faults("detector", [Fault("backend", message)]) from exc


def _loaded(name: BackendName, manifest: Path, threads: int, precision: Precision) -> Backend:
    match name:
        case BackendName.TORCH:
            from detector.backends.torch import TorchBackend  # noqa: PLC0415

            return TorchBackend(read_weights(manifest, ".safetensors"), precision=precision)
        case BackendName.OPENVINO:
            from detector.backends.cpu import OpenVinoBackend  # noqa: PLC0415

            return OpenVinoBackend(read_weights(manifest, ".onnx"), threads=threads, precision=precision)
        case BackendName.ONNX:
            from detector.backends.cpu import OnnxBackend  # noqa: PLC0415

            return OnnxBackend(read_weights(manifest, ".onnx"), threads=threads)
