"""``shelfstream export``: trained networks as the run time takes them; a classifier in 8 bits, behind a gate.

One that is right less often than in float32 is not kept.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from detector.evaluate.classification import Classified
from detector.recognise.classifier import Classifier, ClassifierCard, open_classifier
from detector.recognise.labelled import LabelledPicture, examples_in
from detector.recognise.looks import squared
from detector.train.export import main
from detector.train.int8 import quantise
from detector.weights_file import read_note, sha256_of, write_note
from shelfstream.errors import Fault, Faults

_PICTURES = 100


@dataclass(frozen=True, slots=True)
class AccuracyGate:
    """``calibrate_with`` shows which values occur; on ``judge`` the accuracy may not fall by more than ``max_loss``."""

    calibrate_with: Sequence[LabelledPicture]
    judge: Sequence[LabelledPicture]
    max_loss: float


def gate_of(folder: Path, max_loss: float) -> AccuracyGate:
    """Of a folder of labelled pictures: its splits train and val, or every other picture where it has none."""
    every = examples_in(folder)
    learn, judge = ([each for each in every if each.split == split] for split in ("train", "val"))
    if not learn or not judge:
        learn, judge = every[::2], every[1::2]
    if not judge:
        raise Faults("int8", [Fault(str(folder), "shows too little: one half calibrates, the other judges")])
    return AccuracyGate(learn, judge, max_loss)


def export_int8_classifier(card_path: Path, out: Path, gate: AccuracyGate) -> Path:
    """Write ``NAME-int8.onnx`` and its manifest; returns the manifest's path.

    Raises ``Faults``, and leaves nothing behind, when more accuracy is lost than the gate allows.
    """
    card = read_note(card_path, ClassifierCard)
    before = accuracy_of(open_classifier(card_path), gate.judge)
    name = f"{card.name}-int8"
    with tempfile.TemporaryDirectory() as folder:
        graph, beside = Path(folder) / f"{name}.onnx", Path(folder) / f"{name}.json"
        source = next(card_path.parent / file for file in card.files if file.endswith(".onnx"))
        quantise(source, graph, _shown(gate.calibrate_with, card.side_px), kept=lambda _: [])
        candidate = card.model_copy(update={"name": name, "files": {graph.name: sha256_of(graph)}})
        write_note(candidate, beside)
        after = accuracy_of(open_classifier(beside), gate.judge)
        if before - after > gate.max_loss:
            lost = f"is right for {after:.3f} in int8, {before:.3f} in float32; at most {gate.max_loss:g} may be lost"
            raise Faults("int8", [Fault(str(card_path), lost)])
        out.mkdir(parents=True, exist_ok=True)
        (out / graph.name).write_bytes(graph.read_bytes())
    metrics = {**card.metrics, "gate.accuracy.f32": round(before, 4), "gate.accuracy.int8": round(after, 4)}
    write_note(candidate.model_copy(update={"metrics": metrics}), out / beside.name)
    return out / beside.name


def accuracy_of(classifier: Classifier, examples: Sequence[LabelledPicture]) -> float:
    """Share of the pictures of known products that are called right."""
    column = {product: place for place, product in enumerate(classifier.products)}
    known = [each for each in examples if each.product in column]
    chances = classifier.chances(each.picture() for each in known)
    labels = np.array([column[each.product] for each in known], np.intp)
    return Classified(chances, labels, classifier.products).accuracy


def _shown(examples: Sequence[LabelledPicture], side_px: int) -> Iterator[NDArray[np.uint8]]:
    for example in examples[:: max(1, len(examples) // _PICTURES)][:_PICTURES]:
        yield squared(example.picture(), side_px)


app = typer.Typer(help="Write trained networks as the run time takes them.", no_args_is_help=True)
app.command("segmenter")(main)


@app.command("classifier")
def classifier(
    model: Annotated[
        Path, typer.Argument(help="Manifest that `train classifier` left: its folder holds the ONNX file.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the graph in 8 bits and its manifest.")],
    *,
    pictures: Annotated[
        Path, typer.Option(help="Labelled pictures: splits train and val, or one half calibrates and the other judges.")
    ],
    max_loss: Annotated[float, typer.Option(min=0, max=1, help="The accuracy that may be lost.")] = 0.01,
) -> None:
    """Quantise a classifier (static, a scale per channel); refused when it is right less often than allowed."""
    written = export_int8_classifier(model, out, gate_of(pictures, max_loss))
    Console().print(str(written), markup=False, highlight=False, soft_wrap=True)
