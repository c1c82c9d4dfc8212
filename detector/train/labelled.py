"""Pictures with labels to train on: rendered scenes from a folder, and photographs with COCO's ``annotations.json``."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel, NonNegativeFloat, ValidationError

from detector.contract import FacingKind
from detector.jpeg import read_photograph
from detector.train.crops import Labelled
from shelfstream.errors import Fault, Faults, InvalidMessage
from shelfstream.wire import summary
from simulator.render.instance_ids import FIRST_GAP_ID, FIRST_OCCLUDER_ID, FIRST_TAG_ID
from simulator.scenes.scene_files import read_scene

_FIRST_IDS = {
    FacingKind.FACING: 1,
    FacingKind.TAG: FIRST_TAG_ID,
    FacingKind.OCCLUDER: FIRST_OCCLUDER_ID,
    FacingKind.GAP: FIRST_GAP_ID,
}
_NAMES = {kind.name.lower(): kind for kind in FacingKind} | {"price_tag": FacingKind.TAG}


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


@dataclass(frozen=True)
class Photograph:
    """One labelled picture: ``boxes_xywh`` px with their kinds, and the kinds that its labels tell of."""

    path: Path
    boxes_xywh: tuple[tuple[float, float, float, float], ...]
    kinds: tuple[FacingKind, ...]
    told: frozenset[int]


class _Picture(BaseModel):
    id: int
    file_name: str


class _Category(BaseModel):
    id: int
    name: str


class _Annotation(BaseModel):
    id: int
    image_id: int
    category_id: int
    bbox: tuple[float, float, NonNegativeFloat, NonNegativeFloat]


class _Coco(BaseModel):
    images: list[_Picture]
    categories: list[_Category]
    annotations: list[_Annotation]


def photographs_of(folder: Path) -> list[Photograph]:
    """What a COCO folder's labels say. Raises ``Faults`` with everything wrong in them."""
    path = folder / "annotations.json"
    try:
        read = _Coco.model_validate_json(path.read_bytes())
    except OSError as exc:
        raise Faults("labels", [Fault(str(path), f"cannot be read: {exc.strerror}")]) from exc
    except ValidationError as exc:
        raise Faults("labels", [Fault(str(path), summary(exc))]) from exc
    kinds = {each.id: _NAMES[each.name] for each in read.categories if each.name in _NAMES}
    if not kinds:
        names = ", ".join(sorted(each.name for each in read.categories))
        raise Faults("labels", [Fault(str(path), f"has categories {names}; none of {', '.join(sorted(_NAMES))}")])
    mine: dict[int, list[_Annotation]] = {picture.id: [] for picture in read.images}
    for each in read.annotations:
        if each.image_id in mine and each.category_id in kinds:
            mine[each.image_id].append(each)
    return [
        Photograph(
            folder / picture.file_name,
            tuple(each.bbox for each in mine[picture.id]),
            tuple(kinds[each.category_id] for each in mine[picture.id]),
            frozenset(kinds.values()),
        )
        for picture in read.images
    ]


def opened(photograph: Photograph) -> Labelled:
    """The picture with a map of its things. Raises ``Faults`` where it cannot be read."""
    try:
        image = read_photograph(photograph.path)
    except InvalidMessage as exc:
        raise Faults("labels", [Fault(str(photograph.path), exc.reason)]) from exc
    boxes = np.array(photograph.boxes_xywh, np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    ids = np.zeros(image.shape[:2], np.uint16)
    for number, (box, kind) in enumerate(zip(boxes, photograph.kinds, strict=True)):
        left, top, right, bottom = (max(0, round(float(edge))) for edge in box)
        ids[top:bottom, left:right] = _FIRST_IDS[kind] + number
    return Labelled(
        np.asarray(image, np.uint8),
        ids,
        boxes,
        np.array(photograph.kinds, np.int32),
        np.ones(len(boxes), np.float32),
        photograph.told,
    )


def all_photographs(folders: Sequence[Path]) -> list[Photograph]:
    """Those of several folders together."""
    return [photograph for folder in folders for photograph in photographs_of(folder)]
