"""The gallery: what each product of a store looks like, and which products a facing may be.

What a facing looks like is read off the network's map at a grid of points: its embedding.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from detector.contract import CANDIDATES, UNKNOWN_PRODUCT
from detector.gallery.search import References, best_first
from detector.manifest import EMBEDDING_COLUMNS, EMBEDDING_ROWS, EMBEDDING_SIZE, EMBEDDING_STRIDE_PX, LooksFit, Maps

_TINY = 1e-6

_MIN_CHANCE = 0.02


def embeddings_at(embedding: Maps, boxes_xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, 384) unit vectors for boxes (px of the network's picture) over one picture's map (32, H/8, W/8)."""
    if not len(boxes_xyxy):
        return np.empty((0, EMBEDDING_SIZE), np.float32)
    xs = _points(boxes_xyxy[:, 0], boxes_xyxy[:, 2], EMBEDDING_COLUMNS)
    ys = _points(boxes_xyxy[:, 1], boxes_xyxy[:, 3], EMBEDDING_ROWS)
    cells = _bilinear(embedding, ys[:, :, None], xs[:, None, :])
    vectors = cells.transpose(1, 2, 3, 0).reshape(len(boxes_xyxy), EMBEDDING_SIZE)
    return unit(vectors)


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows scaled to length 1."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, _TINY), np.float32)


def _points(start: NDArray[np.float32], stop: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """(N, count) places on the map: the middles of equal parts of each stretch."""
    middles = (np.arange(count, dtype=np.float32) + 0.5) / count
    places = start[:, None] + (stop - start)[:, None] * middles
    return (places / EMBEDDING_STRIDE_PX - 0.5).astype(np.float32)


def _bilinear(embedding: Maps, ys: NDArray[np.float32], xs: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = embedding.shape[1:]
    ys, xs = np.broadcast_arrays(ys.clip(0, height - 1), xs.clip(0, width - 1))
    top, left = ys.astype(np.intp), xs.astype(np.intp)
    bottom, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    down, across = ys - top, xs - left
    upper = embedding[:, top, left] * (1 - across) + embedding[:, top, right] * across
    lower = embedding[:, bottom, left] * (1 - across) + embedding[:, bottom, right] * across
    return np.asarray(upper * (1 - down) + lower * down, np.float32)


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
        message = "\n".join(f"{reference.gtin} {reference.picture_id}" for reference in self.references)
        return hashlib.sha256(message.encode()).hexdigest()[:12]

    @cached_property
    def _search(self) -> References:
        places = {gtin: place for place, gtin in enumerate(self.gtins)}
        return References(self.vectors, np.array([places[reference.gtin] for reference in self.references], np.intp))

    def likeness(self, embeddings: Vectors) -> Vectors:
        """(N, products) cosine to each product's most similar reference picture."""
        return self._search.likeness(embeddings)


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
    share = chances_of(gallery.likeness(embeddings), fit)
    top, best = best_first(share, CANDIDATES)
    likely = best >= _MIN_CHANCE
    width = top.shape[1]
    candidates[:, :width][likely] = top[likely]
    chances[:, :width][likely] = best[likely]
    return candidates, chances


def chances_of(likeness: Vectors, fit: LooksFit) -> Vectors:
    """(N, products) chances of likeness (N, products); what they lack of 1 is the chance of "none of these"."""
    heat = (likeness - fit.unknown_at) / fit.temperature
    most = np.maximum(heat.max(1, keepdims=True), 0)
    weights = np.exp(heat - most)
    return np.asarray(weights / (weights.sum(1, keepdims=True) + np.exp(-most)), np.float32)


def gallery_of(references: Sequence[Reference], vectors: Sequence[Vectors]) -> Gallery:
    """A gallery of references and the vector (384,) of each."""
    if not references:
        return Gallery()
    return Gallery(tuple(references), np.stack(vectors).astype(np.float32))
