"""The network in 8 bits, behind a gate: what sees worse than in float32 is not kept.

Values and weights become 8-bit numbers with a scale each (Jacob et al., arXiv 1712.05877), a scale for every output
channel of a convolution, by ONNX Runtime's static quantisation. The graph stays an ONNX file that ONNX Runtime and
OpenVINO both run with their 8-bit kernels.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from detector.backends.prepare import prepare
from detector.contract import FacingKind
from detector.evaluate.data import scene_examples
from detector.evaluate.found import Looker
from detector.evaluate.precision import average_precision
from detector.manifest import OUTPUT_NAMES, read_manifest, write_manifest
from detector.train.labelled import labelled_scene, scene_labels
from shelfstream.errors import Fault, Faults

_PICTURES = 24
_JUDGED = (FacingKind.FACING, FacingKind.GAP)
# Not convolutions alone: what follows one would be done in float32, with two conversions and a second scale each time.
# Measured, that was nearly as slow as float32 itself, and less exact.
_OPERATORS = ("Conv", "Clip", "Relu", "Add", "Resize", "Concat", "AveragePool")

Pictures = Iterator[NDArray[np.uint8]]
KeptIn = Callable[[onnx.ModelProto], list[str]]


@dataclass(frozen=True, slots=True)
class Int8Gate:
    """``calibrate_with`` shows which values occur; on ``scenes`` no kind's AP may fall by more than ``max_loss``.

    Raises ``Faults`` when both are one folder: then nothing is proven.
    """

    calibrate_with: Path
    scenes: Path
    max_loss: float

    def __post_init__(self) -> None:
        if self.calibrate_with.resolve() == self.scenes.resolve():
            raise Faults("int8", [Fault(str(self.scenes), "is calibrated with: measure with other scenes")])


def export_int8(manifest_path: Path, gate: Int8Gate) -> Path:
    """Write ``NAME-int8.onnx`` and its manifest beside those of float32; returns the manifest's path.

    Score fits and history are carried on; its metrics are the AP before and after. Raises ``Faults``, and leaves
    nothing behind, when more AP is lost than the gate allows.
    """
    manifest = read_manifest(manifest_path)
    name = f"{manifest.name}-int8"
    with tempfile.TemporaryDirectory() as folder:
        graph, beside = Path(folder) / f"{name}.onnx", Path(folder) / f"{name}.json"
        pictures = _pictures(scene_labels(gate.calibrate_with), manifest.work_pixels)
        quantise(manifest_path.parent / f"{manifest.name}.onnx", graph, pictures)
        files = {graph.name: hashlib.sha256(graph.read_bytes()).hexdigest()}
        candidate = manifest.model_copy(update={"name": name, "files": files, "metrics": {}})
        write_manifest(candidate, beside)
        measured = _measured(manifest_path, beside, gate)
        out = manifest_path.parent
        (out / graph.name).write_bytes(graph.read_bytes())
    write_manifest(candidate.model_copy(update={"metrics": measured}), out / beside.name)
    return out / beside.name


def quantise(graph: Path, out: Path, pictures: Pictures, *, kept: KeptIn | None = None) -> None:
    """Write the graph in 8 bits; ``pictures`` (H, W, 3) uint8 BGR, prepared for the network, show which values occur.

    ``kept`` names the nodes that stay in float32; unless it is said, the segmenter's last layers: their outputs are
    read as they are, and cost next to nothing.
    """
    folded = out.with_suffix(".folded.onnx")
    quant_pre_process(graph, folded, skip_symbolic_shape=True)  # norms become part of the convolutions
    model = onnx.load(folded)
    quantize_static(
        folded,
        out,
        _Reader(model.graph.input[0].name, pictures),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=list(_OPERATORS),
        nodes_to_exclude=(kept or last_convolutions)(model),
    )
    folded.unlink()


def last_convolutions(model: onnx.ModelProto) -> list[str]:
    """Names of the convolutions that the graph's outputs come from, whatever simple steps lie between."""
    makers = {output: node for node in model.graph.node for output in node.output}
    found = []
    for name in OUTPUT_NAMES:
        node = makers[name]
        while node.op_type != "Conv":
            node = makers[node.input[0]]
        found.append(node.name)
    return found


class _Reader(CalibrationDataReader):  # type: ignore[misc] # the library has no types
    def __init__(self, input_name: str, pictures: Pictures) -> None:
        self._input_name = input_name
        self._pictures = pictures

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        picture = next(self._pictures, None)
        return None if picture is None else {self._input_name: picture[None]}


def _pictures(labels: Sequence[Path], work_pixels: int) -> Pictures:
    """Some of the scenes, evenly spread, as the network gets them."""
    for path in labels[:: max(1, len(labels) // _PICTURES)][:_PICTURES]:
        yield prepare(labelled_scene(path).image_bgr, work_pixels).image_bgr


def _measured(manifest_path: Path, candidate: Path, gate: Int8Gate) -> dict[str, float]:
    """AP by kind, before and after. Raises ``Faults`` for each kind whose AP fell too far."""
    measured: dict[str, float] = {}
    faults = []
    for kind in _JUDGED:
        name = kind.name.lower()
        before, after = (_ap(Looker(path), gate.scenes, kind) for path in (manifest_path, candidate))
        measured |= {f"scenes.{name}.ap.f32": round(before, 3), f"scenes.{name}.ap.int8": round(after, 3)}
        if before - after > gate.max_loss:
            lost = f"AP falls from {before:.3f} to {after:.3f} in int8; at most {gate.max_loss:g} may be lost"
            faults.append(Fault(f"{name}s of {gate.scenes}", lost))
    if faults:
        raise Faults("int8", faults)
    return measured


def _ap(looker: Looker, scenes: Path, kind: FacingKind) -> float:
    return average_precision(looker.judge(scene_examples(scenes, kind), kind)).ap
