"""``shelfstream train``: the repository's own recipes, for the segmenter, the recogniser and the classic classifier."""

from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console

from detector.train.__main__ import main
from detector.train_recogniser.class_pictures import Augmentation
from detector.train_recogniser.classifier import ClassifierRecipe, train_classifier
from detector.train_recogniser.facings import FacingsRecipe, train_facings
from detector.train_recogniser.fitting import FittingPlan, Optimiser
from detector.train_recogniser.recogniser import SIZES, RecogniserRecipe, train_recogniser
from detector.train_recogniser.sets import TrainingSources
from shelfstream.errors import Fault, Faults

Out = Annotated[Path, typer.Option(help="Folder for the run; an unfinished one there goes on.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of weights, pictures and their order.")]
Batch = Annotated[int, typer.Option(min=2, help="Pictures per step.")]
Rate = Annotated[float, typer.Option(min=1e-6, help="Highest learning rate.")]
Workers = Annotated[int, typer.Option(min=0, help="Processes that make pictures.")]
Threads = Annotated[int, typer.Option(min=0, help="Threads of the network; 0 lets torch choose.")]
With = Annotated[Optimiser, typer.Option(help="What moves the weights.")]
Side = Annotated[int, typer.Option(min=64, help="Side of the network's pictures (px), a multiple of 32.")]


def recogniser(
    out: Out,
    data: Annotated[
        Path | None, typer.Option(help="A folder per product, or annotations.json (COCO, a category per product).")
    ] = None,
    *,
    rendered: Annotated[int, typer.Option(min=0, help="So many rendered packs beside the data.")] = 0,
    size: Annotated[str, typer.Option(help="lite0 or lite2.")] = "lite2",
    side: Side = 256,
    epochs: Annotated[int, typer.Option(min=0, help="Times through the pictures; 0 exports ImageNet's features.")] = 16,
    batch: Batch = 32,
    rate: Rate = 1.5e-3,
    optimiser: With = Optimiser.ADAMW,
    seed: Seed = 1,
    workers: Workers = 0,
    threads: Threads = 0,
    strangers: Annotated[Path | None, typer.Option(help="Photographs of other things, to tell the unknown by.")] = None,
    credit: Annotated[str, typer.Option(help="Origin and licence of the data, for the manifest.")] = "",
) -> None:
    """Train the embedding by which products are recognised, and export it for ``shelfstream recognise --model``."""
    _check("--size", size in SIZES, f"is one of {', '.join(SIZES)}")
    _check("--side", side % 32 == 0, "is a multiple of 32")
    _check("--strangers", epochs > 0 or strangers is not None, "is needed where nothing is learned")
    _prepare(threads)
    plan = FittingPlan(epochs=epochs, batch=batch, rate=rate, seed=seed, optimiser=optimiser, workers=workers)
    recipe = RecogniserRecipe(TrainingSources(data, rendered, seed), plan, out, size, side, strangers, credit)
    console = Console()
    console.print(f"{train_recogniser(recipe, console)} is ready", markup=False, highlight=False)


def facings(
    out: Out,
    data: Annotated[
        list[Path] | None,
        typer.Option(help="A folder per product, or annotations.json (COCO, outlines are used). May be repeated."),
    ] = None,
    *,
    rendered: Annotated[int, typer.Option(min=0, help="So many rendered packs beside the data.")] = 3600,
    side: Side = 96,
    epochs: Annotated[int, typer.Option(min=1, help="Times through the views of all products.")] = 7,
    batch: Batch = 64,
    rate: Rate = 1e-3,
    seed: Seed = 1,
    workers: Workers = 1,
    threads: Threads = 0,
    credit: Annotated[str, typer.Option(help="Origin and licence of the data, for the manifest.")] = "",
) -> None:
    """Train the small network by which the detector names facings; SHELFSTREAM_DETECTOR__NAMER takes its manifest.

    Views of every product as it would be seen on a shelf are made first and kept in the folder of the run.
    """
    _check("--side", side % 32 == 0, "is a multiple of 32")
    _prepare(threads)
    plan = FittingPlan(epochs=epochs, batch=batch, rate=rate, seed=seed, workers=workers)
    console = Console()
    card = train_facings(FacingsRecipe(tuple(data or ()), rendered, plan, out, side, credit), console)
    console.print(f"{card} is ready", markup=False, highlight=False)


def classifier(
    data: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder per product, or annotations.json (COCO): boxes are cut out.")
    ],
    out: Out,
    *,
    backbone: Annotated[
        str, typer.Option(help="efficientnet_lite0, efficientnet_lite2 or any of torchvision's: resnet50, vgg16 …")
    ] = "efficientnet_lite2",
    teacher: Annotated[
        Path | None, typer.Option(help="Manifest of a larger classifier of the same products, to distil from.")
    ] = None,
    pretrained: Annotated[bool, typer.Option(help="Begin with ImageNet's weights where they can be had.")] = True,
    mirrored: Annotated[
        bool, typer.Option(help="Mirror half of the pictures: right for fruit, not for prints.")
    ] = False,
    erased: Annotated[float, typer.Option(min=0, max=1, help="Chance that a part of a picture is hidden.")] = 0.35,
    side: Side = 224,
    epochs: Annotated[int, typer.Option(min=1, help="Times through the pictures.")] = 30,
    patience: Annotated[int, typer.Option(min=0, help="Epochs without a better accuracy that end a run; 0: none.")] = 8,
    batch: Batch = 32,
    rate: Rate = 1e-3,
    optimiser: With = Optimiser.ADAMW,
    seed: Seed = 1,
    workers: Workers = 0,
    threads: Threads = 0,
) -> None:
    """Fine-tune a network to tell a fixed set of products apart; keeps the best by validation accuracy.

    A COCO file's splits train and val are taken where it has them, else 15 % of each product is kept for validation.
    The folder gets report, confusion matrix, reliability, curves and the network as ONNX with its manifest.
    """
    _prepare(threads)
    plan = FittingPlan(
        epochs=epochs, batch=batch, rate=rate, seed=seed, optimiser=optimiser, workers=workers, patience=patience
    )
    how = Augmentation(mirrored=mirrored, erased=erased)
    recipe = ClassifierRecipe(data, plan, out, backbone, side, pretrained, how, teacher)
    console = Console()
    card, accuracy = train_classifier(recipe, console)
    console.print(f"{card} is ready: validation accuracy {accuracy:.3f}", markup=False, highlight=False)


def _check(where: str, right: bool, what: str) -> None:
    if not right:
        raise Faults("training", [Fault(where, what)])


def _prepare(threads: int) -> None:
    # The whole process computes so from here on, which is a command's to decide: see the segmenter's.
    torch.set_flush_denormal(True)
    if threads:
        torch.set_num_threads(threads)


app = typer.Typer(help="Train a model by the repository's recipes.", no_args_is_help=True)
app.command("segmenter")(main)
app.command("recogniser")(recogniser)
app.command("facings")(facings)
app.command("classifier")(classifier)
