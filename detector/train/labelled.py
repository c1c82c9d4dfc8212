"""Pictures with labels to train on: rendered scenes from a folder, and opened photographs."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.contract import FacingKind
from detector.jpeg import read_photograph
from detector.train.coco_pictures import Photograph, Polygon
from detector.train.crops import Labelled
from shelfstream.errors import Fault, Faults, InvalidMessage
from simulator.render.instance_ids import FIRST_GAP_ID, FIRST_OCCLUDER_ID, FIRST_TAG_ID, IGNORED_ID
from simulator.scenes.scene_files import read_scene

_FIRST_IDS = {
    FacingKind.FACING: 1,
    FacingKind.TAG: FIRST_TAG_ID,
    FacingKind.OCCLUDER: FIRST_OCCLUDER_ID,
    FacingKind.GAP: FIRST_GAP_ID,
}


def labelled_scene(labels: Path) -> Labelled:
    """A scene as ``shelfstream simulate scenes`` writes it, by the path of its labels."""
    scene = read_scene(labels)
    return Labelled(
        image_bgr=scene.image_bgr,
        ids=scene.ids,
        boxes_xyxy=scene.boxes_xyxy,
        kinds=scene.kinds.astype(np.int32),
        visible=scene.visible_fraction,
    )


def scene_labels(folder: Path) -> list[Path]:
    """The labels of all scenes in a folder. Raises ``Faults`` where there are none."""
    found = sorted(folder.glob("[!.]*.npz"))
    if not found:
        raise Faults("training", [Fault(str(folder), "holds no scenes; make some with: shelfstream simulate scenes")])
    return found


def opened(photograph: Photograph) -> Labelled:
    """The picture with a map of its things. Raises ``Faults`` where it cannot be read."""
    try:
        image = read_photograph(photograph.path)
    except InvalidMessage as exc:
        raise Faults("labels", [Fault(str(photograph.path), exc.reason)]) from exc
    boxes = _corners(photograph.boxes_xywh)
    ids = np.zeros(image.shape[:2], np.uint16)
    for box in _corners(photograph.ignored_xywh):
        _fill(ids, box, (), IGNORED_ID)
    for number, (box, kind) in enumerate(zip(boxes, photograph.kinds, strict=True)):
        _fill(ids, box, photograph.outlines.get(number, ()), _FIRST_IDS[kind] + number)
    return Labelled(
        np.asarray(image, np.uint8),
        ids,
        boxes,
        np.array(photograph.kinds, np.int32),
        np.ones(len(boxes), np.float32),
        photograph.told,
    )


def _fill(ids: NDArray[np.uint16], box: NDArray[np.float32], outlines: Sequence[Polygon], number: int) -> None:
    if outlines:
        cv2.fillPoly(ids, [np.rint(np.array(outline)).astype(np.int32) for outline in outlines], number)
        return
    left, top, right, bottom = (max(0, round(float(edge))) for edge in box)
    ids[top:bottom, left:right] = number


def _corners(boxes_xywh: Sequence[tuple[float, float, float, float]]) -> NDArray[np.float32]:
    boxes = np.array(boxes_xywh, np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return boxes
