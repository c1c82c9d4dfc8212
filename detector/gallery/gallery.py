"""The gallery: what each product of a store looks like, and which products a facing may be."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from detector.contract import CANDIDATES, UNKNOWN_PRODUCT
from detector.gallery.prints import PrintFeatures
from detector.gallery.search import References, best_first
from detector.manifest import LooksFit

Vectors = NDArray[np.float32]

_TINY = 1e-6
_MIN_CHANCE = 0.02


def unit(vectors: Vectors) -> Vectors:
    """Rows scaled to length 1."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, _TINY), np.float32)


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference picture of a product, as the store's catalogue names it."""

    gtin: str
    picture_id: str


@dataclass(frozen=True, eq=False)
class Look:
    """What one picture of a front looks like: as a whole, ``vector`` (D,) of length 1, and point by point."""

    vector: Vectors
    print: PrintFeatures


@dataclass(frozen=True, eq=False)
class Gallery:
    """The references of one store and the look of each."""

    references: tuple[Reference, ...] = ()
    looks: tuple[Look, ...] = ()

    @cached_property
    def gtins(self) -> tuple[str, ...]:
        """The products, each once."""
        return tuple(dict.fromkeys(reference.gtin for reference in self.references))

    @cached_property
    def name(self) -> str:
        """Names exactly these references; empty for a gallery without any."""
        if not self.references:
            return ""
        message = "\n".join(f"{reference.gtin} {reference.picture_id}" for reference in self.references)
        return hashlib.sha256(message.encode()).hexdigest()[:12]

    @cached_property
    def _search(self) -> References:
        places = {gtin: place for place, gtin in enumerate(self.gtins)}
        rows = np.array([places[reference.gtin] for reference in self.references], np.intp)
        return References(np.stack([look.vector for look in self.looks]).astype(np.float32), rows)

    def likeness(self, vectors: Vectors) -> Vectors:
        """(N, products) cosine to each product's most similar reference picture."""
        return self._search.likeness(vectors)

    @cached_property
    def prints(self) -> tuple[tuple[PrintFeatures, ...], ...]:
        """Those of each product."""
        found: dict[str, list[PrintFeatures]] = {}
        for reference, look in zip(self.references, self.looks, strict=True):
            found.setdefault(reference.gtin, []).append(look.print)
        return tuple(tuple(found[gtin]) for gtin in self.gtins)


def candidates_of(heat: Vectors) -> tuple[NDArray[np.int32], Vectors]:
    """(candidates (N, 5), chances (N, 5)) as ``Facings`` holds them, best first, of heat (N, products).

    The chances of all products and of "none of these", whose heat is 0, add up to 1, so that a product which is not in
    the gallery leaves its facing with small chances or with no candidate at all.
    """
    candidates = np.full((len(heat), CANDIDATES), UNKNOWN_PRODUCT, np.int32)
    chances = np.zeros((len(heat), CANDIDATES), np.float32)
    if not heat.size:
        return candidates, chances
    top, best = best_first(softmax_with_none(heat), CANDIDATES)
    likely = best >= _MIN_CHANCE
    width = top.shape[1]
    candidates[:, :width][likely] = top[likely]
    chances[:, :width][likely] = best[likely]
    return candidates, chances


def chances_of(likeness: Vectors, fit: LooksFit) -> Vectors:
    """(N, products) chances of likeness (N, products); what they lack of 1 is the chance of "none of these"."""
    return softmax_with_none(np.asarray((likeness - fit.unknown_at) / fit.temperature, np.float32))


def softmax_with_none(heat: Vectors) -> Vectors:
    """(N, products) chances of heat (N, products) beside a "none of these" of heat 0."""
    most = np.maximum(heat.max(1, keepdims=True), 0)
    weights = np.exp(heat - most)
    return np.asarray(weights / (weights.sum(1, keepdims=True) + np.exp(-most)), np.float32)


def gallery_of(references: Sequence[Reference], looks: Sequence[Look]) -> Gallery:
    """A gallery of references and the look of each."""
    return Gallery(tuple(references), tuple(looks))
