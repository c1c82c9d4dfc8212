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
from detector.contract import UNKNOWN_PRODUCT, FacingKind
from detector.evaluate.found import WORKING_SCORE
from detector.gallery.gallery import Gallery, Look, Reference, gallery_of
from detector.jpeg import read_photograph
from detector.manifest import LooksFit
from detector.pipeline import Detector
from detector.recognise.recogniser import Enrolled, Recogniser
from shelfstream.catalogue.folder.pictures import picture_path
from shelfstream.catalogue.folder.read import check_folder
from shelfstream.clock import ManualClock
from simulator.store.camera import SimCamera
from simulator.store.truth import frame_truth

_START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_APART = timedelta(minutes=37)
_SAME_BOX = 0.5
_SURELY = 0.7

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


@dataclass(frozen=True, slots=True)
class Named:
    """Facings of a known product: how many were found, and how many of these were called right and surely wrong."""

    found: int
    right: int
    wrong: int


def name_store(detector: Detector, catalogue: Path, frames: int) -> Named:
    """Facings found in ``frames`` pictures of each camera of a simulated store, named by all products of its folder."""
    gallery = _gallery(detector, catalogue)
    found = right = wrong = 0
    for image, boxes, gtins in _frames(catalogue, frames):
        facings = detector.see(image, gallery).of_kind(FacingKind.FACING)
        facings = facings.select(facings.scores >= WORKING_SCORE)
        overlaps = iou(facings.boxes_xyxy, boxes)
        for row, best in enumerate(overlaps.argmax(1)):
            if overlaps[row, best] < _SAME_BOX or gtins[best] not in gallery.gtins:
                continue
            named = facings.candidates[row, 0]
            same = named != UNKNOWN_PRODUCT and gallery.gtins[named] == gtins[best]
            found, right = found + 1, right + int(same)
            wrong += int(not same and facings.candidate_scores[row, 0] >= _SURELY)
    return Named(found, right, wrong)


def _gallery(detector: Detector, catalogue: Path) -> Gallery:
    checked = check_folder(catalogue)
    references, looks = [], []
    for product in checked.catalogue.products.values():
        for name in product.pictures:
            picture = read_photograph(picture_path(checked.folders[product.store], name))
            references.append(Reference(product.gtin, name))
            looks.append(detector.look_of(picture))
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
    """Pictures and the products that they show."""

    seen: tuple[Look, ...]
    products: tuple[str, ...]


def compared(recogniser: Recogniser, references: Sequence[Enrolled], queries: Queries) -> Recognised:
    """Queries against all products; all of theirs must be among the references."""
    gallery = recogniser.gallery_of(references)
    column = {product: place for place, product in enumerate(gallery.products)}
    return Recognised(gallery.likeness(queries.seen), np.array([column[each] for each in queries.products], np.intp))


def unknown_auroc(recogniser: Recogniser, references: Sequence[Enrolled], queries: Queries, seed: int) -> float:
    """How often a picture of a known product is more like one than a picture of a product left out, a third of all.

    Area under the ROC curve, by Mann and Whitney's count of pairs; ties count half.
    """
    products = sorted({each.product for each in references})
    left_out = set(np.random.default_rng(seed).permutation(products)[: len(products) // _LEFT_OUT].tolist())
    gallery = recogniser.gallery_of([each for each in references if each.product not in left_out])
    best = gallery.likeness(queries.seen).max(1)
    strange = np.array([product in left_out for product in queries.products])
    return auroc(best[~strange], best[strange])


def auroc(of_known: NDArray[np.float32], of_strangers: NDArray[np.float32]) -> float:
    """Share of pairs in which the known one has the higher score."""
    higher = of_known[:, None] - of_strangers[None, :]
    return float(((higher > 0) + 0.5 * (higher == 0)).mean())
