"""How well a classifier tells its products apart: the figures of one set of labelled pictures."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from detector.recognise.classifier import chances_of_logits

Confusion = NDArray[np.intp]
Chances = NDArray[np.float32]
PerClass = NDArray[np.float64]

_BINS = 15
_LOG_TEMPERATURES = (-2.5, 2.5)
_TINY = 1e-9


@dataclass(frozen=True, eq=False)
class Classified:
    """``chances`` (N, products) of N pictures, ``labels`` (N,) the column that is right."""

    chances: Chances
    labels: NDArray[np.intp]
    products: tuple[str, ...]

    @property
    def said(self) -> NDArray[np.intp]:
        """(N,) the likeliest product of each picture."""
        return np.asarray(self.chances.argmax(1), np.intp)

    @property
    def accuracy(self) -> float:
        """Share of pictures whose likeliest product is right: with one label each, micro precision and recall, too."""
        return float((self.said == self.labels).mean()) if len(self.labels) else 0.0

    def top(self, count: int) -> float:
        """Share of pictures whose product is among the ``count`` likeliest."""
        best = np.argsort(-self.chances, axis=1, kind="stable")[:, :count]
        return float((best == self.labels[:, None]).any(1).mean()) if len(self.labels) else 0.0

    def confusion(self) -> Confusion:
        """(products, products) pictures of the row's product that were taken for the column's."""
        return confusion_of(self.labels, self.said, len(self.products))


@dataclass(frozen=True, eq=False)
class Reliability:
    """Of pictures grouped by the chance that was said: its mean, how many of them were right, how many they are."""

    said: PerClass
    right: PerClass
    pictures: NDArray[np.intp]

    @property
    def error(self) -> float:
        """Expected calibration error: how far the two lie apart, weighted by pictures (Naeini et al., AAAI 2015)."""
        share = self.pictures / max(int(self.pictures.sum()), 1)
        return float((share * np.abs(self.said - self.right)).sum())


def confusion_of(labels: NDArray[np.intp], said: NDArray[np.intp], products: int) -> Confusion:
    """(products, products) pictures of the row's product that were taken for the column's."""
    counts = np.zeros((products, products), np.intp)
    np.add.at(counts, (labels, said), 1)
    return counts


def precision_and_recall(confusion: Confusion) -> tuple[PerClass, PerClass]:
    """((products,), (products,)); 0 where a product was never named or never shown."""
    right = np.diag(confusion).astype(np.float64)
    return right / np.maximum(confusion.sum(0), 1), right / np.maximum(confusion.sum(1), 1)


def reliability_of(classified: Classified) -> Reliability:
    """By the chance of the likeliest product, in fifteen equal steps."""
    sure = classified.chances.max(1)
    right = classified.said == classified.labels
    bins = np.minimum((sure * _BINS).astype(np.intp), _BINS - 1)
    counts = np.bincount(bins, minlength=_BINS)
    said, hits = (np.bincount(bins, each, _BINS) / np.maximum(counts, 1) for each in (sure, right))
    return Reliability(said, hits, counts)


def temperature_of(logits: NDArray[np.float32], labels: NDArray[np.intp]) -> float:
    """The temperature under which chances are most likely right, of pictures that were not learned from."""

    def badness(log_temperature: float) -> float:
        chances = chances_of_logits(logits, float(np.exp(log_temperature)))
        return -float(np.log(chances[np.arange(len(labels)), labels] + _TINY).mean())

    found = minimize_scalar(badness, bounds=_LOG_TEMPERATURES, method="bounded")
    return round(float(np.exp(found.x)), 4)


def figures(classified: Classified) -> Mapping[str, float]:
    """Accuracy and top-5; precision, recall and F1 as the mean over products that were shown (macro) and over pictures
    (micro); calibration error and the mean chance of the right product.
    """
    confusion = classified.confusion()
    shown = confusion.sum(1) > 0
    precision, recall = (each[shown] for each in precision_and_recall(confusion))
    f1 = 2 * precision * recall / np.maximum(precision + recall, _TINY)
    of_right = classified.chances[np.arange(len(classified.labels)), classified.labels]
    micro = classified.accuracy
    return {
        "pictures": float(len(classified.labels)),
        "accuracy": micro,
        "top-5": classified.top(5),
        "precision, macro": float(precision.mean()),
        "recall, macro": float(recall.mean()),
        "F1, macro": float(f1.mean()),
        "precision, recall and F1, micro": micro,
        "calibration error": reliability_of(classified).error,
        "chance of the right one, mean": float(of_right.mean()),
    }
