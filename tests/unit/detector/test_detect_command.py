"""``shelfstream detect``."""

import json
from pathlib import Path

import cv2
import pytest
from detector_rig import jpeg_of, shelf
from typer.testing import CliRunner

from deploy.cli import build_cli
from ingest.simulator.scenes import random_scene
from shelfstream.errors import Faults


def _detect(*arguments: str) -> str:
    cli = build_cli(["detect"])
    result = CliRunner().invoke(cli, ["detect", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_a_folder_is_looked_at_drawn_and_told(tmp_path: Path) -> None:
    """The shipped model finds facings on a rendered shelf; each good picture gives a line and a drawing."""
    photos, drawn = tmp_path / "photos", tmp_path / "drawn"
    photos.mkdir()
    scene = random_scene(4, (640, 480))
    (photos / "shelf.jpg").write_bytes(jpeg_of(scene.image_bgr))
    (photos / "broken.jpg").write_bytes(b"junk")
    told = json.loads(_detect(str(photos), "--json", "--out", str(drawn)))
    assert Path(told["picture"]).name == "shelf.jpg"
    assert sum(each["kind"] == "facing" for each in told["things"]) > 10
    assert [path.name for path in drawn.iterdir()] == ["shelf.jpg"]
    picture = cv2.imread(str(drawn / "shelf.jpg"))
    assert picture is not None
    assert picture.shape == (480, 640, 3)


def test_one_picture_gives_a_sentence(tmp_path: Path) -> None:
    """Without options the counts are told."""
    (tmp_path / "p.png").write_bytes(jpeg_of(shelf(), ".png"))
    assert "facings" in _detect(str(tmp_path / "p.png"))


def test_what_is_not_there_is_a_fault(tmp_path: Path) -> None:
    """A wrong name and an empty folder end in a sentence."""
    for source in (tmp_path, tmp_path / "none.jpg"):
        with pytest.raises(Faults):
            _detect(str(source))
