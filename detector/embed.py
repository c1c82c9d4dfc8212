"""Embeddings of facings, read off the network's map: what the print looks like at a grid of points over the box."""

import numpy as np
from numpy.typing import NDArray

from detector.layout import EMBEDDING_COLUMNS, EMBEDDING_ROWS, EMBEDDING_SIZE, EMBEDDING_STRIDE_PX, Maps

_TINY = 1e-6


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
