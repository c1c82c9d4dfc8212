"""Trains the network that names facings: small pictures cut out of frames, against one packshot of each product."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from rich.console import Console

from detector.jpeg import Image
from detector.model.embedder import CosineClassifier, Embedder, MarginLoss, imagenet_features
from detector.model.lite import LITE0
from detector.recognise.labelled import examples_in
from detector.recognise.packshot import Packshot
from detector.train_recogniser.chances import fit_chances
from detector.train_recogniser.exporting import export_recogniser
from detector.train_recogniser.fitting import Fitting, FittingPlan
from detector.train_recogniser.recogniser import IMAGENET
from detector.train_recogniser.sets import rendered_products
from detector.train_recogniser.views import KeptViews, Shown, kept_views, sources_of
from shelfstream.errors import Fault, Faults

_NAME = "facings"
_FROZEN_BLOCKS = 5
_TRUNK_SHARE = 0.3
_RENDERED_VIEWS, _REAL_VIEWS = 24, 240
_VALIDATION_SHARE = 12
_KEPT_APART = ("val", "test")


@dataclass(frozen=True)
class FacingsRecipe:
    """What a run is told; ``data`` are folders of pictures of products, ``credit`` their origin and licences."""

    data: tuple[Path, ...]
    rendered: int
    plan: FittingPlan
    out: Path
    side_px: int
    credit: str


def train_facings(recipe: FacingsRecipe, console: Console) -> Path:
    """Learn, and export what the detector reads; returns the manifest. An unfinished run in the folder goes on."""
    torch.manual_seed(recipe.plan.seed)
    products = _products(recipe)
    learn, validate = _views(recipe, products, console)
    features = imagenet_features(LITE0, frozen_blocks=_FROZEN_BLOCKS)
    network = CosineClassifier(Embedder(features), len(products))
    fitting = Fitting(network, MarginLoss(), recipe.plan, recipe.out, shares=((features, _TRUNK_SHARE),))
    fitting.run(learn, validate, console)
    fitting.take_best()
    card = _export(network.embedder, recipe)
    console.print("fitting how sure names are", highlight=False)
    fit_chances(card)
    return card


def _products(recipe: FacingsRecipe) -> list[tuple[list[Packshot | Image], int]]:
    """Pictures of each product, and how many views are made of them. Raises ``Faults`` for fewer than two products."""
    found = [(sources, _REAL_VIEWS) for folder in recipe.data for sources in _photographed(folder)]
    found += [([pack], _RENDERED_VIEWS) for _, pack in rendered_products(recipe.rendered, recipe.plan.seed)]
    if len(found) < 2:
        raise Faults("training", [Fault("--data, --rendered", "show fewer than two products")])
    return found


def _photographed(folder: Path) -> Iterator[list[Packshot | Image]]:
    examples = [each for each in examples_in(folder) if each.split not in _KEPT_APART]
    for product in sorted({each.product for each in examples}):
        yield sources_of([each for each in examples if each.product == product])


def _views(
    recipe: FacingsRecipe, products: Sequence[tuple[list[Packshot | Image], int]], console: Console
) -> tuple[KeptViews, KeptViews]:
    learn, validate = [], []
    for number, (sources, count) in enumerate(products):
        shown = [Shown(number, sources[place % len(sources)]) for place in range(count)]
        learn += shown
        validate += shown[::_VALIDATION_SHARE]
    order = np.random.default_rng(recipe.plan.seed).permutation(len(learn))
    shuffled = [learn[place] for place in order]
    kept = [
        kept_views(recipe.out, name, which, recipe.side_px, seed=seed, workers=recipe.plan.workers, console=console)
        for name, which, seed in (("views", shuffled, recipe.plan.seed), ("checks", validate, recipe.plan.seed + 10**6))
    ]
    return KeptViews(*kept[0], jitter=True, seed=recipe.plan.seed), KeptViews(*kept[1], jitter=False)


def _export(network: Embedder, recipe: FacingsRecipe) -> Path:
    plan = recipe.plan
    data = " ".join(f"--data {folder.name}" for folder in recipe.data)
    command = (
        f"shelfstream train facings {data} --rendered {recipe.rendered} --side {recipe.side_px} "
        f"--epochs {plan.epochs} --batch {plan.batch} --rate {plan.rate:g} --seed {plan.seed}"
    )
    return export_recogniser(
        network,
        recipe.side_px,
        recipe.out,
        name=_NAME,
        strangers=(),
        command=command,
        data="; ".join(filter(None, (IMAGENET, recipe.credit))),
    )
