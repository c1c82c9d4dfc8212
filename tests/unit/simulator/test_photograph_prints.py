"""Photographs as the prints of invented packs."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from shelfstream.errors import Faults
from simulator.dice import Dice
from simulator.packs.pack import Shape, random_pack
from simulator.packs.photograph_prints import photographs_in, printed
from simulator.packs.prints import Print, draw_print
from simulator.scenes.scenes import random_scene


def _photograph(path: Path, colour: tuple[int, int, int]) -> Path:
    picture = np.full((120, 120, 3), 255, np.uint8)
    picture[20:100, 30:90] = colour
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture)
    return path


def test_pictures_kept_to_judge_by_are_never_prints(tmp_path: Path) -> None:
    """Of a labelled folder only train and reference are taken; of a plain one everything below it."""
    splits = ("train", "val", "test", "reference")
    for split in splits:
        _photograph(tmp_path / "images" / f"{split}.png", (0, 0, 200))
    assert [path.stem for path in photographs_in(tmp_path)] == ["reference", "test", "train", "val"]
    images = [{"file_name": f"images/{split}.png", "split": split} for split in splits]
    (tmp_path / "annotations.json").write_text(json.dumps({"images": images}))
    assert [path.stem for path in photographs_in(tmp_path)] == ["reference", "train"]


def test_a_folder_without_pictures_is_named(tmp_path: Path) -> None:
    """An empty folder, labels that are none and a file that is no picture are faults that say which."""
    with pytest.raises(Faults, match="holds no"):
        photographs_in(tmp_path)
    (tmp_path / "spoilt.png").write_bytes(b"no picture")
    with pytest.raises(Faults, match=r"spoilt\.png"):
        printed(str(tmp_path / "spoilt.png"), (40, 40), Dice("any"))
    (tmp_path / "annotations.json").write_text("{")
    with pytest.raises(Faults, match=r"annotations\.json"):
        photographs_in(tmp_path)


def test_a_product_on_white_fills_the_front(tmp_path: Path) -> None:
    """The white ground of a web shop's picture is cut away."""
    path = _photograph(tmp_path / "red.png", (0, 0, 200))
    front = printed(str(path), (60, 80), Dice("front"))
    assert front.shape == (80, 60, 3)
    assert (front.min(2) < 200).mean() > 0.95


def test_a_pack_does_not_depend_on_where_its_photograph_lies(tmp_path: Path) -> None:
    """The same file elsewhere gives the same print and the same product."""
    here = _photograph(tmp_path / "a" / "p.png", (0, 160, 0))
    there = tmp_path / "b" / "p.png"
    there.parent.mkdir()
    shutil.copy(here, there)
    one, other = (draw_print(Print(3, 1, photograph=str(path)), (50, 70)) for path in (here, there))
    assert np.array_equal(one, other)
    pack = random_pack(Shape.BOX, Dice("pack"), 200)
    ids = {type(pack)(**{**vars(pack), "print": Print(3, 1, photograph=str(path))}).id for path in (here, there)}
    assert len(ids) == 1


def test_photographs_change_a_scene_and_leave_scenes_without_them_alone(tmp_path: Path) -> None:
    """With photographs other pixels come out, the same ones each time; the seed alone decides the rest."""
    photograph = str(_photograph(tmp_path / "p.png", (200, 0, 0)))
    size_wh = (320, 224)
    plain, photographed = random_scene(3, size_wh), random_scene(3, size_wh, (photograph,))
    assert np.array_equal(photographed.image_bgr, random_scene(3, size_wh, (photograph,)).image_bgr)
    assert not np.array_equal(plain.image_bgr, photographed.image_bgr)
