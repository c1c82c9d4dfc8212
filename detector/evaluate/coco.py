"""Labels in COCO's format, of one kind of thing. Pure: text in, boxes and faults out."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from detector.contract import FacingKind
from detector.evaluate.precision import Boxes
from detector.train.coco_pictures import IGNORED_NAMES, KIND_NAMES, LABELS, Measure, plain_name
from shelfstream.errors import Fault, Faults

_FAULTS_TOLD = 20


@dataclass(frozen=True, eq=False)
class CocoLabels:
    """What is said of one photograph: its file within the folder, boxes (N, 4) px, and those that do not count."""

    file_name: str
    truth_xyxy: Boxes
    ignored_xyxy: Boxes

    def within(self, size_wh: tuple[int, int]) -> "CocoLabels":
        """The labels with every box cut off at the picture's border, as finds are; what lies outside is left out."""
        return CocoLabels(self.file_name, clipped(self.truth_xyxy, size_wh), clipped(self.ignored_xyxy, size_wh))


class _Picture(BaseModel):
    id: int
    file_name: str


class _Annotation(BaseModel):
    id: int
    image_id: int
    bbox: tuple[Measure, Measure, Measure, Measure]
    category_id: int | None = None
    iscrowd: int = 0


class _Kind(BaseModel):
    id: int
    name: str


class _Coco(BaseModel):
    images: list[_Picture]
    annotations: list[_Annotation]
    categories: list[_Kind] = []


def coco_labels(folder: Path, kind: FacingKind, names: Collection[str] = ()) -> list[CocoLabels]:
    """The ``annotations.json`` of a folder, picture by picture: the boxes of one kind.

    ``names`` are the file's categories that count, where their names do not tell. A category named ``ignore`` and boxes
    marked as crowd do not count. Raises ``Faults`` with everything wrong in it, and where it is not clear which of the
    file's categories is meant.
    """
    path = folder / LABELS
    read = _read(path)
    counted, ignored = _chosen(read, path, kind, names)
    faults = list(_faults(read))
    if faults:
        more = [f"{len(faults) - _FAULTS_TOLD} more"] if len(faults) > _FAULTS_TOLD else []
        raise Faults("labels", [Fault(str(path), what) for what in (*faults[:_FAULTS_TOLD], *more)])
    of_picture: dict[int, list[_Annotation]] = {picture.id: [] for picture in read.images}
    for each in read.annotations:
        of_picture[each.image_id].append(each)
    return [
        CocoLabels(
            picture.file_name,
            _boxes([it.bbox for it in of_picture[picture.id] if not it.iscrowd and it.category_id in counted]),
            _boxes([it.bbox for it in of_picture[picture.id] if it.category_id in ignored or _is_crowd(it, counted)]),
        )
        for picture in read.images
    ]


def clipped(boxes_xyxy: Boxes, size_wh: tuple[int, int]) -> Boxes:
    """Boxes cut off at the picture's border; those that lie outside of it are left out."""
    corners = np.clip(boxes_xyxy, 0, np.array([*size_wh, *size_wh], np.float32))
    inside = (corners[:, 2] > corners[:, 0]) & (corners[:, 3] > corners[:, 1])
    return np.asarray(corners[inside], np.float32)


def _read(path: Path) -> _Coco:
    try:
        return _Coco.model_validate_json(path.read_bytes())
    except OSError as exc:
        raise Faults("labels", [Fault(str(path), f"cannot be read: {exc.strerror}")]) from exc
    except ValidationError as exc:
        faults = [_fault(path, error) for error in exc.errors(include_url=False)[:_FAULTS_TOLD]]
        raise Faults("labels", faults) from exc


def _chosen(
    read: _Coco, path: Path, wanted: FacingKind, names: Collection[str]
) -> tuple[frozenset[int | None], frozenset[int | None]]:
    """Ids of the categories that count, and of those that are to be ignored."""
    used = {each.category_id for each in read.annotations}
    kinds = {kind.id: kind.name for kind in read.categories if kind.id in used}
    ignored = frozenset(ident for ident, name in kinds.items() if plain_name(name) in IGNORED_NAMES)
    rest = {ident: name for ident, name in kinds.items() if ident not in ignored}
    if names:
        return frozenset(_named(names, read, path)), ignored
    mine = frozenset(ident for ident, name in rest.items() if plain_name(name) in KIND_NAMES[wanted])
    if mine:
        return mine, ignored
    others = {name for known, spelled in KIND_NAMES.items() if known is not wanted for name in spelled}
    strangers = [name for name in rest.values() if plain_name(name) not in others]
    if len(rest) > 1 or (rest and not strangers):
        held = ", ".join(sorted(set(rest.values())))
        message = f"labels {held}; say which of them are {wanted.name.lower()}s with: --category NAME"
        raise Faults("labels", [Fault(str(path), message)])
    return frozenset(used - ignored), ignored


def _named(names: Collection[str], read: _Coco, path: Path) -> Iterator[int | None]:
    known = {plain_name(kind.name): kind.id for kind in read.categories}
    missing = [name for name in names if plain_name(name) not in known]
    if missing:
        held = ", ".join(sorted(kind.name for kind in read.categories)) or "none"
        faults = [Fault(str(path), f"has no category {name}; its categories are: {held}") for name in missing]
        raise Faults("labels", faults)
    yield from (known[plain_name(name)] for name in names)


def _faults(read: _Coco) -> Iterator[str]:
    pictures = {picture.id: picture.file_name for picture in read.images}
    for each in read.annotations:
        if each.image_id not in pictures:
            yield f"annotation {each.id} is of picture {each.image_id}, not listed"
        elif each.bbox[2] <= 0 or each.bbox[3] <= 0:
            size = f"{each.bbox[2]:g}×{each.bbox[3]:g}"
            yield f"annotation {each.id} of {pictures[each.image_id]} has a box of {size} px"


def _is_crowd(annotation: _Annotation, counted: Collection[int | None]) -> bool:
    return bool(annotation.iscrowd) and annotation.category_id in counted


def _fault(path: Path, error: ErrorDetails) -> Fault:
    where = " ".join(str(part) for part in error["loc"])
    return Fault(str(path), f"{where}: {error['msg']}" if where else error["msg"])


def _boxes(corners_and_sizes: Sequence[Sequence[float]]) -> Boxes:
    boxes = np.array(corners_and_sizes, np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return boxes
