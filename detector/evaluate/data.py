"""Labelled pictures to be judged on: rendered scenes, and photographs in a folder that the environment names."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.evaluate.overlaps import Boxes
from detector.train.scenes import labelled_scene, scene_labels

EVAL_DATA_VARIABLE = "SHELFSTREAM_EVAL_DATA"
_LEAST_VISIBLE = 0.5
_LEAST_SIDE_PX = 8.0


@dataclass(frozen=True, eq=False)
class Example:
    """One picture (H, W, 3) uint8 BGR with the boxes of one kind that are there, and those that do not count."""

    image_bgr: NDArray[np.uint8]
    truth_xyxy: Boxes
    ignored_xyxy: Boxes


def eval_folder(name: str) -> Path | None:
    """A folder of labelled photographs, where the environment says that there are some."""
    root = os.environ.get(EVAL_DATA_VARIABLE)
    folder = Path(root) / name if root else None
    return folder if folder is not None and folder.is_dir() else None


def scene_examples(folder: Path, kind: int) -> Iterator[Example]:
    """Rendered scenes; what is mostly hidden or tiny does not count."""
    for labels in scene_labels(folder):
        scene = labelled_scene(labels)
        mine = scene.kinds == kind
        sides = (scene.boxes_xyxy[:, 2:] - scene.boxes_xyxy[:, :2]).min(1)
        clear = (scene.visible >= _LEAST_VISIBLE) & (sides >= _LEAST_SIDE_PX)
        yield Example(scene.image_bgr, scene.boxes_xyxy[mine & clear], scene.boxes_xyxy[mine & ~clear])


def coco_examples(folder: Path) -> Iterator[Example]:
    """Photographs labelled in COCO's format; boxes marked as crowd do not count."""
    labels = json.loads((folder / "annotations.json").read_text())
    for picture in labels["images"]:
        mine = [each for each in labels["annotations"] if each["image_id"] == picture["id"]]
        image = cv2.imread(str(folder / picture["file_name"]), cv2.IMREAD_COLOR)
        yield Example(
            np.asarray(image, np.uint8),
            _boxes([each["bbox"] for each in mine if not each.get("iscrowd", 0)]),
            _boxes([each["bbox"] for each in mine if each.get("iscrowd", 0)]),
        )


def _boxes(corners_and_sizes: list[list[float]]) -> Boxes:
    boxes = np.array(corners_and_sizes, np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return boxes
