"""Photographs with labels in COCO's format, as labelling tools write them: folders, split folders, boxes, polygons.

A picture's entry may carry ``labelled``, the kinds that somebody looked for in it, and ``camera``; without the first,
all kinds among the file's categories count as looked for. What is not labelled must not be taught as absent.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from detector.contract import FacingKind
from shelfstream.errors import Fault, Faults
from shelfstream.wire import summary

LABELS = "annotations.json"
IGNORED = "ignore"
KIND_NAMES: Mapping[FacingKind, frozenset[str]] = {
    FacingKind.FACING: frozenset({"facing"}),
    FacingKind.GAP: frozenset({"gap", "void", "empty"}),
    FacingKind.TAG: frozenset({"tag", "price tag"}),
    FacingKind.OCCLUDER: frozenset({"occluder", "person"}),
}
IGNORED_NAMES = frozenset({IGNORED, "ignored"})

# Beyond it no number is a pixel or a score of anybody's, and float32 keeps none.
Measure = Annotated[float, Field(ge=-1e12, le=1e12)]
BoxXywh = tuple[float, float, float, float]
Polygon = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Photograph:
    """One labelled picture: ``boxes_xywh`` px with their kinds, and the kinds that its labels tell of.

    In ``ignored_xywh`` nobody said what there is. ``outlines`` are polygons (px) of the boxes that have some, by row.
    """

    path: Path
    boxes_xywh: tuple[BoxXywh, ...]
    kinds: tuple[FacingKind, ...]
    told: frozenset[int]
    ignored_xywh: tuple[BoxXywh, ...] = ()
    outlines: Mapping[int, tuple[Polygon, ...]] = field(default_factory=dict, hash=False)
    camera: str = ""


@dataclass(frozen=True)
class LabelledFolder:
    """Its pictures, and the categories that mean nothing here."""

    photographs: tuple[Photograph, ...]
    left_out: tuple[str, ...]


class _Picture(BaseModel):
    id: int
    file_name: str
    labelled: list[str] | None = None
    camera: str = ""


class _Category(BaseModel):
    id: int
    name: str


class _Annotation(BaseModel):
    id: int
    image_id: int
    category_id: int
    bbox: tuple[Measure, Measure, Annotated[Measure, Field(ge=0)], Annotated[Measure, Field(ge=0)]] | None = None
    segmentation: object = None
    iscrowd: int = 0

    def outlines(self) -> tuple[Polygon, ...]:
        """Its polygons (px); none where it has run lengths or nothing."""
        parts = self.segmentation if isinstance(self.segmentation, list) else []
        return tuple(
            tuple((float(x), float(y)) for x, y in zip(part[::2], part[1::2], strict=False))
            for part in parts
            if isinstance(part, list) and len(part) >= 6 and all(isinstance(each, int | float) for each in part)
        )

    def box(self) -> BoxXywh | None:
        """Its box, or that of its polygons."""
        if self.bbox is not None:
            return self.bbox
        points = [point for outline in self.outlines() for point in outline]
        if not points:
            return None
        xs, ys = zip(*points, strict=True)
        return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


class _Coco(BaseModel):
    images: list[_Picture]
    categories: list[_Category]
    annotations: list[_Annotation]


def photographs_of(folder: Path, meant: Mapping[str, str] | None = None) -> list[Photograph]:
    """What a folder's labels say, as ``labelled_folder`` reads them."""
    return list(labelled_folder(folder, meant).photographs)


def all_photographs(folders: Sequence[Path]) -> list[Photograph]:
    """Those of several folders together."""
    return [photograph for folder in folders for photograph in photographs_of(folder)]


def labelled_folder(folder: Path, meant: Mapping[str, str] | None = None) -> LabelledFolder:
    """All labelled pictures in a folder: of its ``annotations.json``, or of the files that an export's splits hold.

    ``meant`` says what categories of other names are: facing, gap, tag, occluder or ignore; ``*`` all others. Raises
    ``Faults`` with everything wrong in the labels, and where no category means anything here.
    """
    found: list[Photograph] = []
    left_out: set[str] = set()
    for path in _label_files(folder):
        photographs, others = _read(path, meant or {})
        found += photographs
        left_out |= others
    return LabelledFolder(tuple(found), tuple(sorted(left_out)))


