"""The network: facings, gaps, tags and occluders of a whole picture in one pass.

It is built with ImageNet features to begin training, or with weights of our own; in two sizes, of which the larger is
for a GPU, and to teach the smaller.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from detector.manifest import BOX_CHANNELS, KINDS
from detector.model.lite import LITE0, LITE2, Lite, LiteSize, know_imagenet
from shelfstream.errors import Fault, Faults

_MEAN, _STD = 127.0, 128.0
_HEAT_PRIOR = -4.0
_BOX_PRIOR = 1.6
_BOX_RANGE = (-3.0, 5.5)

_TRUNK = "trunk.0.weight"


@dataclass(frozen=True, slots=True)
class ShelfNetSize:
    """``width`` is how many channels its own layers have."""

    backbone: LiteSize
    width: int


EDGE, SERVER = ShelfNetSize(LITE0, 48), ShelfNetSize(LITE2, 80)
SIZES = {"edge": EDGE, "server": SERVER}


class ShelfMaps(NamedTuple):
    """The heat of gaps and occluders only helps training; they are read from ``areas``.

    ``heat`` (N, 4, H/4, W/4) logits of centres by kind; ``edges`` (N, 4, H/4, W/4) distances from the pixel to the
    left, top, right and bottom edge in units of 4 px; ``areas`` (N, 4, H/4, W/4) logits that a pixel lies on a thing of
    a kind.
    """

    heat: Tensor
    edges: Tensor
    areas: Tensor


class _Conv(nn.Sequential):
    """Plain convolutions throughout: on CPUs they train three times faster than depthwise ones and run as fast."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class ShelfNet(nn.Module):
    """BGR bytes (N, H, W, 3) uint8 with sides divisible by 32 to ``ShelfMaps``."""

    def __init__(self, size: ShelfNetSize = EDGE, *, frozen_blocks: int = 3) -> None:
        super().__init__()
        self.backbone = Lite(size.backbone, frozen_blocks=frozen_blocks)
        width, channels = size.width, size.backbone.feature_channels
        self.lateral = nn.ModuleList([_Conv(inputs, width) for inputs in channels])
        self.smooth = nn.ModuleList([_Conv(width, width, 3) for _ in channels])
        self.trunk = _Conv(width, width, 3)
        self.heat = nn.Sequential(_Conv(width, width, 3), nn.Conv2d(width, KINDS, 1))
        self.edges = nn.Sequential(_Conv(width, width, 3), nn.Conv2d(width, BOX_CHANNELS, 1))
        self.areas = nn.Conv2d(width, KINDS, 1)
        self._start_from_priors()

    def _start_from_priors(self) -> None:
        """Few pixels are centres, and packs are some 40 px wide: begin there, and the first steps are not wasted."""
        nn.init.constant_(self.heat[-1].get_parameter("bias"), _HEAT_PRIOR)
        nn.init.constant_(self.edges[-1].get_parameter("bias"), _BOX_PRIOR)

    def forward(self, pictures_bgr: Tensor) -> ShelfMaps:
        pictures = (pictures_bgr.permute(0, 3, 1, 2).flip(1).float() - _MEAN) / _STD
        features = self.backbone(pictures)
        merged = self.smooth[3](self.lateral[3](features[3]))
        for level in (2, 1, 0):
            merged = self.lateral[level](features[level]) + functional.interpolate(merged, scale_factor=2.0)
            merged = self.smooth[level](merged)
        trunk = self.trunk(merged)
        low, high = _BOX_RANGE
        return ShelfMaps(
            heat=self.heat(trunk).float(),
            edges=self.edges(trunk).float().clamp(low, high).exp(),
            areas=self.areas(trunk).float(),
        )


def shelfnet_for_training(size: ShelfNetSize = EDGE, *, frozen_blocks: int = 3, pretrained: bool = True) -> ShelfNet:
    """A network whose backbone knows ImageNet."""
    network = ShelfNet(size, frozen_blocks=frozen_blocks)
    if pretrained:
        know_imagenet(network.backbone, size.backbone)
    return network


def begin_from(network: ShelfNet, weights: Mapping[str, Tensor]) -> None:
    """Take over earlier weights. Kinds that they do not know, the last rows of a wider layer, begin anew.

    Layers of theirs that this network does not have are left behind.
    """
    own = network.state_dict()
    taken = {name: value for name, value in weights.items() if name in own}
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
    """A network for inference with these weights, of the size that they are of."""
    network = ShelfNet(size_of(weights))
    network.load_state_dict(weights)
    return network.eval()


def size_of(weights: Mapping[str, Tensor]) -> ShelfNetSize:
    """The size that weights are of. Raises ``Faults`` for weights of no such network."""
    for size in SIZES.values():
        if _TRUNK in weights and len(weights[_TRUNK]) == size.width:
            return size
    raise Faults("weights", [Fault(_TRUNK, f"fits no network of ours: {', '.join(SIZES)}")])
