"""The classic road: a classifier is trained, judged, made smaller, explained and asked."""

import csv
import json
from io import StringIO
from pathlib import Path
from urllib.error import URLError

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rich.console import Console
from typer.testing import CliRunner

from deploy.commands.learning import evaluate, explain
from detector.evaluate.classification import (
    Classified,
    figures,
    precision_and_recall,
    reliability_of,
    temperature_of,
)
from detector.evaluate.disturb import DISTURBANCES
from detector.recognise.classifier import chances_of_logits, open_classifier, second_opinion
from detector.recognise.labelled import examples_in
from detector.recognise.saliency import saliency_of
from detector.train_recogniser import export
from detector.train_recogniser.class_pictures import Augmentation, ClassPictures
from detector.train_recogniser.classifier import ClassifierRecipe, backbones, classifier_of, train_classifier
from detector.train_recogniser.fitting import FittingPlan, taught_loss
from shelfstream.errors import Faults
from tests.unit.detector.recogniser_rig import COLOURS, photograph, product_folder

_QUIET = Console(quiet=True)
_SIDE_PX = 64


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four products, eight photographs of each."""
    return product_folder(tmp_path_factory.mktemp("data") / "products", each=8)


def _recipe(pictures: Path, out: Path, **given: object) -> ClassifierRecipe:
    plan = FittingPlan(epochs=14, batch=8, rate=1e-3, seed=1, patience=10)
    options = {"backbone": "efficientnet_lite0", "pretrained": True, "teacher": None, **given}
    return ClassifierRecipe(
        pictures,
        plan,
        out,
        side_px=_SIDE_PX,
        augmentation=Augmentation(mirrored=True),
        **options,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def card(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manifest of a classifier that learned them."""
    path, accuracy = train_classifier(_recipe(pictures, tmp_path_factory.mktemp("run")), _QUIET)
    assert accuracy == 1
    return path


def _run(app: object, *arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)  # type: ignore[arg-type]
    assert result.exit_code == 0
    return result.stdout


def test_a_classifier_names_what_it_learned(card: Path) -> None:
    """The exported network says with chances that add up to 1 what photographs show that it never saw."""
    classifier = open_classifier(card)
    chances = classifier.chances([photograph(product, 90) for product in COLOURS])
    assert [classifier.products[column] for column in chances.argmax(1)] == list(COLOURS)
    assert np.allclose(chances.sum(1), 1, atol=1e-5)
    for name in ("report.json", "confusion.csv", "confusion.png", "reliability.png", "curve.csv", "curve.png"):
        assert (card.parent / name).is_file()


def test_it_is_judged_and_under_disturbances(card: Path, pictures: Path, tmp_path: Path) -> None:
    """All figures are told and written, for whole pictures and for each disturbance; the table of confusion adds up."""
    out, told = tmp_path / "judged", tmp_path / "figures.json"
    arguments = ("--model", str(card), "--out", str(out), "--json", str(told))
    _run(evaluate.app, "classifier", str(pictures), *arguments)
    found = json.loads(told.read_text())
    assert found["accuracy"] == found["F1, macro"] == 1
    assert {f"accuracy, {name}" for name in DISTURBANCES} < set(found)
    rows = list(csv.reader((out / "confusion.csv").open()))
    assert sum(int(count) for row in rows[1:] for count in row[1:]) == 32


def test_it_is_quantised_behind_a_gate(card: Path, pictures: Path, tmp_path: Path) -> None:
    """In 8 bits the file is a third of the size and as right; where too much would be lost nothing is written."""
    _run(export.app, "classifier", str(card), "--out", str(tmp_path / "q"), "--pictures", str(pictures))
    small = tmp_path / "q" / "classifier-int8.json"
    assert (tmp_path / "q" / "classifier-int8.onnx").stat().st_size < 0.4 * (
        card.parent / "classifier.onnx"
    ).stat().st_size
    assert open_classifier(small).products == open_classifier(card).products
    assert json.loads(small.read_text())["metrics"]["gate.accuracy.int8"] >= 0.99
    lone = product_folder(tmp_path / "lone", each=1)
    for product in list(COLOURS)[1:]:
        (lone / product / "0.png").unlink()
    with pytest.raises(Faults, match="shows too little"):
        _run(export.app, "classifier", str(card), "--out", str(tmp_path / "no"), "--pictures", str(lone))
    assert not (tmp_path / "no").exists()


def test_a_smaller_network_learns_from_a_larger_one(card: Path, pictures: Path, tmp_path: Path) -> None:
    """Distilling leaves a classifier of the same products; a teacher of other products is refused."""
    recipe = _recipe(pictures, tmp_path / "s", backbone="mobilenet_v3_small", pretrained=False, teacher=card)
    small, _ = train_classifier(recipe, _QUIET)
    assert open_classifier(small).products == open_classifier(card).products
    assert "--teacher" in json.loads(small.read_text())["command"]
    others = product_folder(tmp_path / "others", each=3)
    (others / "apple").rename(others / "pear")
    with pytest.raises(Faults, match="other products"):
        train_classifier(_recipe(others, tmp_path / "o", teacher=card), _QUIET)


def test_what_a_teacher_says_is_learned() -> None:
    """The loss is nothing for the teacher's own logits, and the same if both are shifted."""
    taught = torch.tensor([[2.0, -1.0, 0.5], [0.0, 3.0, 1.0]])
    assert float(taught_loss(taught, taught)) == pytest.approx(0, abs=1e-6)
    assert float(taught_loss(taught + 5, taught)) == pytest.approx(0, abs=1e-5)
    assert float(taught_loss(-taught, taught)) > 0.5


