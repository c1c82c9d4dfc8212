"""``shelfstream evaluate``."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli import command_line
from shelfstream.errors import Faults
from simulator.scenes.scenes import random_scene
from tests.unit.detector.detector_rig import jpeg_of

_SCENE = random_scene(4, (640, 480))


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(command_line(), list(arguments), catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def _labels(**changes: Any) -> dict[str, Any]:
    boxes = [
        {"id": row, "image_id": 1, "bbox": [float(left), float(top), float(right - left), float(bottom - top)]}
        for row, (left, top, right, bottom) in enumerate(_SCENE.boxes_xyxy[_SCENE.kinds == 0], 1)
    ]
    return {"images": [{"id": 1, "file_name": "images/a.jpg"}], "annotations": boxes, **changes}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One rendered shelf with its true facings as labels."""
    (tmp_path / "set" / "images").mkdir(parents=True)
    (tmp_path / "set" / "images" / "a.jpg").write_bytes(jpeg_of(_SCENE.image_bgr))
    (tmp_path / "set" / "annotations.json").write_text(json.dumps(_labels()))
    return tmp_path / "set"


def test_a_model_and_its_list_have_the_same_figures(folder: Path, tmp_path: Path) -> None:
    """Judged directly or through the list that detect writes, the figures agree; a plot comes with them."""
    found, plot, direct, listed = (tmp_path / name for name in ("found.json", "plot.png", "direct.json", "listed.json"))
    _run("evaluate", "facings", str(folder), "--plot", str(plot), "--json", str(direct))
    _run("detect", str(folder), "--json", str(found))
    told = _run("evaluate", "facings", str(folder), "--found", str(found), "--json", str(listed))
    assert "AP50" in told
    ours, theirs = json.loads(direct.read_text()), json.loads(listed.read_text())
    assert list(ours) == list(theirs)
    assert ours == pytest.approx(theirs, abs=0.1)  # boxes in the list are rounded to a tenth of a pixel
    assert ours["AP50"] == pytest.approx(theirs["AP50"], abs=0.02)
    assert ours["AP50"] > 0.4
    assert {"AP", "AP75", "AR300", "AR1000", "counting error"} <= ours.keys()
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_gaps_are_told_by_area(folder: Path) -> None:
    """A folder without gaps has no hits; false finds are counted all the same."""
    told = _run("evaluate", "gaps", str(folder))
    assert "hit rate at 0.5" in told
    assert "false gaps a picture at 0.5" in told


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (
            _labels(annotations=[{"id": 5, "image_id": 1, "bbox": [1, 2, -3, 4]}]),
            "annotation 5 of .* a box of -3×4",
        ),
        (_labels(annotations=[{"id": 7, "image_id": 9, "bbox": [1, 2, 3, 4]}]), "annotation 7 is of picture 9"),
        (_labels(images=[{"id": 1, "file_name": "images/none.jpg"}]), "images/none.jpg: cannot be read"),
        (_labels(annotations=[{"id": 6, "image_id": 1, "bbox": [1, 2, 0, 4]}]), "annotation 6 of images/a.jpg"),
        ({"images": []}, "annotations: Field required"),
    ],
)
def test_what_is_wrong_with_labels_is_named(folder: Path, labels: dict[str, Any], said: str) -> None:
    """The fault says which picture or annotation is meant."""
    (folder / "annotations.json").write_text(json.dumps(labels))
    with pytest.raises(Faults, match=said):
        _run("evaluate", "facings", str(folder))


def test_a_list_of_other_pictures_is_a_fault(folder: Path, tmp_path: Path) -> None:
    """Nothing is measured against pictures that the list does not know: that would be a silent zero."""
    found = tmp_path / "found.json"
    found.write_text(json.dumps([{"file_name": "b.jpg", "category": "facing", "bbox": [1, 2, 3, 4], "score": 0.9}]))
    with pytest.raises(Faults, match="knows no facing"):
        _run("evaluate", "facings", str(folder), "--found", str(found))
