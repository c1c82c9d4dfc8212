"""How well products are recognised: on frames of a simulated store, and on pictures of single products."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from detector.boxes import iou
from detector.evaluate.run_model import Looker
from detector.gallery.gallery import Gallery, Reference, gallery_of
from detector.jpeg import read_photograph
from detector.manifest import LooksFit
from detector.recognise.looks import Looks
from detector.recognise.recogniser import Enrolled, Recogniser
from shelfstream.catalogue.folder.pictures import picture_path
from shelfstream.catalogue.folder.read import check_folder
from shelfstream.clock import ManualClock
from simulator.store.camera import SimCamera
from simulator.store.truth import frame_truth

_START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_APART = timedelta(minutes=37)
_SAME_BOX = 0.5

_LEFT_OUT = 3


@dataclass(frozen=True, eq=False)
class Recognised:
    """``likeness`` (N, products) of every facing that was found, ``product`` (N,) the column that is right."""

    likeness: NDArray[np.float32]
    product: NDArray[np.intp]

    def top(self, count: int) -> float:
        """Share of facings whose product is among the ``count`` most similar."""
        best = np.argsort(-self.likeness, axis=1)[:, :count]
        return float((best == self.product[:, None]).any(1).mean())


def recognise_store(looker: Looker, catalogue: Path, frames: int) -> Recognised:
    """Facings found in ``frames`` pictures of each camera, compared with all products of the catalogue folder."""
    gallery = _gallery(looker, catalogue)
    column = {gtin: place for place, gtin in enumerate(gallery.gtins)}
    likeness: list[NDArray[np.float32]] = []
    products: list[int] = []
    for image, boxes, gtins in _frames(catalogue, frames):
        found, embeddings = looker.facings(image)
        overlaps = iou(found, boxes)
        for row, best in enumerate(overlaps.argmax(1)):
            if overlaps[row, best] >= _SAME_BOX and gtins[best] in column:
                likeness.append(gallery.likeness(embeddings[row : row + 1])[0])
                products.append(column[gtins[best]])
    return Recognised(np.array(likeness, np.float32), np.array(products, np.intp))


def _gallery(looker: Looker, catalogue: Path) -> Gallery:
    checked = check_folder(catalogue)
    references, looks = [], []
    for product in checked.catalogue.products.values():
        for name in product.pictures:
            picture = read_photograph(picture_path(checked.folders[product.store], name))
            references.append(Reference(product.gtin, name))
            looks.append(looker.look_of(picture))
    return gallery_of(references, looks)


def _frames(catalogue: Path, frames: int) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float32], tuple[str, ...]]]:
    for camera in check_folder(catalogue).catalogue.cameras.values():
        simulated = SimCamera(camera.url, ManualClock(_START))
        for index in range(frames):
            moment = _START + index * _APART
            truth = frame_truth(camera.url, moment)
            image = cv2.imdecode(np.frombuffer(simulated.frame_at(moment), np.uint8), cv2.IMREAD_COLOR)
            yield np.asarray(image, np.uint8), truth.boxes_xyxy, truth.gtins


def fit_looks(seen: Recognised) -> LooksFit:
    """Temperature and threshold under which the chances fit best, with each product known and with it left out."""
    rows = np.arange(len(seen.product))
    without = seen.likeness.copy()
    without[rows, seen.product] = -np.inf

    def badness(parameters: NDArray[np.float64]) -> float:
        temperature, unknown = float(np.exp(parameters[0])), float(parameters[1])
        known, stranger = ((each - unknown) / temperature for each in (seen.likeness, without))
        nothing = np.zeros((len(rows), 1), np.float32)
        both = np.logaddexp.reduce(np.concatenate([known, nothing], 1), axis=1)
        alone = np.logaddexp.reduce(np.concatenate([stranger, nothing], 1), axis=1)
        return float((both - known[rows, seen.product]).mean() + alone.mean())

    found = minimize(badness, np.array([np.log(0.06), 0.6]), method="Nelder-Mead").x
    return LooksFit(temperature=round(float(np.exp(found[0])), 4), unknown_at=round(float(found[1]), 4))


@dataclass(frozen=True, eq=False)
class Queries:
    """Looks (N, D) of pictures and the products that they show."""

    looks: Looks
    products: tuple[str, ...]


def compared(recogniser: Recogniser, references: Sequence[Enrolled], queries: Queries) -> Recognised:
    """Queries against all products; all of theirs must be among the references."""
    gallery = recogniser.gallery_of(references)
    column = {product: place for place, product in enumerate(gallery.products)}
    return Recognised(gallery.likeness(queries.looks), np.array([column[each] for each in queries.products], np.intp))


def unknown_auroc(recogniser: Recogniser, references: Sequence[Enrolled], queries: Queries, seed: int) -> float:
    """How often a picture of a known product is more like one than a picture of a product left out, a third of all.

    Area under the ROC curve, by Mann and Whitney's count of pairs; ties count half.
    """
    products = sorted({each.product for each in references})
    left_out = set(np.random.default_rng(seed).permutation(products)[: len(products) // _LEFT_OUT].tolist())
    gallery = recogniser.gallery_of([each for each in references if each.product not in left_out])
    best = gallery.likeness(queries.looks).max(1)
    strange = np.array([product in left_out for product in queries.products])
    return auroc(best[~strange], best[strange])


def auroc(of_known: NDArray[np.float32], of_strangers: NDArray[np.float32]) -> float:
    """Share of pairs in which the known one has the higher score."""
    higher = of_known[:, None] - of_strangers[None, :]
    return float(((higher > 0) + 0.5 * (higher == 0)).mean())
