"""The classic road: a torchvision network fine-tuned with cross-entropy to tell a fixed set of products apart."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from rich.console import Console
from torch import Tensor, nn
from torchvision import models

from detector.train_recogniser.fitting import Fitting, FittingPlan
from detector.train_recogniser.pictures import Variety
from detector.train_recogniser.report import conclude
from detector.train_recogniser.sets import TrainingSources, sets_of
from shelfstream.errors import Fault, Faults

_MEAN = torch.tensor([0.485, 0.456, 0.406])
_STD = torch.tensor([0.229, 0.224, 0.225])
_WITH_AUXILIARY_HEADS = ("googlenet", "inception_v3")
_LABEL_SMOOTHING = 0.1


@dataclass(frozen=True)
class ClassifierRecipe:
    """What a run is told."""

    sources: TrainingSources
    plan: FittingPlan
    out: Path
    backbone: str
    side_px: int
    pretrained: bool
    mirrored: bool


class Classifier(nn.Module):
    """Pictures (N, S, S, 3) uint8 BGR to logits (N, products), by a network that takes RGB in ImageNet's units."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", _MEAN[:, None, None], persistent=False)
        self.register_buffer("std", _STD[:, None, None], persistent=False)

    def forward(self, pictures_bgr: Tensor) -> Tensor:
        rgb = pictures_bgr.permute(0, 3, 1, 2).flip(1).float() / 255
        logits: Tensor = self.network((rgb - cast("Tensor", self.mean)) / cast("Tensor", self.std))
        return logits


def backbones() -> list[str]:
    """Names of the torchvision networks that can be trained so."""
    return [name for name in models.list_models(module=models) if name not in _WITH_AUXILIARY_HEADS]


def classifier_of(backbone: str, products: int, *, pretrained: bool, console: Console) -> Classifier:
    """A network for so many products; ImageNet's weights in it where they can be had, all but the last layer."""
    if backbone not in backbones():
        raise Faults("training", [Fault(backbone, f"is no backbone; these are: {', '.join(backbones())}")])
    network = models.get_model(backbone, weights=None, num_classes=products)
    if pretrained:
        _load_imagenet(network, backbone, console)
    return Classifier(network)


def _load_imagenet(network: nn.Module, backbone: str, console: Console) -> None:
    try:
        known = models.get_model_weights(backbone).DEFAULT.get_state_dict(
            progress=False, check_hash=True, weights_only=True
        )
    except OSError as exc:
        console.print(
            f"ImageNet's weights of {backbone} cannot be downloaded ({exc}): learning from scratch, which needs many "
            "more pictures and epochs.",
            style="yellow",
            markup=False,
        )
        return
    own = network.state_dict()
    network.load_state_dict({**own, **{n: value for n, value in known.items() if value.shape == own[n].shape}})


def train_classifier(recipe: ClassifierRecipe, console: Console) -> float:
    """Learn, and leave the best weights, products and report in the folder; returns the validation accuracy."""
    torch.manual_seed(recipe.plan.seed)
    sets = sets_of(recipe.sources, recipe.side_px, Variety(mirrored=recipe.mirrored))
    resumed = (recipe.out / "checkpoint.pt").exists()
    network = classifier_of(
        recipe.backbone, len(sets.products), pretrained=recipe.pretrained and not resumed, console=console
    )
    loss = nn.CrossEntropyLoss(label_smoothing=_LABEL_SMOOTHING)
    fitting = Fitting(network, loss, recipe.plan, recipe.out)
    fitting.run(sets.learn, sets.validate, console)
    return conclude(fitting, sets, recipe.out)