def test_explaining_shows_where_the_product_is(card: Path, tmp_path: Path) -> None:
    """Hiding the apple costs redness most, hiding a corner nothing; the command writes the picture."""
    picture = np.full((180, 180, 3), 100, np.uint8)
    cv2.circle(picture, (60, 60), 50, COLOURS["apple"], -1)
    found = saliency_of(picture, lambda shown: [float((each[..., 2] > 150).mean()) for each in shown])
    assert max(divmod(int(found.argmax()), found.shape[1])) <= 5
    assert found[:5, :5].min() > 0
    assert found[7:, 7:].max() == 0
    cv2.imwrite(str(tmp_path / "apple.png"), picture)
    arguments = (str(tmp_path / "apple.png"), "--model", str(card), "--out", str(tmp_path / "why.png"))
    assert "apple" in _run(explain.app, "picture", *arguments).splitlines()[0]
    shown = cv2.imread(str(tmp_path / "why.png"))
    assert shown is not None
    assert shown.shape == picture.shape


@given(st.integers(2, 6), st.integers(1, 40), st.integers(0, 10**6))
def test_a_second_opinion_is_bounded_and_never_about_strangers(classes: int, products: int, seed: int) -> None:
    """It moves heat by at most three, by nothing for products that it does not know or chances that are even."""
    rng = np.random.default_rng(seed)
    chances = chances_of_logits(rng.normal(0, 8, (4, classes)).astype(np.float32), 1.0)
    names = [str(place) for place in range(max(products, classes))]
    heat = second_opinion(chances, names[:classes], names)
    assert np.abs(heat).max() <= 3
    assert not heat[:, classes:].any()
    even = np.full((1, classes), 1 / classes, np.float32)
    assert np.allclose(second_opinion(even, names[:classes], names), 0, atol=1e-5)


@given(st.integers(0, 500))
def test_temperature_makes_chances_honest(seed: int) -> None:
    """Logits that are three times as sure as they may be get a temperature near three and a smaller error."""
    rng = np.random.default_rng(seed)
    right = rng.normal(0, 1.5, (3000, 4)).astype(np.float32)
    cumulated = chances_of_logits(right, 1.0).cumsum(1)
    labels = np.asarray((rng.random((3000, 1)) > cumulated).sum(1).clip(0, 3), np.intp)
    found = temperature_of(right * 3, labels)
    assert found == pytest.approx(3, rel=0.25)

    def error(temperature: float) -> float:
        return reliability_of(Classified(chances_of_logits(right * 3, temperature), labels, tuple("abcd"))).error

    assert error(found) < error(1.0)


def _classified(rows: list[list[float]], labels: list[int]) -> Classified:
    return Classified(np.array(rows, np.float32), np.array(labels, np.intp), ("a", "b", "c"))


def test_figures_are_the_textbooks() -> None:
    """Of two products: three right and one taken for the other; two right; a third never shown nor named."""
    confusion = np.array([[3, 1, 0], [0, 2, 0], [0, 0, 0]])
    precision, recall = precision_and_recall(confusion)
    assert precision.tolist() == pytest.approx([1, 2 / 3, 0])
    assert recall.tolist() == pytest.approx([0.75, 1, 0])
    likely: NDArray[np.float64] = np.eye(3)[[0, 0, 0, 1, 1, 1]] * 0.8 + 0.05
    told = figures(_classified(likely.tolist(), [0, 0, 0, 0, 1, 1]))
    assert told["accuracy"] == pytest.approx(5 / 6)
    assert told["precision, macro"] == pytest.approx((1 + 2 / 3) / 2)
    assert told["recall, macro"] == pytest.approx(0.875)
    assert told["top-5"] == 1


def test_pictures_vary_by_epoch_and_repeat(pictures: Path) -> None:
    """The same epoch shows the same pictures again, another one others; without augmentation nothing varies."""
    examples = examples_in(pictures)
    varied = ClassPictures(examples, sorted(COLOURS), _SIDE_PX, augmentation=Augmentation(), seed=3)
    first, again = varied[5][0], varied[5][0]
    varied.epoch = 1
    assert first.shape == (_SIDE_PX, _SIDE_PX, 3)
    assert bool((first == again).all())
    assert bool((first != varied[5][0]).any())
    still = ClassPictures(examples, sorted(COLOURS), _SIDE_PX)
    assert bool((still[5][0] == still[5][0]).all())


@pytest.mark.parametrize("name", ["resnet18", "vgg11", "inception_v3", "googlenet", "efficientnet_b0", "mobilenet_v2"])
def test_the_textbooks_backbones_are_there(name: str) -> None:
    """Each can be chosen by its name."""
    assert name in backbones()


def test_inception_has_one_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its auxiliary head is left out: a training step gets logits."""
    monkeypatch.setattr("torch.nn.init.trunc_normal_", lambda tensor, **_: tensor)
    network = classifier_of("inception_v3", 3, pretrained=False, console=_QUIET)
    assert network.train()(torch.zeros(2, 96, 96, 3, dtype=torch.uint8)).shape == (2, 3)


def test_without_a_download_it_says_so_and_learns_from_scratch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torchvision's weights are away: one sentence, and a network of the right width all the same."""

    def away(*_: object, **__: object) -> None:
        raise URLError("no route")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", away)
    console = Console(record=True, width=200, quiet=False, file=StringIO())
    network = classifier_of("mobilenet_v3_small", 5, pretrained=True, console=console)
    assert "learning from scratch" in console.export_text()
    assert network.eval()(torch.zeros(1, 64, 64, 3, dtype=torch.uint8)).shape == (1, 5)


def test_a_backbone_that_is_none_is_named() -> None:
    """What cannot be trained is said with what can."""
    with pytest.raises(Faults, match="resnet50"):
        classifier_of("resnet5000", 5, pretrained=False, console=_QUIET)
