"""``shelfstream recognise`` and ``shelfstream evaluate recognition``."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from deploy.commands import recognise
from deploy.commands.learning import evaluate
from detector.recognise.recogniser import read_card
from detector.train_recogniser.exporting import export_recogniser
from shelfstream.errors import Faults
from tests.unit.detector.recogniser_rig import COLOURS, SIDE_PX, Colours, photograph, product_folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of colours, exported as one that has learned is."""
    rng = np.random.default_rng(1)
    strangers = [np.full((32, 32, 3), rng.integers(0, 255, 3), np.uint8) for _ in range(60)]
    out = tmp_path_factory.mktemp("model")
    return export_recogniser(Colours(), SIDE_PX, out, name="colours", strangers=strangers, command="", data="none")


def _run(app: object, *arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)  # type: ignore[arg-type]
    assert result.exit_code == 0
    return result.stdout


def test_the_list_has_the_form_that_is_promised(model: Path, tmp_path: Path) -> None:
    """One entry a picture, named below the folder that was given: products with scores, best first, and unknown."""
    gallery = product_folder(tmp_path / "gallery", each=1, packshots=True)
    (tmp_path / "asked" / "deep").mkdir(parents=True)
    for product in COLOURS:
        cv2.imwrite(str(tmp_path / "asked" / "deep" / f"{product}.jpg"), photograph(product, 3))
    out = tmp_path / "found.json"
    _run(recognise.app, str(tmp_path / "asked"), "--gallery", str(gallery), "--model", str(model), "--json", str(out))
    found = json.loads(out.read_text())
    assert [entry["file_name"] for entry in found] == [f"deep/{product}.jpg" for product in sorted(COLOURS)]
    for entry in found:
        assert set(entry) == {"file_name", "products", "unknown"}
        assert entry["products"][0]["product"] == Path(entry["file_name"]).stem
        scores = [each["score"] for each in entry["products"]]
        assert scores == sorted(scores, reverse=True)
        assert isinstance(entry["unknown"], bool)


def test_what_cannot_be_is_said_before_any_work(model: Path, tmp_path: Path) -> None:
    """No picture, no gallery, no folder for the list, a model whose file was changed."""
    gallery = str(product_folder(tmp_path / "gallery", each=1))
    picture = str(tmp_path / "gallery" / "lime" / "0.png")
    for arguments, told in (
        ((str(tmp_path / "none.jpg"), "--gallery", gallery), "is not there"),
        ((picture, "--gallery", str(tmp_path / "none")), "folder per product"),
        ((picture, "--gallery", gallery, "--json", str(tmp_path / "no" / "x.json")), "folder for it"),
    ):
        with pytest.raises(Faults, match=told):
            _run(recognise.app, *arguments, "--model", str(model))


def test_figures_are_told_and_chances_fitted(model: Path, tmp_path: Path) -> None:
    """Photographs against packshots: figures as JSON; calibrating changes the fit that the manifest holds."""
    gallery = product_folder(tmp_path / "gallery", each=1, packshots=True)
    asked = product_folder(tmp_path / "asked")
    out = tmp_path / "figures.json"
    before = read_card(model).fit
    _run(
        evaluate.app,
        "recognition",
        str(asked),
        "--gallery",
        str(gallery),
        "--model",
        str(model),
        "--json",
        str(out),
        "--calibrate",
    )
    figures = json.loads(out.read_text())
    assert figures["top-1"] == 1
    assert 0.5 < figures["AUROC"] <= 1
    assert read_card(model).fit != before
