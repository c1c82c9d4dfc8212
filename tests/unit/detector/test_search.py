"""Exact search among references."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.gallery import search
from detector.gallery.search import References


@given(seed=st.integers(0, 10_000), rows=st.integers(1, 60), block=st.integers(1, 17), count=st.integers(1, 8))
def test_blocks_find_what_comparing_one_by_one_finds(seed: int, rows: int, block: int, count: int) -> None:
    """Whatever the size of blocks and the order of references, each product has the likeness of its best reference."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(rows, 4)).astype(np.float32)
    _, product_of = np.unique(rng.integers(0, 9, rows), return_inverse=True)
    queries = rng.normal(size=(3, 4)).astype(np.float32)
    expected = np.full((3, product_of.max() + 1), -np.inf)
    for query in range(3):
        for row in range(rows):
            likeness = float(queries[query] @ vectors[row])
            expected[query, product_of[row]] = max(expected[query, product_of[row]], likeness)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "_BLOCK_ROWS", block)
        patch.setattr(search, "_BLOCK_QUERIES", 2)
        references = References(vectors, product_of)
        np.testing.assert_allclose(references.likeness(queries), expected, rtol=1e-5, atol=1e-6)
        found, values = references.top(queries, count)
    best = np.sort(expected, axis=1)[:, ::-1][:, :count]
    np.testing.assert_allclose(values, best, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(np.take_along_axis(expected, found, 1), best, rtol=1e-5, atol=1e-6)


def test_a_hundred_thousand_references_are_searched_within_seconds() -> None:
    """150 facings against 100,000 references, five of each product: exact, and within seconds."""
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(100_000, 128)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    wanted = rng.integers(0, 100_000, 150)
    references = References(vectors, np.arange(100_000) // 5)
    began_s = time.monotonic()
    found, likeness = references.top(vectors[wanted], 5)
    assert time.monotonic() - began_s < 10
    assert (found[:, 0] == wanted // 5).all()
    np.testing.assert_allclose(likeness[:, 0], 1, atol=1e-5)
