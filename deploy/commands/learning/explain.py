"""``shelfstream explain``: why a facing or a picture was called what it was called, as a picture."""

from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from rich.console import Console

from deploy.runtime.store_detector import facing_at, photograph_of
from detector.gallery.gallery import Reference, gallery_of
from detector.jpeg import Image
from detector.naming.explain import explanation, nearest_of
from detector.naming.namer import SHIPPED_NAMER, NamerOptions, open_namer
from detector.recognise.classifier import Classifier, open_classifier
from detector.recognise.labelled import examples_in
from detector.recognise.saliency import overlaid, saliency_of
from shelfstream.errors import Fault, Faults

app = typer.Typer(help="Show why something was called what it was called.", no_args_is_help=True)

Out = Annotated[Path, typer.Option(help="PNG file for the explanation.")]


@app.callback()
def explain() -> None:
    """Show why something was called what it was called."""


@app.command("facing")
def facing(
    photo: Annotated[Path, typer.Argument(help="A photograph of a shelf.")],
    gallery: Annotated[Path, typer.Option(help="Folder with a folder per product, its reference pictures inside.")],
    out: Out,
    *,
    at: Annotated[
        tuple[int, int] | None, typer.Option(help="A point (px) on the facing; the picture is one facing without it.")
    ] = None,
    namer: Annotated[Path, typer.Option(help="Manifest of the network that names facings.")] = SHIPPED_NAMER,
) -> None:
    """The nearest references with the points that agree, and which parts of the facing its name rests on."""
    seen = photograph_of(photo) if at is None else facing_at(photo, at)
    known = open_namer(namer, NamerOptions(threads=0, budget_s=0.0))
    pictures = [(each.product, each.picture()) for each in examples_in(gallery)]
    looks = [known.look_of(each) for _, each in pictures]
    products = gallery_of([Reference(name, str(place)) for place, (name, _) in enumerate(pictures)], looks)
    _write(out, explanation(known, seen, products, pictures, {}))
    console = Console(highlight=False)
    for each in nearest_of(known, seen, products):
        agree = f"{each.agreement.points} of {each.agreement.possible} points, colours {each.agreement.colours:.2f}"
        console.print(
            f"{each.chance:.2f} {each.gtin}: alike {each.likeness:.2f}; {agree}", markup=False, soft_wrap=True
        )


@app.command("picture")
def picture_(
    picture: Annotated[Path, typer.Argument(help="A picture of one product.")],
    model: Annotated[Path, typer.Option(help="Manifest that `train classifier` left.")],
    out: Out,
) -> None:
    """Which parts of a picture a classifier's first answer rests on."""
    image = photograph_of(picture)
    classifier = open_classifier(model)
    chances = classifier.chances([image])[0]
    _write(out, overlaid(image, _rests_on(classifier, image, int(chances.argmax()))))
    console = Console(highlight=False)
    for place in np.argsort(-chances)[:5].tolist():
        console.print(f"{chances[place]:.3f} {classifier.products[place]}", markup=False, soft_wrap=True)


def _rests_on(classifier: Classifier, image: Image, column: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return saliency_of(image, lambda shown: [float(each) for each in classifier.logits(shown)[:, column]])


def _write(path: Path, picture: Image) -> None:
    if not path.absolute().parent.is_dir():
        raise Faults("explain", [Fault(str(path), "the folder for it is not there")])
    done, encoded = cv2.imencode(".png", picture)
    if not done:
        raise Faults("explain", [Fault(str(path), "cannot be encoded as PNG")])
    path.write_bytes(encoded.tobytes())
