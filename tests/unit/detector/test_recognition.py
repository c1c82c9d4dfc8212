"""Embeddings and the gallery."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector.contract import CANDIDATES, UNKNOWN_PRODUCT
from detector.gallery.gallery import Gallery, Reference, embeddings_at, gallery_of, match, unit
from detector.gallery.reference_look import shelf_row, without_margin
from detector.manifest import EMBEDDING_CHANNELS, EMBEDDING_SIZE, LooksFit

FIT = LooksFit(temperature=0.05, unknown_at=0.5)


def _vectors(count: int, seed: int) -> NDArray[np.float32]:
    return unit(np.random.default_rng(seed).normal(size=(count, EMBEDDING_SIZE)).astype(np.float32))


def _gallery(count: int, seed: int = 1) -> Gallery:
    references = [Reference(f"{index:014}", f"{index}.jpg") for index in range(count)]
    return gallery_of(references, list(_vectors(count, seed)))


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 12), st.integers(0, 6), st.integers(0, 1000))
def test_chances_are_chances(products: int, facings: int, seed: int) -> None:
    """Candidates are different products in falling order, their chances add up to no more than 1."""
    candidates, chances = match(_vectors(facings, seed), _gallery(products), FIT)
    assert (chances.sum(1) <= 1 + 1e-5).all()
    assert (np.diff(chances, axis=1) <= 1e-7).all()
    assert ((candidates == UNKNOWN_PRODUCT) == (chances == 0)).all()
    for row in candidates.tolist():
        named = [each for each in row if each != UNKNOWN_PRODUCT]
        assert len(named) == len(set(named))


def test_a_product_is_known_by_its_own_picture() -> None:
    """What looks exactly like a reference is that product, nearly surely."""
    gallery = _gallery(8)
    candidates, chances = match(gallery.vectors, gallery, FIT)
    assert candidates[:, 0].tolist() == list(range(8))
    assert (chances[:, 0] > 0.9).all()


def test_a_stranger_is_unknown() -> None:
    """What looks like nothing in the gallery has no candidate of any weight."""
    candidates, chances = match(_vectors(5, seed=99), _gallery(8), FIT)
    assert (chances < 0.1).all()
    assert candidates.shape == (5, CANDIDATES)


def test_the_best_of_several_pictures_counts() -> None:
    """A product with two pictures is found by either, and listed once."""
    vectors = _vectors(3, seed=4)
    references = [Reference("a", "1.jpg"), Reference("a", "2.jpg"), Reference("b", "3.jpg")]
    gallery = gallery_of(references, list(vectors))
    candidates, _ = match(vectors, gallery, FIT)
    assert gallery.gtins == ("a", "b")
    assert candidates[:, 0].tolist() == [0, 0, 1]


def test_an_empty_gallery_knows_nothing() -> None:
    """Without products every facing is unknown."""
    candidates, chances = match(_vectors(3, seed=1), Gallery(), FIT)
    assert (candidates == UNKNOWN_PRODUCT).all()
    assert not chances.any()


def test_the_gallerys_name_follows_its_pictures() -> None:
    """Another picture gives another name; the same pictures the same."""
    assert _gallery(3).name == _gallery(3, seed=2).name
    assert _gallery(3).name != _gallery(4).name
    assert Gallery().name == ""


def test_embeddings_of_a_plain_map_are_that_of_any_cell() -> None:
    """Sampling between equal cells changes nothing, also for boxes over the border."""
    look = np.arange(1, EMBEDDING_CHANNELS + 1, dtype=np.float32)
    plain = np.broadcast_to(look[:, None, None], (EMBEDDING_CHANNELS, 9, 11)).copy()
    boxes = np.array([[0, 0, 20, 30], [-10, 40, 60, 500]], np.float32)
    wanted = unit(np.tile(look, EMBEDDING_SIZE // EMBEDDING_CHANNELS)[None])
    assert np.allclose(embeddings_at(plain, boxes), wanted, atol=1e-6)


@settings(deadline=None, max_examples=40)
@given(st.integers(20, 300), st.integers(20, 300), st.floats(30, 120))
def test_a_reference_stands_in_a_row(width: int, height: int, size_px: float) -> None:
    """The box shown to the network holds the product, inside a picture with sides divisible by 32."""
    pack = np.full((height, width, 3), 255, np.uint8)
    row, box = shelf_row(pack, size_px)
    left, top, right, bottom = (int(edge) for edge in box)
    assert row.shape[0] % 32 == 0
    assert row.shape[1] % 32 == 0
    assert (row[top:bottom, left:right] == 255).all()


def test_a_plain_margin_is_cut_away() -> None:
    """A packshot on white is shown without the white around it; a photograph without a margin stays whole."""
    picture = np.full((100, 80, 3), 255, np.uint8)
    picture[20:90, 10:60] = 30
    assert without_margin(picture).shape == (70, 50, 3)
    busy = np.random.default_rng(1).integers(0, 255, (50, 40, 3)).astype(np.uint8)
    assert without_margin(busy).shape == (50, 40, 3)
