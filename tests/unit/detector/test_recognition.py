"""The gallery: chances of products, by looks."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector.contract import CANDIDATES, UNKNOWN_PRODUCT
from detector.gallery.gallery import Gallery, Look, Reference, candidates_of, gallery_of, unit
from detector.gallery.prints import FACING, print_of
from detector.naming.namer import views_of_reference
from detector.recognise.packshot import without_margin

_SIZE = 64
_TEMPERATURE, _UNKNOWN_AT = 0.05, 0.5
_BLANK = print_of(np.full((20, 20, 3), 90, np.uint8), FACING)


def _vectors(count: int, seed: int) -> NDArray[np.float32]:
    return unit(np.random.default_rng(seed).normal(size=(count, _SIZE)).astype(np.float32))


def _gallery(count: int, seed: int = 1) -> Gallery:
    references = [Reference(f"{index:014}", f"{index}.jpg") for index in range(count)]
    return gallery_of(references, [Look(vector, _BLANK) for vector in _vectors(count, seed)])


def _heat(vectors: NDArray[np.float32], gallery: Gallery) -> NDArray[np.float32]:
    return np.asarray((gallery.likeness(vectors) - _UNKNOWN_AT) / _TEMPERATURE, np.float32)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 12), st.integers(0, 6), st.integers(0, 1000))
def test_chances_are_chances(products: int, facings: int, seed: int) -> None:
    """Candidates are different products in falling order, their chances add up to no more than 1."""
    candidates, chances = candidates_of(_heat(_vectors(facings, seed), _gallery(products)))
    assert (chances.sum(1) <= 1 + 1e-5).all()
    assert (np.diff(chances, axis=1) <= 1e-7).all()
    assert ((candidates == UNKNOWN_PRODUCT) == (chances == 0)).all()
    for row in candidates.tolist():
        named = [each for each in row if each != UNKNOWN_PRODUCT]
        assert len(named) == len(set(named))


def test_a_product_is_known_by_its_own_picture() -> None:
    """What looks exactly like a reference is that product, nearly surely."""
    candidates, chances = candidates_of(_heat(_vectors(8, seed=1), _gallery(8)))
    assert candidates[:, 0].tolist() == list(range(8))
    assert (chances[:, 0] > 0.9).all()


def test_a_stranger_is_unknown() -> None:
    """What looks like nothing in the gallery has no candidate of any weight."""
    candidates, chances = candidates_of(_heat(_vectors(5, seed=99), _gallery(8)))
    assert (chances < 0.1).all()
    assert candidates.shape == (5, CANDIDATES)


def test_the_best_of_several_pictures_counts() -> None:
    """A product with two pictures is found by either, and listed once, with the prints of both."""
    vectors = _vectors(3, seed=4)
    references = [Reference("a", "1.jpg"), Reference("b", "3.jpg"), Reference("a", "2.jpg")]
    gallery = gallery_of(references, [Look(vector, _BLANK) for vector in vectors])
    candidates, _ = candidates_of(_heat(vectors, gallery))
    assert gallery.gtins == ("a", "b")
    assert candidates[:, 0].tolist() == [0, 1, 0]
    assert [len(prints) for prints in gallery.prints] == [2, 1]


def test_nothing_known_is_no_candidate() -> None:
    """Without products every facing is unknown."""
    candidates, chances = candidates_of(np.empty((3, 0), np.float32))
    assert (candidates == UNKNOWN_PRODUCT).all()
    assert not chances.any()


def test_the_gallerys_name_follows_its_pictures() -> None:
    """Another picture gives another name; the same pictures the same."""
    assert _gallery(3).name == _gallery(3, seed=2).name
    assert _gallery(3).name != _gallery(4).name
    assert Gallery().name == ""


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 200), st.integers(1, 200), st.sampled_from([32, 96]))
def test_a_reference_of_any_shape_has_views(width: int, height: int, side_px: int) -> None:
    """However narrow a picture is, the network gets squares of its side, the same ones each time."""
    picture = np.random.default_rng(width).integers(0, 255, (height, width, 3)).astype(np.uint8)
    # Corners that happen to be alike would be taken for a plain border, and cut off.
    picture[0, 0], picture[-1, -1] = 0, 255
    front, views = views_of_reference(picture, side_px)
    assert front.shape == picture.shape
    assert views.shape[1:] == (side_px, side_px, 3)
    assert np.array_equal(views, views_of_reference(picture, side_px)[1])


def test_a_plain_margin_is_cut_away() -> None:
    """A packshot on white is shown without the white around it; a photograph without a margin stays whole."""
    picture = np.full((100, 80, 3), 255, np.uint8)
    picture[20:90, 10:60] = 30
    assert without_margin(picture).shape == (70, 50, 3)
    busy = np.random.default_rng(1).integers(0, 255, (50, 40, 3)).astype(np.uint8)
    assert without_margin(busy).shape == (50, 40, 3)
