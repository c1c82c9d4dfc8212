"""Exact search among reference vectors: every reference is compared, in blocks, so that memory stays bounded."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

_BLOCK_ROWS = 16_384
_BLOCK_QUERIES = 256


@dataclass(frozen=True, eq=False)
class References:
    """``vectors`` (R, D), the rows of products ``product_of`` (R,), which count from 0 without a hole."""

    vectors: Vectors
    product_of: NDArray[np.intp]

    @cached_property
    def _grouped(self) -> tuple[Vectors, NDArray[np.intp]]:
        """The vectors product by product, and where each product begins."""
        if (np.diff(self.product_of) >= 0).all():
            return self.vectors, _starts(self.product_of)
        order = np.argsort(self.product_of, kind="stable")
        return self.vectors[order], _starts(self.product_of[order])

    def likeness(self, queries: Vectors) -> Vectors:
        """(N, products) the largest product of each query (N, D) with any reference of each product."""
        vectors, starts = self._grouped
        best = np.full((len(queries), len(starts)), -np.inf, np.float32)
        for begin in range(0, len(vectors), _BLOCK_ROWS):
            rows = vectors[begin : begin + _BLOCK_ROWS]
            first = int(np.searchsorted(starts, begin, "right")) - 1
            last = int(np.searchsorted(starts, begin + len(rows)))
            inside = np.maximum(starts[first:last] - begin, 0)
            here = np.maximum.reduceat(queries @ rows.T, inside, axis=1)
            np.maximum(best[:, first:last], here, out=best[:, first:last])
        return best

    def top(self, queries: Vectors, count: int) -> tuple[NDArray[np.intp], Vectors]:
        """((N, k), (N, k)) the ``count`` most similar products of each query and their likeness, best first."""
        found = [best_first(self.likeness(part), count) for part in _parts(queries)]
        if not found:
            return np.empty((0, count), np.intp), np.empty((0, count), np.float32)
        return np.concatenate([rows for rows, _ in found]), np.concatenate([values for _, values in found])


def _starts(grouped: NDArray[np.intp]) -> NDArray[np.intp]:
    return np.flatnonzero(np.diff(grouped, prepend=-1))


def _parts(queries: Vectors) -> Iterator[Vectors]:
    for begin in range(0, len(queries), _BLOCK_QUERIES):
        yield queries[begin : begin + _BLOCK_QUERIES]


def best_first(values: Vectors, count: int) -> tuple[NDArray[np.intp], Vectors]:
    """((N, k), (N, k)) columns and values of the ``count`` largest of each row of (N, P), at most P of them."""
    count = min(count, values.shape[1])
    if count < values.shape[1]:
        columns = np.sort(np.argpartition(-values, count - 1, axis=1)[:, :count], axis=1)
    else:
        columns = np.tile(np.arange(count), (len(values), 1))
    found = np.take_along_axis(values, columns, 1)
    order = np.argsort(-found, axis=1, kind="stable")
    return np.take_along_axis(columns, order, 1), np.take_along_axis(found, order, 1)
