"""What a run leaves: its best weights with the files that tell of them, and the ONNX graph and manifest that run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file
from safetensors.torch import save_file as torch_save
from torch import nn

from detector.evaluate.classification import Classified, temperature_of
from detector.evaluate.classification_report import write_classified, write_curve
from detector.recognise.classifier import ClassifierCard, chances_of_logits
from detector.recognise.looks import Looks, OnnxNetwork, looks_at
from detector.recognise.packshot import Image
from detector.recognise.recogniser import STRANGERS, ModelCard, write_card
from detector.train_recogniser.fitting import Fitting
from detector.train_recogniser.pictures import Pictures
from detector.weights_file import sha256_of, write_note

_HALVED_FROM = 256
CLASSIFIER = "classifier"


def export_network(network: nn.Module, side_px: int, path: Path, *, halved: bool = True) -> None:
    """Write the network as one ONNX file for one picture of a fixed size.

    ``halved`` stores its weights in half precision; the runtime widens them as it loads, and computes in float32.
    """
    sample = torch.zeros(1, side_px, side_px, 3, dtype=torch.uint8)
    torch.onnx.export(
        network.float().eval(),
        (sample,),
        str(path),
        input_names=["picture_bgr"],
        output_names=["look"],
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    if halved:
        model = onnx.load(path)
        _halve(model.graph)
        onnx.save(model, path)


def _halve(graph: onnx.GraphProto) -> None:
    casts = []
    for weights in graph.initializer:
        values = numpy_helper.to_array(weights)
        if weights.data_type == TensorProto.FLOAT and values.size >= _HALVED_FROM:
            name = weights.name
            weights.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
            casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def save_halved(network: nn.Module, path: Path) -> None:
    """Write weights as safetensors, numbers with fractions in half precision."""
    weights = {name: value.contiguous() for name, value in network.state_dict().items()}
    torch_save({name: value.half() if value.is_floating_point() else value for name, value in weights.items()}, path)


def export_recogniser(
    network: nn.Module, side_px: int, out: Path, *, name: str, strangers: Sequence[Image], command: str, data: str
) -> Path:
    """Write all that the run time needs; returns the manifest's path.

    ``strangers`` are pictures of other things than the products to be recognised: who names facings needs none, and is
    written for torch as well.
    """
    out.mkdir(parents=True, exist_ok=True)
    graph, beside = out / f"{name}.onnx", out / f"{name}.safetensors"
    export_network(network, side_px, graph)
    if strangers:
        save_file({STRANGERS: _half(looks_at(strangers, OnnxNetwork(graph.read_bytes(), side_px)))}, beside)
    else:
        save_halved(network, beside)
    files = {path.name: sha256_of(path) for path in (graph, beside)}
    card = ModelCard(name=name, side_px=side_px, files=files, command=command, data=data)
    write_card(card, out / f"{name}.json")
    return out / f"{name}.json"


@dataclass(frozen=True, slots=True)
class Concluded:
    """``temperature`` makes chances of the best network's logits that are right as often as they say.

    It is fitted on the very pictures that the accuracy is of.
    """

    accuracy: float
    temperature: float


def conclude(fitting: Fitting, validate: Pictures, products: tuple[str, ...], out: Path) -> Concluded:
    """Take the best weights of a run and write what they come to into its folder.

    ``report.json`` and ``confusion.*`` tell of each product, ``reliability.png`` of chances, ``curve.*`` of the run.
    """
    fitting.take_best()
    logits, labels = fitting.logits(validate)
    temperature = temperature_of(logits, labels)
    classified = Classified(chances_of_logits(logits, temperature), labels, products)
    write_classified(out, classified)
    write_curve(out, fitting.epochs)
    return Concluded(classified.accuracy, temperature)


def export_classifier(
    network: nn.Module,
    products: tuple[str, ...],
    found: Concluded,
    out: Path,
    *,
    backbone: str,
    side_px: int,
    command: str,
) -> Path:
    """Write ``classifier.onnx`` and the manifest that says what its outputs mean; returns the manifest's path."""
    graph = out / f"{CLASSIFIER}.onnx"
    export_network(network.cpu(), side_px, graph, halved=False)
    card = ClassifierCard(
        name=CLASSIFIER,
        files={graph.name: sha256_of(graph)},
        metrics={"validation.accuracy": round(found.accuracy, 4)},
        backbone=backbone,
        side_px=side_px,
        products=products,
        temperature=found.temperature,
        command=command,
    )
    write_note(card, out / f"{CLASSIFIER}.json")
    return out / f"{CLASSIFIER}.json"


def _half(looks: Looks) -> np.ndarray[tuple[int, ...], np.dtype[np.float16]]:
    return looks.astype(np.float16)
