"""The network that names facings on torch: for a GPU, which looks at all facings of a frame at once."""

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load

from detector.backends.base import Precision
from detector.model.embedder import Embedder, PooledLite
from detector.model.lite import LITE0
from detector.recognise.looks import Looks
from shelfstream.errors import Unavailable

_AT_ONCE = 256
_MEMORY_BACK_AFTER_S = 2.0


class TorchNetwork:
    """Weights of a safetensors file, on CUDA where there is one; in bfloat16 there where that is asked for."""

    def __init__(self, weights: bytes, side_px: int, *, precision: Precision = Precision.F32) -> None:
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._low_precision = precision is Precision.BF16 and self._device.type == "cuda"
        network = Embedder(PooledLite(LITE0))
        network.load_state_dict(load(weights))
        self._network = network.float().eval().to(self._device).to(memory_format=torch.channels_last)
        self.side_px = side_px

    def run(self, pictures_bgr: NDArray[np.uint8]) -> Looks:
        """(N, D) of pictures (N, side, side, 3) uint8 BGR. Raises ``Unavailable`` while the device has no room."""
        parts = [pictures_bgr[begin : begin + _AT_ONCE] for begin in range(0, len(pictures_bgr), _AT_ONCE)]
        try:
            return np.concatenate([self._looks(part) for part in parts])
        except torch.OutOfMemoryError as exc:
            raise Unavailable(f"memory of the device: {exc}", retry_after_s=_MEMORY_BACK_AFTER_S) from None

    def _looks(self, pictures_bgr: NDArray[np.uint8]) -> Looks:
        with torch.inference_mode(), torch.autocast(self._device.type, torch.bfloat16, enabled=self._low_precision):
            looks = self._network(torch.from_numpy(pictures_bgr).to(self._device, non_blocking=True))
        return np.asarray(looks.float().cpu().numpy(), np.float32)
