"""What pictures look like to the recogniser's network, by ONNX Runtime; what tells the products of a gallery apart."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from detector.gallery.gallery import unit
from detector.recognise.packshot import Image

Looks = NDArray[np.float32]

_MIDDLE = 0.7

_RIDGE = 1.0
_TINY = 1e-6


class Network(Protocol):
    """Gives the looks of pictures; ``side_px`` is the side of those that it takes."""

    side_px: int

    def run(self, pictures_bgr: NDArray[np.uint8]) -> Looks:
        """(N, D) of pictures (N, side, side, 3) uint8 BGR."""
        ...


class OnnxNetwork:
    """An exported graph for one picture; ``threads`` pictures side by side, 0: as many as there are cores.

    A picture is too little work to be shared: threads that share it would spin while they wait, and take the cores from
    everything else.
    """

    def __init__(self, graph: bytes, side_px: int, *, threads: int = 0) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        self._threads = threads or os.cpu_count() or 1
        self.side_px = side_px

    def run(self, pictures_bgr: NDArray[np.uint8]) -> Looks:
        """(N, D) of pictures (N, side, side, 3) uint8 BGR."""
        if len(pictures_bgr) < 2 or self._threads == 1:
            looks = [self._look(picture) for picture in pictures_bgr]
        else:
            with ThreadPoolExecutor(self._threads) as pool:
                looks = list(pool.map(self._look, pictures_bgr))
        return np.concatenate(looks).astype(np.float32)

    def _look(self, picture_bgr: NDArray[np.uint8]) -> Looks:
        look: Looks = self._session.run(None, {self._input: picture_bgr[None]})[0]
        return look


def look_at(picture_bgr: Image, network: Network) -> Looks:
    """(D,) the look of a photograph (H, W, 3) of one product: the mean over the whole and its middle."""
    views = np.stack([squared(picture_bgr, network.side_px), squared(_middle(picture_bgr), network.side_px)])
    return np.asarray(network.run(views).mean(0), np.float32)


def looks_at(pictures_bgr: Iterable[Image], network: Network) -> Looks:
    """(N, D) the looks of pictures as they are."""
    return network.run(np.stack([squared(picture, network.side_px) for picture in pictures_bgr]))


def squared(picture_bgr: Image, side_px: int) -> Image:
    """The picture as a square of that side."""
    smaller = min(picture_bgr.shape[:2]) > side_px
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture_bgr, (side_px, side_px), interpolation=how), np.uint8)


def _middle(picture_bgr: Image) -> Image:
    height, width = picture_bgr.shape[:2]
    side = max(1, round(min(height, width) * _MIDDLE))
    top, left = (height - side) // 2, (width - side) // 2
    return picture_bgr[top : top + side, left : left + side]


@dataclass(frozen=True, eq=False)
class Discriminant:
    """``centre`` (D,) and ``projection`` (D, D): looks minus the one times the other, scaled to length 1."""

    centre: Looks
    projection: Looks

    def __call__(self, looks: Looks) -> Looks:
        """(N, D) unit vectors of looks (N, D)."""
        return unit(np.asarray((looks - self.centre) @ self.projection, np.float32))


def discriminant(looks: Looks, groups: NDArray[np.intp], ridge: float = _RIDGE) -> Discriminant:
    """Of looks (N, D), where pictures with the same number in ``groups`` (N,) show one reference.

    The ridge is in units of the mean variance within groups: without it as many pictures as dimensions would be needed.
    """
    count = int(groups.max()) + 1
    sizes = np.maximum(np.bincount(groups, minlength=count), 1)[:, None]
    sums = np.zeros((count, looks.shape[1]), np.float64)
    np.add.at(sums, groups, looks)
    means = sums / sizes
    within = looks - means[groups]
    scatter = within.T @ within / len(looks)
    scatter += np.eye(len(scatter)) * max(ridge * float(np.trace(scatter)) / len(scatter), _TINY)
    variances, axes = np.linalg.eigh(scatter)
    return Discriminant(means.mean(0).astype(np.float32), (axes / np.sqrt(variances)).astype(np.float32))


def spread_over(strangers: Looks, references: Looks) -> Looks:
    """(R,) how much the cosine to each of the references (R, D) varies over unit vectors of other things (N, D)."""
    return np.asarray(np.maximum((references @ strangers.T).std(1), _TINY), np.float32)
