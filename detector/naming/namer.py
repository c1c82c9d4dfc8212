"""Names facings: which product of a gallery each may be, by its look as a whole and then print by print.

A small network looks at every facing as it is in the frame. Where several products are alike, or the likest is not
sure, the prints of the likest few are compared point by point (``detector.gallery.prints``).
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.backends.base import Precision
from detector.contract import UNKNOWN_PRODUCT
from detector.gallery.gallery import Gallery, Look, Vectors, candidates_of, softmax_with_none, unit
from detector.gallery.prints import FACING, PrintFeatures, PrintFit, compare, print_of
from detector.gallery.search import best_first
from detector.jpeg import Image
from detector.manifest import LooksFit
from detector.naming.memory import cut
from detector.recognise.classifier import Classifier, open_classifier, second_opinion
from detector.recognise.looks import Network, OnnxNetwork, squared
from detector.recognise.on_shelf import on_shelf
from detector.recognise.packshot import Packshot, cut_out, without_margin
from detector.recognise.recogniser import ModelCard, print_fit_of, read_card
from detector.weights_file import read_verified

SHIPPED_NAMER = Path(__file__).parents[1] / "weights" / "facings.json"

_ON_SHELF_VIEWS, _VIEWS_SEED = 7, 1
_COMPARED = 8
_SURE = 0.98
_THREADS = 2


@dataclass(frozen=True, eq=False)
class Names:
    """What facings may be: ``candidates`` (N, 5) and their ``chances``, as ``Facings`` has them.

    ``compared`` (N,): its print was, or need not be.
    """

    candidates: NDArray[np.int32]
    chances: Vectors
    compared: NDArray[np.bool_]


class Namer:
    """Keeps nothing between frames; may be used from several threads.

    ``model`` names the exact weights. ``budget_s`` is for how long prints are compared for one frame: the least sure
    facings come first, and what is left may be asked again. A ``classifier`` of the store's own products is asked for
    its opinion of the same facings.
    """

    def __init__(
        self,
        network: Network,
        *,
        model: str,
        fit: LooksFit,
        print_fit: PrintFit,
        budget_s: float,
        classifier: Classifier | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.model = model if classifier is None else f"{model}+{classifier.model}"
        self._network = network
        self._fit = fit
        self._print_fit = print_fit
        self._budget_s = budget_s
        self._classifier = classifier
        self._monotonic_s = monotonic_s

    def look_of(self, image_bgr: Image) -> Look:
        """What a gallery holds of a picture (H, W, 3) uint8 of a product's front."""
        front, views = views_of_reference(image_bgr, self._network.side_px)
        vectors = unit(self._network.run(views))
        return Look(unit(vectors.mean(0, keepdims=True))[0], print_of(front, FACING))

    def look_of_facing(self, facing_bgr: Image) -> Look:
        """What a facing (H, W, 3), cut out of a frame, looks like."""
        vector = unit(self._network.run(squared(facing_bgr, self._network.side_px)[None]))[0]
        return Look(vector, print_of(facing_bgr, FACING))

    def name(self, image_bgr: Image, boxes_xyxy: NDArray[np.float32], gallery: Gallery) -> Names:
        """What the facings at boxes (N, 4) px of a picture may be."""
        if not len(boxes_xyxy) or not gallery.gtins:
            return Names(*candidates_of(np.empty((len(boxes_xyxy), 0), np.float32)), np.ones(len(boxes_xyxy), np.bool_))
        crops = [cut(image_bgr, box) for box in boxes_xyxy]
        pictures = np.stack([squared(crop, self._network.side_px) for crop in crops])
        heat = self.heat_of(unit(self._network.run(pictures)), gallery)
        compared = self._compare(crops, heat, gallery)
        return Names(*candidates_of(heat), compared)

    def heat_of(self, vectors: Vectors, gallery: Gallery) -> Vectors:
        """(N, products) of looks (N, D) before any print is compared, where "none of these" is 0."""
        return np.asarray((gallery.likeness(vectors) - self._fit.unknown_at) / self._fit.temperature, np.float32)

    def name_look(self, look: Look, gallery: Gallery) -> list[tuple[str, float]]:
        """Products of a gallery that a reference may be taken for, with the chance of each, the likeliest first."""
        if not gallery.gtins:
            return []
        heat = self.heat_of(look.vector[None], gallery)
        self._add_worths(look.print, heat[0], gallery)
        candidates, chances = candidates_of(heat)
        pairs = zip(candidates[0].tolist(), chances[0].tolist(), strict=True)
        return [(gallery.gtins[place], chance) for place, chance in pairs if place != UNKNOWN_PRODUCT]

    def _compare(self, crops: Sequence[Image], heat: Vectors, gallery: Gallery) -> NDArray[np.bool_]:
        """Adds what prints are worth to ``heat``; returns (N,) of which facings that is done."""
        sure = softmax_with_none(heat).max(1)
        compared = np.asarray(sure >= _SURE, np.bool_)
        until_s = self._monotonic_s() + self._budget_s
        asked = np.flatnonzero(~compared)
        asked = asked[np.argsort(sure[asked], kind="stable")]

        def compare_one(row: int) -> None:
            if self._monotonic_s() < until_s:
                self._ask_classifier(crops[row], heat[row], gallery)
                self._add_worths(print_of(crops[row], FACING), heat[row], gallery)
                compared[row] = True

        if len(asked) and self._budget_s > 0:
            with ThreadPoolExecutor(_THREADS) as pool:
                list(pool.map(compare_one, asked.tolist()))
        return compared

    def _ask_classifier(self, facing: Image, heat: Vectors, gallery: Gallery) -> None:
        if self._classifier is not None:
            chances = self._classifier.chances([facing])
            heat += second_opinion(chances, self._classifier.products, gallery.gtins)[0]

    def _add_worths(self, seen: PrintFeatures, heat: Vectors, gallery: Gallery) -> None:
        likest, _ = best_first(heat[None], _COMPARED)
        for column in likest[0].tolist():
            worths = [self._print_fit.worth(compare(seen, reference)) for reference in gallery.prints[column]]
            heat[column] += max(worths) / self._fit.temperature


