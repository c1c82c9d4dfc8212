"""The gallery: what each product of a store looks like, and which products a facing may be."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from detector.contract import CANDIDATES, UNKNOWN_PRODUCT
from detector.layout import EMBEDDING_SIZE
from detector.manifest import LooksFit

_MIN_CHANCE = 0.02

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference picture of a product, as the store's catalogue names it."""

    gtin: str
    picture_id: str


@dataclass(frozen=True, eq=False)
class Gallery:
    """Embedded reference pictures of one store: ``vectors`` (P, 384) unit rows, each of ``references``."""

    references: tuple[Reference, ...] = ()
    vectors: Vectors = field(default_factory=lambda: np.empty((0, EMBEDDING_SIZE), np.float32))

    @cached_property
    def gtins(self) -> tuple[str, ...]:
        """The products, each once."""
        return tuple(dict.fromkeys(reference.gtin for reference in self.references))

    @cached_property
    def name(self) -> str:
        """Names exactly these references; empty for a gallery without any."""
        if not self.references:
            return ""
        told = "\n".join(f"{reference.gtin} {reference.picture_id}" for reference in self.references)
        return hashlib.sha256(told.encode()).hexdigest()[:12]

    @cached_property
    def _product_of(self) -> NDArray[np.intp]:
        places = {gtin: place for place, gtin in enumerate(self.gtins)}
        return np.array([places[reference.gtin] for reference in self.references], np.intp)

    def likeness(self, embeddings: Vectors) -> Vectors:
        """(N, products) cosine to each product's most similar reference picture."""
        to_pictures = embeddings @ self.vectors.T
        best = np.full((len(embeddings), len(self.gtins)), -1, np.float32)
        np.maximum.at(best.T, self._product_of, to_pictures.T)
        return best


def match(embeddings: Vectors, gallery: Gallery, fit: LooksFit) -> tuple[NDArray[np.int32], Vectors]:
    """(candidates (N, 5), chances (N, 5)) as ``Facings`` holds them, best first.

    The chances of all products and of "none of these" add up to 1, so that a product which is not in the gallery
    leaves its facing with small chances or with no candidate at all.
    """
    count = len(embeddings)
    candidates = np.full((count, CANDIDATES), UNKNOWN_PRODUCT, np.int32)
    chances = np.zeros((count, CANDIDATES), np.float32)
    if not gallery.gtins or not count:
        return candidates, chances
    heat = (gallery.likeness(embeddings) - fit.unknown_at) / fit.temperature
    weights = np.exp(heat - np.maximum(heat.max(1, keepdims=True), 0))
    nothing = np.exp(-np.maximum(heat.max(1), 0))
    share = weights / (weights.sum(1) + nothing)[:, None]
    top = np.argsort(-share, axis=1, kind="stable")[:, :CANDIDATES]
    told = np.take_along_axis(share, top, 1)
    likely = told >= _MIN_CHANCE
    width = top.shape[1]
    candidates[:, :width][likely] = top[likely]
    chances[:, :width][likely] = told[likely]
    return candidates, chances


def gallery_of(references: Sequence[Reference], vectors: Sequence[Vectors]) -> Gallery:
    """A gallery of references and the vector (384,) of each."""
    if not references:
        return Gallery()
    return Gallery(tuple(references), np.stack(vectors).astype(np.float32))
