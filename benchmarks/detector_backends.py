"""``python -m benchmarks.detector_backends``: ONNX Runtime beside torch, the network alone, at 1280×736.

The weights are random, since torch's are not shipped; both run the same.
"""

import tempfile
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.detector import median_s
from detector.backends.onnx import OnnxBackend
from detector.backends.torch import TorchBackend
from detector.export import export_graph
from detector.model.build import save_weights, shelfnet_for_training


def main(
    threads: Annotated[int, typer.Option(min=1, help="Threads of the network")] = 2,
    frames: Annotated[int, typer.Option(min=3, help="Frames to measure")] = 15,
) -> None:
    """Measure both backends on this machine."""
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    network = shelfnet_for_training(pretrained=False).eval()
    with tempfile.TemporaryDirectory() as folder:
        weights, graph = Path(folder) / "w.safetensors", Path(folder) / "w.onnx"
        save_weights(network, weights)
        export_graph(network, graph)
        onnx, eager = OnnxBackend(graph.read_bytes(), threads=threads), TorchBackend(weights.read_bytes())
    picture = np.random.default_rng(1).integers(0, 256, (1, 736, 1280, 3)).astype(np.uint8)
    onnx_s = median_s(lambda: onnx.run(picture), frames)
    torch_s = median_s(lambda: eager.run(picture), frames)
    table = Table("backend", "median", "as fast as torch")
    table.add_row("ONNX Runtime", f"{onnx_s * 1000:.0f} ms", f"{torch_s / onnx_s:.2f}×")
    table.add_row("torch float32", f"{torch_s * 1000:.0f} ms", "")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
