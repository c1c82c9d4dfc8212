"""Recognising pictures of single products by references."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.evaluate.recognition import Queries, auroc, compared, fit_looks, unknown_auroc
from detector.gallery.prints import PrintFit
from detector.manifest import LooksFit
from detector.recognise.composites import composite
from detector.recognise.labelled import examples_in, held_out
from detector.recognise.looks import discriminant
from detector.recognise.packshot import cut_out
from detector.recognise.recogniser import Recogniser
from detector.weights_file import read_verified
from shelfstream.errors import Faults
from tests.unit.detector.recogniser_rig import COLOURS, ColourNetwork, packshot, photograph, product_folder

_FIT = LooksFit(temperature=0.3, unknown_at=1.0)


def _recogniser() -> Recogniser:
    rng = np.random.default_rng(5)
    grey = [np.full((64, 64, 3), rng.integers(30, 220), np.uint8) for _ in range(20)]
    coloured = [np.full((64, 64, 3), rng.integers(0, 255, 3), np.uint8) for _ in range(60)]
    return Recogniser(ColourNetwork(), ColourNetwork().run(np.stack(grey + coloured)), _FIT, PrintFit(0.5, 0.5))


@pytest.mark.parametrize("product", COLOURS)
def test_a_packshot_is_cut_from_its_white(product: str) -> None:
    """The cutout is the product's own rectangle, masked as the disc that it is."""
    found = cut_out(packshot(product))
    assert found is not None
    assert abs(found.mask.shape[0] - 81) <= 2
    assert (found.mask > 0).mean() == pytest.approx(np.pi / 4, abs=0.03)
    assert (found.image_bgr[found.mask > 0] == COLOURS[product]).mean() > 0.98


@given(shade=st.integers(0, 200))
def test_what_is_no_packshot_is_left_alone(shade: int) -> None:
    """Neither a dark border nor a picture without a product makes a packshot."""
    assert cut_out(np.full((40, 40, 3), shade, np.uint8)) is None
    assert cut_out(np.full((40, 40, 3), 255, np.uint8)) is None


def test_composites_show_the_product_and_repeat() -> None:
    """The same seed gives the same picture, another one another; most show a good deal of the product's hue."""
    product = cut_out(packshot("apple"))
    assert product is not None
    pictures = [composite(product, 64, np.random.default_rng(seed)) for seed in range(24)]
    assert (composite(product, 64, np.random.default_rng(3)) == pictures[3]).all()
    assert (pictures[3] != pictures[4]).any()
    red = [(picture[..., 2] > 1.6 * picture[..., :2].max(2).clip(8)).mean() for picture in pictures]
    assert np.median(red) > 0.15


def test_what_varies_within_products_counts_for_little() -> None:
    """Two products differ little in one direction and vary widely in another: the discriminant finds the one."""
    rng = np.random.default_rng(2)
    groups = np.repeat(np.arange(2), 40)
    looks = np.stack([groups * 1.0 + rng.normal(0, 0.1, 80), rng.normal(0, 10, 80)], 1).astype(np.float32)
    found = discriminant(looks, groups, ridge=1e-6)
    means = found(np.array([[0, 0], [1, 0]], np.float32))
    asked = found(np.array([[0.1, 8], [0.9, 8], [0.1, -8], [0.9, -8]], np.float32))
    assert ((asked @ means.T).argmax(1) == [0, 1, 0, 1]).all()


@pytest.mark.parametrize("packshots", [True, False])
def test_pictures_are_named_by_one_reference_each(packshots: bool) -> None:
    """Packshots or photographs as references: each product is first, with at most five and falling chances."""
    recogniser = _recogniser()
    references = [(product, packshot(product) if packshots else photograph(product, 9)) for product in COLOURS]
    gallery = recogniser.gallery_of(recogniser.enrol(references))
    answers = recogniser.recognise([photograph(product, 1) for product in COLOURS], gallery)
    assert [answer.products[0][0] for answer in answers] == list(COLOURS)
    for answer in answers:
        chances = [chance for _, chance in answer.products]
        assert chances == sorted(chances, reverse=True)
        assert 0 <= sum(chances) <= 1 + 1e-5
        assert len(chances) <= 5


def test_what_is_not_in_the_gallery_is_unknown() -> None:
    """With its references the product is known; without them its pictures are unknown more surely than any other."""
    recogniser = _recogniser()
    enrolled = recogniser.enrol([(product, packshot(product)) for product in COLOURS])
    asked = [(product, photograph(product, seed)) for product in COLOURS for seed in range(4)]
    queries = Queries(tuple(recogniser.see(picture) for _, picture in asked), tuple(name for name, _ in asked))
    seen = compared(recogniser, enrolled, queries)
    assert seen.top(1) == 1
    fit = fit_looks(seen)
    gallery = recogniser.gallery_of([each for each in enrolled if each.product != "corn"])
    answers = gallery.answers(queries.seen, fit)
    assert [answer.unknown for answer in answers] == [False] * 12 + [True] * 4
    assert np.mean([unknown_auroc(recogniser, enrolled, queries, seed) for seed in range(6)]) > 0.75


def test_auroc_counts_pairs() -> None:
    """Known values, ties counting half."""
    assert auroc(np.array([0.9, 0.5], np.float32), np.array([0.1, 0.5], np.float32)) == pytest.approx(0.875)


def test_folders_name_products_and_what_is_broken_is_named(tmp_path: Path) -> None:
    """A folder per product; a file that is no picture is a fault with its path; an empty folder is one too."""
    folder = product_folder(tmp_path / "data")
    found = examples_in(folder)
    assert [example.product for example in found] == [product for product in sorted(COLOURS) for _ in range(4)]
    learn, validate = held_out(found, 0.25, seed=1)
    assert sorted([*learn, *validate], key=lambda each: each.path) == found
    assert {example.product for example in validate} == set(COLOURS)
    (folder / "lime" / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(Faults, match=r"lime/broken\.jpg"):
        [example.picture() for example in examples_in(folder)]
    with pytest.raises(Faults, match="folder per product"):
        examples_in(tmp_path / "nothing")


def test_files_are_read_only_as_their_manifest_describes_them(tmp_path: Path) -> None:
    """The right hash reads; another one, a pickle and a path elsewhere do not."""
    (tmp_path / "m.onnx").write_bytes(b"weights")
    right = hashlib.sha256(b"weights").hexdigest()
    manifest = tmp_path / "m.json"
    assert read_verified(manifest, {"m.onnx": right}, ".onnx") == b"weights"
    with pytest.raises(Faults, match="hash differs"):
        read_verified(manifest, {"m.onnx": "0" * 64}, ".onnx")
    for name in ("m.pt", "../m.onnx"):
        with pytest.raises(Faults, match="refused"):
            read_verified(manifest, {name: right}, Path(name).suffix)
