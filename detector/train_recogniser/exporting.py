"""Puts a recogniser into a folder as the run time wants it: ONNX graph, looks of strangers, manifest."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file
from torch import nn

from detector.recognise.looks import Looks, OnnxNetwork, looks_at
from detector.recognise.packshot import Image
from detector.recognise.recogniser import STRANGERS, ModelCard, write_card
from detector.weights_file import sha256_of

_HALVED_FROM = 256


def export_network(network: nn.Module, side_px: int, path: Path) -> None:
    """Write the network as one ONNX file for one picture of a fixed size, its weights stored in half precision.

    The runtime widens them as it loads: it computes in float32 as before.
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


def export_recogniser(
    network: nn.Module, side_px: int, out: Path, *, name: str, strangers: Sequence[Image], command: str, data: str
) -> Path:
    """Write all that the run time needs; returns the manifest's path.

    ``strangers`` are pictures of other things than the products to be recognised: who names facings needs none.
    """
    out.mkdir(parents=True, exist_ok=True)
    graph, looks = out / f"{name}.onnx", out / f"{name}.safetensors"
    export_network(network, side_px, graph)
    if strangers:
        save_file({STRANGERS: _half(looks_at(strangers, OnnxNetwork(graph.read_bytes(), side_px)))}, looks)
    files = {path.name: sha256_of(path) for path in ((graph, looks) if strangers else (graph,))}
    card = ModelCard(name=name, side_px=side_px, files=files, command=command, data=data)
    write_card(card, out / f"{name}.json")
    return out / f"{name}.json"


def _half(looks: Looks) -> np.ndarray[tuple[int, ...], np.dtype[np.float16]]:
    return looks.astype(np.float16)
