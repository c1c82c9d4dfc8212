"""Naming facings: look-alikes are told apart by their prints, and what was decided can be explained."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from deploy.commands.learning import explain
from detector.gallery.gallery import Gallery, Reference, gallery_of
from detector.gallery.prints import PrintFit
from detector.manifest import LooksFit
from detector.naming.explain import explanation, nearest_of
from detector.naming.namer import SHIPPED_NAMER, Namer, NamerOptions, Names, open_namer
from detector.naming.torch_network import TorchNetwork
from detector.recognise.classifier import Classifier
from detector.recognise.looks import OnnxNetwork, squared
from detector.recognise.on_shelf import on_shelf
from detector.recognise.recogniser import read_card
from detector.train_recogniser import export
from detector.train_recogniser.sets import rendered_products
from detector.weights_file import read_verified
from shelfstream.errors import Faults

Image = NDArray[np.uint8]
_FACING_PX = 150


class Blind:
    """A network to which everything looks alike."""

    side_px = 32

    def run(self, pictures_bgr: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.ones((len(pictures_bgr), 4), np.float32)


class Certain:
    """A classifier's network that gives the same logits for every picture."""

    side_px = 32

    def __init__(self, *logits: float) -> None:
        self._logits = np.array(logits, np.float32)

    def run(self, pictures_bgr: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.tile(self._logits, (len(pictures_bgr), 1))


def _namer(*, points: float = 1.5, budget_s: float = 60.0, classifier: Classifier | None = None) -> Namer:
    fit = LooksFit(temperature=1.0, unknown_at=1.0)
    print_fit = PrintFit(points, 2 * points)
    return Namer(Blind(), model="blind@1", fit=fit, print_fit=print_fit, budget_s=budget_s, classifier=classifier)


def _flavours(seed: int) -> list[Image]:
    return [pack.image_bgr for _, pack in rendered_products(3, seed)]


def _gallery(namer: Namer, fronts: Iterable[Image]) -> Gallery:
    looks = [namer.look_of(front) for front in fronts]
    return gallery_of([Reference("abc"[place], f"{place}.jpg") for place in range(len(looks))], looks)


def _named(namer: Namer, facing: Image, gallery: Gallery) -> Names:
    box = np.array([[0, 0, facing.shape[1], facing.shape[0]]], np.float32)
    return namer.name(facing, box, gallery)


def test_flavours_that_look_alike_are_told_apart_by_their_prints() -> None:
    """To a network that sees no difference, most facings of flavours get their own name, many of them small or dark."""
    namer, rng = _namer(), np.random.default_rng(3)
    right = asked = 0
    for seed in range(8):
        packs = [pack for _, pack in rendered_products(3, 400 + seed)]
        gallery = _gallery(namer, (pack.image_bgr for pack in packs))
        for place, pack in enumerate(packs):
            named = _named(namer, on_shelf(pack, packs, _FACING_PX, rng), gallery)
            asked += 1
            right += int(named.candidates[0, 0] == place and named.chances[0, 0] > named.chances[0, 1] + 0.05)
    assert right >= 0.6 * asked


def test_without_prints_alike_is_said_to_be_uncertain() -> None:
    """When the budget is spent, look-alikes share the chance, and the facing is marked to be compared later."""
    namer = _namer(budget_s=0.0)
    fronts = _flavours(7)
    named = _named(namer, fronts[0], _gallery(namer, fronts))
    assert named.chances[0, :3].tolist() == pytest.approx([0.25] * 3)
    assert not named.compared.any()


def test_a_flavour_that_is_not_in_the_gallery_is_less_likely_than_one_that_is() -> None:
    """Its sister's print agrees in part: it is named with a smaller chance than what agrees as a whole."""
    namer = _namer(points=0.8)
    fronts = _flavours(11)
    gallery = _gallery(namer, fronts[:2])
    own, sister = (_named(namer, front, gallery).chances[0, 0] for front in (fronts[0], fronts[2]))
    assert own > sister


@pytest.mark.parametrize("said", [0, 1, 2])
def test_a_classifier_is_asked_for_a_second_opinion(said: int) -> None:
    """Among products that look alike, the one that the store's own classifier names is first."""
    logits = [6.0 if place == said else 0.0 for place in range(3)]
    classifier = Classifier(Certain(*logits), tuple("abc"), 1.0, "own@1")
    namer = _namer(points=0.0, classifier=classifier)
    fronts = _flavours(5)
    named = _named(namer, fronts[0], _gallery(namer, fronts))
    assert named.candidates[0, 0] == said
    assert namer.model == "blind@1+own@1"


def test_the_nearest_reference_of_a_front_is_its_own() -> None:
    """With the shipped weights: its own picture agrees most, with many of its points; the sheet shows all of it."""
    namer = open_namer(SHIPPED_NAMER, NamerOptions(threads=1, budget_s=1.0))
    fronts = _flavours(23)
    gallery = _gallery(namer, fronts)
    found = nearest_of(namer, fronts[1], gallery)
    assert found[0].gtin == "b"
    assert found[0].agreement.points > 0.25 * found[0].agreement.possible
    assert len(found) == 3
    assert found[0].likeness > max(each.likeness for each in found[1:])
    sheet = explanation(namer, fronts[1], gallery, list(zip("abc", fronts, strict=True)), {"b": "lemon"})
    assert sheet.shape[1] > 4 * 100
    assert (sheet != 255).any()


def test_the_shipped_weights_see_the_same_on_torch() -> None:
    """A gallery made where ONNX Runtime runs serves a GPU: the vectors are the same to a thousandth or two."""
    card = read_card(SHIPPED_NAMER)
    pictures = np.stack([squared(front, card.side_px) for front in _flavours(7)])
    on_torch = TorchNetwork(read_verified(SHIPPED_NAMER, card.files, ".safetensors"), card.side_px)
    on_onnx = OnnxNetwork(read_verified(SHIPPED_NAMER, card.files, ".onnx"), card.side_px, threads=1)
    assert np.allclose(on_torch.run(pictures), on_onnx.run(pictures), atol=2e-3)
    fronts = _flavours(23)
    torch_namer = open_namer(SHIPPED_NAMER, NamerOptions(threads=1, budget_s=60.0, on_torch=True))
    onnx_namer = open_namer(SHIPPED_NAMER, NamerOptions(threads=1, budget_s=60.0))
    names = [_named(namer, fronts[2], _gallery(onnx_namer, fronts)) for namer in (torch_namer, onnx_namer)]
    assert np.array_equal(names[0].candidates, names[1].candidates)


def test_it_is_quantised_behind_a_gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In 8 bits it is smaller, says what it lost and names facings; where too much is lost, nothing is left."""
    monkeypatch.setattr("detector.train_recogniser.export._JUDGED", 30)
    monkeypatch.setattr("detector.train_recogniser.export._PICTURES", 20)
    arguments = ["facings", "--out", str(tmp_path / "q")]
    kept = CliRunner().invoke(export.app, [*arguments, "--max-loss", "0.2"])
    assert kept.exit_code == 0, kept.output
    metrics = read_card(tmp_path / "q" / "facings-int8.json").metrics
    assert metrics["gate.accuracy.int8"] >= metrics["gate.accuracy.f32"] - 0.2
    shipped = SHIPPED_NAMER.with_suffix(".onnx").stat().st_size
    assert (tmp_path / "q" / "facings-int8.onnx").stat().st_size < 0.7 * shipped
    fronts = _flavours(23)
    namer = open_namer(tmp_path / "q" / "facings-int8.json", NamerOptions(threads=1, budget_s=60.0))
    assert _named(namer, fronts[2], _gallery(namer, fronts)).candidates[0, 0] == 2
    shares = iter((0.9, 0.7))
    monkeypatch.setattr("detector.train_recogniser.export.right_by_look", lambda *_: next(shares))
    refused = CliRunner().invoke(export.app, ["facings", "--out", str(tmp_path / "r"), "--max-loss", "0.1"])
    assert isinstance(refused.exception, Faults)
    assert not (tmp_path / "r").exists()


def test_explaining_a_facing_on_the_command_line(tmp_path: Path) -> None:
    """A picture of one facing is explained into a file; a point where nothing stands is said."""
    folder = tmp_path
    for place, front in enumerate(_flavours(31)):
        (folder / "gallery" / f"p{place}").mkdir(parents=True)
        cv2.imwrite(str(folder / "gallery" / f"p{place}" / "front.png"), front)
    photo = folder / "gallery" / "p2" / "front.png"
    out = folder / "why.png"
    arguments = ["facing", str(photo), "--gallery", str(folder / "gallery"), "--out", str(out)]
    result = CliRunner().invoke(explain.app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert " p2: alike " in result.stdout.splitlines()[0]
    assert cv2.imread(str(out)) is not None
    blank = folder / "blank.png"
    cv2.imwrite(str(blank), np.full((200, 200, 3), 128, np.uint8))
    arguments = ["facing", str(blank), "--gallery", str(folder / "gallery"), "--out", str(out), "--at", "5", "5"]
    with pytest.raises(Faults, match="no facing at 5, 5"):
        CliRunner().invoke(explain.app, arguments, catch_exceptions=False)
