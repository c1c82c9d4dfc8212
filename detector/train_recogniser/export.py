"""``shelfstream export``: trained networks as the run time takes them; in 8 bits behind a gate."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from detector.evaluate.classification import Classified
from detector.naming.namer import SHIPPED_NAMER
from detector.recognise.classifier import Classifier, ClassifierCard, open_classifier
from detector.recognise.labelled import LabelledPicture, examples_in
from detector.recognise.looks import OnnxNetwork, squared
from detector.recognise.recogniser import ModelCard, read_card
from detector.train.export import main
from detector.train_recogniser.chances import rendered_facings, right_by_look
from detector.train_recogniser.int8 import ShareGate, export_int8
from detector.weights_file import read_note, read_verified
from shelfstream.errors import Fault, Faults

_PICTURES, _JUDGED = 100, 400
_CALIBRATION_SEED = 47_000


def classifier_gate(card_path: Path, folder: Path, max_loss: float) -> ShareGate:
    """Of a folder of labelled pictures: its splits train and val, or every other picture where it has none.

    The one shows which values occur, the other judges. Raises ``Faults`` for a folder that shows too little.
    """
    every = examples_in(folder)
    learn, judge = ([each for each in every if each.split == split] for split in ("train", "val"))
    if not learn or not judge:
        learn, judge = every[::2], every[1::2]
    if not judge:
        raise Faults("int8", [Fault(str(folder), "shows too little: one half calibrates, the other judges")])
    side_px = read_note(card_path, ClassifierCard).side_px
    return ShareGate(lambda: _shown(learn, side_px), lambda path: accuracy_of(open_classifier(path), judge), max_loss)


def facings_gate(card_path: Path, max_loss: float) -> ShareGate:
    """Rendered facings that the network did not learn from: some show which values occur, others judge."""
    side_px = read_card(card_path).side_px

    def shown() -> Iterator[NDArray[np.uint8]]:
        return (squared(each, side_px) for each in rendered_facings(_PICTURES, _CALIBRATION_SEED))

    def share_right(path: Path) -> float:
        card = read_card(path)
        return right_by_look(OnnxNetwork(read_verified(path, card.files, ".onnx"), card.side_px), _JUDGED)

    return ShareGate(shown, share_right, max_loss)


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
    written = export_int8(model, ClassifierCard, out, classifier_gate(model, pictures, max_loss))
    Console().print(str(written), markup=False, highlight=False, soft_wrap=True)


@app.command("facings")
def facings(
    out: Annotated[Path, typer.Option(help="Folder for the graph in 8 bits and its manifest.")],
    model: Annotated[Path, typer.Option(help="Manifest of the network that names facings.")] = SHIPPED_NAMER,
    *,
    max_loss: Annotated[float, typer.Option(min=0, max=1, help="The share of right names that may be lost.")] = 0.01,
) -> None:
    """Quantise the network that names facings; SHELFSTREAM_DETECTOR__NAMER takes the manifest.

    It is refused when more rendered facings get a wrong name by look alone than allowed.
    """
    written = export_int8(model, ModelCard, out, facings_gate(model, max_loss))
    Console().print(str(written), markup=False, highlight=False, soft_wrap=True)
