"""torch: where one trains, exports or owns a GPU. Reads safetensors only."""

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load

from detector.backends.base import Precision
from detector.manifest import OUTPUT_NAMES, RawMaps
from detector.model.shelfnet import shelfnet_of
from shelfstream.errors import Unavailable

_MEMORY_BACK_AFTER_S = 2.0


_ON_CUDA = 16


class TorchBackend:
    """The network with weights of a safetensors file, on CUDA where there is one.

    It computes in float32; in bfloat16 where that is asked for and there is CUDA. What comes out is float32.
    """

    def __init__(self, weights: bytes, *, precision: Precision = Precision.F32) -> None:
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        on_cuda = self._device.type == "cuda"
        self._network = shelfnet_of(load(weights)).to(self._device).to(memory_format=torch.channels_last)
        self.precision = precision if on_cuda else Precision.F32
        self.most_at_once = _ON_CUDA if on_cuda else 1

    def run(self, images_bgr: NDArray[np.uint8]) -> RawMaps:
        """Maps for pictures (N, H, W, 3) uint8 BGR of one size, sides divisible by 32.

        Several pictures that do not fit into the device's memory are run in halves. Raises ``Unavailable`` when it has
        no room for a single one: whoever else uses the device may be done soon.
        """
        try:
            with torch.inference_mode(), self._autocast():
                maps = self._network(torch.from_numpy(images_bgr).to(self._device, non_blocking=True))
                return RawMaps(*(each.float().cpu().numpy() for each in maps))
        except torch.OutOfMemoryError as exc:
            full = str(exc)  # not the error itself: its traceback holds on to the memory that is wanted back
        return self._run_in_halves(images_bgr, full)

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self._device.type, torch.bfloat16, enabled=self.precision is Precision.BF16)

    def _run_in_halves(self, images_bgr: NDArray[np.uint8], full: str) -> RawMaps:
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        count = len(images_bgr)
        if count < 2:
            raise Unavailable(f"memory of the device: {full}", retry_after_s=_MEMORY_BACK_AFTER_S)
        halves = self.run(images_bgr[: count // 2]), self.run(images_bgr[count // 2 :])
        return RawMaps(*(np.concatenate([getattr(half, name) for half in halves]) for name in OUTPUT_NAMES))
