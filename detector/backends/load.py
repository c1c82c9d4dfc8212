"""Chooses and loads a backend; the library of the other one need not be installed."""

from enum import StrEnum
from pathlib import Path

from detector.backends.seam import Backend
from detector.manifest import read_weights


class BackendName(StrEnum):
    """What can run the network."""

    ONNX = "onnx"
    TORCH = "torch"


def load_backend(name: BackendName, manifest: Path, *, threads: int) -> Backend:
    """The backend with the manifest's weights. Raises ``Faults`` when these are not what they should be."""
    if name is BackendName.TORCH:
        from detector.backends.torch import TorchBackend  # noqa: PLC0415

        return TorchBackend(read_weights(manifest, ".safetensors"))
    from detector.backends.onnx import OnnxBackend  # noqa: PLC0415

    return OnnxBackend(read_weights(manifest, ".onnx"), threads=threads)
