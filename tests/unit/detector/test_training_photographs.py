"""Labelled photographs as training pictures."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from detector.contract import FacingKind
from detector.train.coco_pictures import labelled_folder, photographs_of
from detector.train.labelled import opened
from detector.train.targets import targets_of
from shelfstream.errors import Faults
from simulator.render.instance_ids import FIRST_GAP_ID, FIRST_TAG_ID

SIDE_PX = 384


def _folder(path: Path, **changed: Any) -> Path:
    cv2.imwrite(str(path / "a.png"), np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8))
    labels = {
        "images": [{"id": 1, "file_name": "a.png"}],
        "categories": [{"id": 5, "name": "gap"}, {"id": 6, "name": "price_tag"}, {"id": 7, "name": "ceiling"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 5, "bbox": [40, 40, 120, 100]},
            {"id": 2, "image_id": 1, "category_id": 6, "bbox": [40, 150, 40, 20]},
            {"id": 3, "image_id": 1, "category_id": 7, "bbox": [0, 0, 384, 20]},
        ],
    }
    (path / "annotations.json").write_text(json.dumps(labels | changed))
    return path


def test_boxes_become_things_of_their_kinds(tmp_path: Path) -> None:
    """Each box fills its place in the map with an id of its kind; categories that are not ours are left out."""
    (photograph,) = photographs_of(_folder(tmp_path))
    picture = opened(photograph)
    assert picture.kinds.tolist() == [FacingKind.GAP, FacingKind.TAG]
    assert picture.ids[90, 100] == FIRST_GAP_ID
    assert picture.ids[160, 60] == FIRST_TAG_ID + 1
    assert picture.ids[5, 5] == 0
    assert picture.told == {FacingKind.GAP, FacingKind.TAG}


def test_nothing_is_asked_where_nobody_said_what_there_is(tmp_path: Path) -> None:
    """In a box to ignore, or of a crowd, no kind is right or wrong; what is labelled inside it counts."""
    labels = {
        "categories": [{"id": 5, "name": "gap"}, {"id": 9, "name": "ignore"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 9, "bbox": [0, 0, 200, 200]},
            {"id": 2, "image_id": 1, "category_id": 5, "bbox": [220, 0, 100, 200], "iscrowd": 1},
            {"id": 3, "image_id": 1, "category_id": 5, "bbox": [40, 40, 80, 80]},
        ],
    }
    (photograph,) = photographs_of(_folder(tmp_path, **labels))
    picture = opened(photograph)
    assert picture.kinds.tolist() == [FacingKind.GAP]
    wanted = targets_of(picture)
    asked = wanted.areas_counts[FacingKind.GAP]
    assert not asked[40:48, 2:48].any()
    assert not asked[2:48, 56:78].any()
    assert asked[15:25, 15:25].all()
    assert asked[60:, :].all()
    assert not wanted.heat_counts[FacingKind.GAP][45, 45]


def test_nothing_is_asked_about_kinds_without_labels(tmp_path: Path) -> None:
    """Where only gaps and tags are labelled, neither facings nor people may be called wrong."""
    (photograph,) = photographs_of(_folder(tmp_path))
    wanted = targets_of(opened(photograph))
    assert wanted.areas_counts.max((1, 2)).tolist() == [0, 1, 0, 1]
    assert not wanted.heat_counts[[FacingKind.FACING, FacingKind.OCCLUDER]].any()
    assert wanted.heat[FacingKind.GAP].max() == 1


def test_boxes_of_kinds_that_nobody_looked_for_teach_nothing(tmp_path: Path) -> None:
    """A model's own proposals that nobody corrected leave no heat, no edges and no areas that count."""
    pictures = [{"id": 1, "file_name": "a.png", "labelled": ["gap"]}]
    (photograph,) = photographs_of(_folder(tmp_path, images=pictures))
    wanted = targets_of(opened(photograph))
    assert not wanted.heat[FacingKind.TAG].any()
    assert not wanted.areas_counts[FacingKind.TAG].any()
    assert wanted.edges_weight[20:26, 20:30].any()
    assert not wanted.edges_weight[37:43, 10:20].any()


def test_labels_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    """No file, a box with a negative side, no known category and a missing picture each say where the fault lies."""
    with pytest.raises(Faults, match="cannot be read"):
        photographs_of(tmp_path)
    spoilt = [{"id": 1, "image_id": 1, "category_id": 5, "bbox": [40, 40, -1, 100]}]
    with pytest.raises(Faults, match=r"annotations\.0\.bbox"):
        photographs_of(_folder(tmp_path, annotations=spoilt))
    with pytest.raises(Faults, match="none of facing, gap"):
        photographs_of(_folder(tmp_path, categories=[{"id": 7, "name": "ceiling"}]))
    (photograph,) = photographs_of(_folder(tmp_path, images=[{"id": 1, "file_name": "gone.png"}], annotations=[]))
    with pytest.raises(Faults, match=r"gone\.png"):
        opened(photograph)


def test_an_export_with_splits_polygons_and_own_names_is_understood(tmp_path: Path) -> None:
    """Each split's file counts, a polygon is filled, a category is what the caller says, others are named."""
    for split in ("train", "valid"):
        (tmp_path / split).mkdir()
        cv2.imwrite(str(tmp_path / split / "a.png"), np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8))
        labels = {
            "images": [{"id": 1, "file_name": "a.png", "labelled": ["facing"], "camera": split}],
            "categories": [{"id": 1, "name": "Cola 1L"}, {"id": 2, "name": "Gaps"}, {"id": 3, "name": "ceiling"}],
            "annotations": [
                {"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[100, 100, 200, 100, 100, 200]]},
                {"id": 2, "image_id": 1, "category_id": 3, "bbox": [0, 0, 384, 20]},
            ],
        }
        (tmp_path / split / "_annotations.coco.json").write_text(json.dumps(labels))
    found = labelled_folder(tmp_path, {"cola 1l": "facing"})
    assert [each.camera for each in found.photographs] == ["train", "valid"]
    assert found.left_out == ("ceiling",)
    picture = opened(found.photographs[0])
    assert picture.boxes_xyxy.tolist() == [[100, 100, 200, 200]]
    assert picture.ids[110, 110] == 1
    assert picture.ids[190, 190] == 0
    assert picture.told == {FacingKind.FACING}


def test_every_other_category_may_be_a_product(tmp_path: Path) -> None:
    """Where each product is a category of its own, a star stands for all of them, and known names keep theirs."""
    labels = {"categories": [{"id": 5, "name": "gap"}, {"id": 6, "name": "tea"}, {"id": 7, "name": "coffee"}]}
    (photograph,) = labelled_folder(_folder(tmp_path, **labels), {"*": "facing"}).photographs
    assert list(photograph.kinds) == [FacingKind.GAP, FacingKind.FACING, FacingKind.FACING]