def views_of_reference(image_bgr: Image, side_px: int) -> tuple[Image, NDArray[np.uint8]]:
    """(the front (h, w, 3) without what is around it, views of it (N, side, side, 3)) of a picture (H, W, 3) uint8 BGR.

    The same picture always gives the same views.
    """
    pack = cut_out(image_bgr)
    if pack is None:
        front = without_margin(image_bgr)
        pack = Packshot(front, np.full(front.shape[:2], 255, np.uint8))
    rng = np.random.default_rng(_VIEWS_SEED)
    shown = [on_shelf(pack, (), side_px, rng) for _ in range(_ON_SHELF_VIEWS)]
    return pack.image_bgr, np.stack([squared(pack.image_bgr, side_px), *shown])


@dataclass(frozen=True, slots=True)
class NamerOptions:
    """How a namer runs: with so many ``threads`` or, ``on_torch``, on a GPU where there is one, in a ``precision``."""

    threads: int
    budget_s: float
    on_torch: bool = False
    precision: Precision = Precision.F32


def open_namer(card_path: Path, options: NamerOptions, classifier: Path | None = None) -> Namer:
    """The namer with the weights of a manifest, and of a classifier's. Raises ``Faults`` for weights that are wrong."""
    card = read_card(card_path)
    return Namer(
        _network(card_path, card, options),
        model=card.model,
        fit=card.fit,
        print_fit=print_fit_of(card),
        budget_s=options.budget_s,
        classifier=None if classifier is None else open_classifier(classifier, threads=1),
    )


def _network(card_path: Path, card: ModelCard, options: NamerOptions) -> Network:
    if not options.on_torch:
        return OnnxNetwork(read_verified(card_path, card.files, ".onnx"), card.side_px, threads=options.threads)
    from detector.naming.torch_network import TorchNetwork  # noqa: PLC0415 - who runs ONNX Runtime need not have torch

    weights = read_verified(card_path, card.files, ".safetensors")
    return TorchNetwork(weights, card.side_px, precision=options.precision)
