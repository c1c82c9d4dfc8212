"""Labelled pictures to be judged on: rendered scenes, and photographs in a folder that the environment names."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.evaluate.coco import CocoLabels
from detector.evaluate.precision import Boxes
from detector.jpeg import read_photograph
from detector.train.labelled import labelled_scene, scene_labels
from shelfstream.errors import Fault, Faults, InvalidMessage

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


def coco_examples(folder: Path, labels: Sequence[CocoLabels]) -> Iterator[Example]:
    """Labelled photographs, boxes cut off at their borders. Check them first: ``check_photographs``."""
    for each in labels:
        image = read_photograph(folder / each.file_name)
        mine = each.within((image.shape[1], image.shape[0]))
        yield Example(image, mine.truth_xyxy, mine.ignored_xyxy)


def check_photographs(folder: Path, labels: Sequence[CocoLabels]) -> None:
    """Raise ``Faults`` naming every picture that is missing, cut or too large, before anything is measured."""
    faults = []
    for each in labels:
        try:
            read_photograph(folder / each.file_name)
        except InvalidMessage as exc:
            faults.append(Fault(str(folder / each.file_name), exc.reason))
    if faults:
        raise Faults("labelled pictures", faults)
