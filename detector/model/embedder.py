"""The product embedder: what a picture of one product looks like, as a unit vector; and its head while it learns."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from detector.model.lite import HEAD_CHANNELS, LITE2, Lite, LiteSize, know_imagenet

EMBEDDING_CHANNELS = 256
_MEAN, _STD = 127.0, 128.0
_FROZEN_BLOCKS = 11


class PooledLite(nn.Module):
    """Pictures (N, S, S, 3) uint8 BGR, S divisible by 32, to averages (N, 1280) of an EfficientNet-Lite's last map.

    Statistics of batches stay ImageNet's while it learns: those of rendered pictures would carry it away from
    photographs.
    """

    def __init__(self, size: LiteSize = LITE2, *, frozen_blocks: int = _FROZEN_BLOCKS) -> None:
        super().__init__()
        self.trunk = Lite(size, frozen_blocks=frozen_blocks, head=True)

    def train(self, mode: bool = True) -> "PooledLite":
        super().train(mode)
        for part in self.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.eval()
        return self

    def forward(self, pictures_bgr: Tensor) -> Tensor:
        rgb = pictures_bgr.permute(0, 3, 1, 2).flip(1).float()
        standardised = ((rgb - _MEAN) / _STD).contiguous(memory_format=torch.channels_last)
        return self.trunk.head_map(self.trunk(standardised)[-1]).mean((2, 3))


class Embedder(nn.Module):
    """Pictures (N, S, S, 3) uint8 BGR to unit vectors (N, 256)."""

    def __init__(self, features: PooledLite) -> None:
        super().__init__()
        self.features = features
        self.project = nn.Linear(HEAD_CHANNELS, EMBEDDING_CHANNELS)

    def forward(self, pictures_bgr: Tensor) -> Tensor:
        return functional.normalize(self.project(self.features(pictures_bgr)))


class CosineClassifier(nn.Module):
    """An embedder with one direction per product: (N, products) scaled cosines, from which it learns.

    Wang et al., "CosFace", arXiv 1801.09414, whose margin ``MarginLoss`` takes off.
    """

    SCALE = 24.0

    def __init__(self, embedder: Embedder, products: int) -> None:
        super().__init__()
        self.embedder = embedder
        self.directions = nn.Parameter(functional.normalize(torch.randn(products, EMBEDDING_CHANNELS)))

    def forward(self, pictures_bgr: Tensor) -> Tensor:
        cosines: Tensor = self.embedder(pictures_bgr) @ functional.normalize(self.directions).T
        return self.SCALE * cosines


class MarginLoss(nn.Module):
    """Cross-entropy with the right product's cosine made smaller by a margin: look-alikes are pushed apart hardest."""

    def __init__(self, margin: float = 0.15) -> None:
        super().__init__()
        self._handicap = CosineClassifier.SCALE * margin

    def forward(self, scaled_cosines: Tensor, products: Tensor) -> Tensor:
        right = functional.one_hot(products, scaled_cosines.shape[1])
        return functional.cross_entropy(scaled_cosines - self._handicap * right, products)


def imagenet_features(size: LiteSize = LITE2, *, frozen_blocks: int = _FROZEN_BLOCKS) -> PooledLite:
    """Features that know ImageNet."""
    features = PooledLite(size, frozen_blocks=frozen_blocks)
    know_imagenet(features.trunk, size)
    return features
