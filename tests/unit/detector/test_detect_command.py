"""``shelfstream detect``."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from deploy.cli import command_line
from shelfstream.errors import Faults
from simulator.scenes.scenes import random_scene
from tests.unit.detector.detector_rig import jpeg_of, shelf


def _detect(*arguments: str, code: int = 0) -> str:
    cli = command_line()
    result = CliRunner().invoke(cli, ["detect", *arguments], catch_exceptions=False)
    assert result.exit_code == code
    return result.stdout


def test_a_folder_is_looked_at_listed_and_drawn(tmp_path: Path) -> None:
    """The shipped model finds facings on a rendered shelf: one list with boxes and masks, and a drawing each."""
    photos, drawn, listed = tmp_path / "photos", tmp_path / "drawn", tmp_path / "found.json"
    (photos / "aisle").mkdir(parents=True)
    scene = random_scene(4, (640, 480))
    (photos / "aisle" / "shelf.jpg").write_bytes(jpeg_of(scene.image_bgr))
    (photos / "broken.jpg").write_bytes(b"junk")
    _detect(str(photos), "--json", str(listed), "--draw", str(drawn), code=1)  # the broken one was left out
    found = json.loads(listed.read_text())
    assert {each["file_name"] for each in found} == {"aisle/shelf.jpg"}
    assert sum(each["category"] == "facing" and each["score"] >= 0.5 for each in found) > 10
    assert min(each["score"] for each in found) < 0.1
    assert len(found) <= 1000
    for each in found:
        left, top, width, height = each["bbox"]
        assert left >= 0
        assert top >= 0
        assert left + width <= 640.1
        assert top + height <= 480.1
        assert each["segmentation"]["size"] == [480, 640]
        assert sum(each["segmentation"]["counts"]) == 640 * 480
    picture = cv2.imread(str(drawn / "aisle" / "shelf.jpg"))
    assert picture is not None
    assert picture.shape == (480, 640, 3)


def test_masks_lie_on_the_facings(tmp_path: Path) -> None:
    """Of what is surely found on a rendered shelf, most of a mask's pixels are pixels of one true facing."""
    scene = random_scene(4, (640, 480))
    (tmp_path / "p.png").write_bytes(jpeg_of(scene.image_bgr, ".png"))
    _detect(str(tmp_path / "p.png"), "--json", str(tmp_path / "found.json"))
    pure = []
    for each in json.loads((tmp_path / "found.json").read_text()):
        if each["category"] == "facing" and each["score"] > 0.7:
            counts = each["segmentation"]["counts"]
            mask = np.repeat(np.arange(len(counts)) % 2 == 1, counts).reshape(640, 480).T
            pure.append(np.bincount(scene.ids[mask]).max() / mask.sum())
    assert np.median(pure) > 0.8


def test_one_picture_gives_a_sentence(tmp_path: Path) -> None:
    """Without options the counts are told."""
    (tmp_path / "p.png").write_bytes(jpeg_of(shelf(), ".png"))
    assert "facings" in _detect(str(tmp_path / "p.png"))


def test_what_is_not_there_is_a_fault(tmp_path: Path) -> None:
    """A wrong name and an empty folder end in a sentence."""
    for source in (tmp_path, tmp_path / "none.jpg"):
        with pytest.raises(Faults):
            _detect(str(source))


def test_a_list_that_cannot_be_written_is_told_before_any_work(tmp_path: Path) -> None:
    """A folder that is not there is named at once, not after an hour of pictures."""
    (tmp_path / "p.png").write_bytes(jpeg_of(shelf(), ".png"))
    with pytest.raises(Faults, match="the folder for it is not there"):
        _detect(str(tmp_path / "p.png"), "--json", str(tmp_path / "none" / "found.json"))
