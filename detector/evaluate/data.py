"""Labelled pictures to be judged on: rendered scenes, and photographs in a folder that the environment names."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, NonNegativeFloat, ValidationError
from pydantic_core import ErrorDetails

from detector.evaluate.overlaps import Boxes
from detector.train.scenes import labelled_scene, scene_labels
from shelfstream.errors import Fault, Faults

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
    """Photographs labelled in COCO's format; boxes marked as crowd do not count. Raises ``Faults``."""
    for labels in coco_labels(folder):
        image = cv2.imread(str(folder / labels.file_name), cv2.IMREAD_COLOR)
        if image is None:
            raise Faults(str(folder), [Fault(labels.file_name, "is not there, or no picture")])
        yield Example(np.asarray(image, np.uint8), labels.truth_xyxy, labels.ignored_xyxy)


@dataclass(frozen=True, eq=False)
class CocoLabels:
    """What is said of one photograph: its file within the folder, and boxes as in ``Example``."""

    file_name: str
    truth_xyxy: Boxes
    ignored_xyxy: Boxes


class _Picture(BaseModel):
    id: int
    file_name: str


class _Annotation(BaseModel):
    id: int
    image_id: int
    bbox: Annotated[tuple[float, float, NonNegativeFloat, NonNegativeFloat], Field(description="x, y, width, height")]
    iscrowd: int = 0


class _Coco(BaseModel):
    images: list[_Picture]
    annotations: list[_Annotation]


def coco_labels(folder: Path) -> list[CocoLabels]:
    """The ``annotations.json`` of a folder, picture by picture. Raises ``Faults`` with everything wrong in it."""
    path = folder / "annotations.json"
    try:
        read = _Coco.model_validate_json(path.read_bytes())
    except OSError as exc:
        raise Faults("labels", [Fault(str(path), f"cannot be read: {exc.strerror}")]) from exc
    except ValidationError as exc:
        raise Faults("labels", [_fault(path, error) for error in exc.errors(include_url=False)]) from exc
    of_picture: dict[int, list[_Annotation]] = {picture.id: [] for picture in read.images}
    strays = [each for each in read.annotations if each.image_id not in of_picture]
    if strays:
        told = [Fault(str(path), f"annotation {each.id} is of picture {each.image_id}, not listed") for each in strays]
        raise Faults("labels", told)
    for each in read.annotations:
        of_picture[each.image_id].append(each)
    return [
        CocoLabels(
            picture.file_name,
            _boxes([each.bbox for each in of_picture[picture.id] if not each.iscrowd]),
            _boxes([each.bbox for each in of_picture[picture.id] if each.iscrowd]),
        )
        for picture in read.images
    ]


def _fault(path: Path, error: ErrorDetails) -> Fault:
    where = " ".join(str(part) for part in error["loc"])
    return Fault(str(path), f"{where}: {error['msg']}" if where else error["msg"])


def _boxes(corners_and_sizes: Sequence[Sequence[float]]) -> Boxes:
    boxes = np.array(corners_and_sizes, np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return boxes
