"""torch: where one trains, exports or owns a GPU. Reads safetensors only."""

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load

from detector.layout import RawMaps
from detector.model.build import shelfnet_of


class TorchBackend:
    """The network with weights of a safetensors file, in float32, on CUDA where there is one."""

    def __init__(self, weights: bytes) -> None:
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._network = shelfnet_of(load(weights)).to(self._device)

    def run(self, images_bgr: NDArray[np.uint8]) -> RawMaps:
        """Maps for pictures (N, H, W, 3) uint8 BGR of one size, sides divisible by 32."""
        with torch.inference_mode():
            maps = self._network(torch.from_numpy(images_bgr).to(self._device))
        return RawMaps(*(each.cpu().numpy() for each in maps))