def _label_files(folder: Path) -> list[Path]:
    own = folder / LABELS
    if own.exists():
        return [own]
    nested = [path for pattern in ("*.json", "*/*.json") for path in sorted(folder.glob(pattern)) if _is_coco(path)]
    if not nested:
        raise Faults("labels", [Fault(str(own), "cannot be read: there is none, and no COCO file in a split folder")])
    return nested


def _is_coco(path: Path) -> bool:
    """Whether a file is one of labels, and none of settings or results, by its beginning and its words."""
    text = path.read_bytes()
    return all(word in text for word in (b'"images"', b'"annotations"', b'"categories"'))


def _read(path: Path, meant: Mapping[str, str]) -> tuple[list[Photograph], set[str]]:
    try:
        read = _Coco.model_validate_json(path.read_bytes())
    except OSError as exc:
        raise Faults("labels", [Fault(str(path), f"cannot be read: {exc.strerror}")]) from exc
    except ValidationError as exc:
        raise Faults("labels", [Fault(str(path), summary(exc))]) from exc
    kinds = _kinds(read.categories, meant)
    ignored = {each.id for each in read.categories if _meaning(each.name, meant) in IGNORED_NAMES}
    if not kinds:
        names = ", ".join(sorted({each.name for each in read.categories}))
        known = ", ".join(sorted(kind.name.lower() for kind in FacingKind))
        raise Faults("labels", [Fault(str(path), f"has categories {names}; none of {known}: say which is which")])
    of_picture: dict[int, list[_Annotation]] = {picture.id: [] for picture in read.images}
    for each in read.annotations:
        of_picture.setdefault(each.image_id, []).append(each)
    photographs = [_photograph(path, picture, of_picture[picture.id], kinds, ignored) for picture in read.images]
    known_ids = {*kinds, *ignored}
    return photographs, {each.name for each in read.categories if each.id not in known_ids}


def _photograph(
    path: Path, picture: _Picture, own: Sequence[_Annotation], kinds: Mapping[int, FacingKind], ignored: set[int]
) -> Photograph:
    things = [(each, box) for each in own if each.category_id in kinds and (box := each.box()) is not None]
    labelled = [(each, box) for each, box in things if not each.iscrowd]
    unsaid = [box for each, box in things if each.iscrowd]
    unsaid += [box for each in own if each.category_id in ignored and (box := each.box()) is not None]
    told = frozenset(kinds.values())
    if picture.labelled is not None:
        told = frozenset(kind for name in picture.labelled if (kind := kind_named(name)) is not None)
    return Photograph(
        _picture_path(path, picture.file_name),
        tuple(box for _, box in labelled),
        tuple(kinds[each.category_id] for each, _ in labelled),
        told,
        tuple(unsaid),
        {row: each.outlines() for row, (each, _) in enumerate(labelled) if each.outlines()},
        picture.camera,
    )


def _picture_path(labels: Path, file_name: str) -> Path:
    """Where the picture lies: beside its labels, in ``images`` there, or beside the folder of the labels."""
    beside = labels.parent / file_name
    others = (labels.parent / "images" / file_name, labels.parent.parent / "images" / file_name)
    return next((path for path in (beside, *others) if path.exists()), beside)


def _kinds(categories: Sequence[_Category], meant: Mapping[str, str]) -> dict[int, FacingKind]:
    return {each.id: kind for each in categories if (kind := kind_named(_meaning(each.name, meant))) is not None}


def _meaning(name: str, meant: Mapping[str, str]) -> str:
    plain = plain_name(name)
    by_name = {plain_name(key): value for key, value in meant.items()}
    if plain in by_name:
        return by_name[plain]
    if kind_named(name) is not None or plain in IGNORED_NAMES:
        return plain
    return by_name.get("*", plain)


def kind_named(name: str) -> FacingKind | None:
    """The kind that a category's name says."""
    return next((kind for kind, names in KIND_NAMES.items() if plain_name(name) in names), None)


def plain_name(name: str) -> str:
    """A category's name in small letters, in the singular, with blanks for what tools put between words."""
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split()).removesuffix("s")


def by_camera(photographs: Sequence[Photograph]) -> Iterator[tuple[str, list[Photograph]]]:
    """The cameras in order with their pictures; those of no camera come as one."""
    for camera in sorted({each.camera for each in photographs}):
        yield camera, [each for each in photographs if each.camera == camera]
