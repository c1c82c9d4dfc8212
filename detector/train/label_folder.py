"""A folder of pictures with COCO labels that pages and commands change; any labelling tool may work on it as well."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector.contract import FacingKind, Facings
from detector.train.coco_pictures import IGNORED, LABELS, kind_named
from shelfstream.errors import Fault, Faults
from shelfstream.picture_file import read_header

_SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
KINDS = tuple(kind.name.lower() for kind in FacingKind)
_MOST_BOXES = 3000
_LIKELY = 0.5


@dataclass(frozen=True, slots=True)
class LabelledBox:
    """A box (px) in a picture; ``kind`` is a name of ``KINDS``, or ignore; ``product`` a GTIN, where one is known."""

    kind: str
    left: float
    top: float
    width: float
    height: float
    product: str = ""


@dataclass(frozen=True, slots=True)
class PictureToLabel:
    """One picture: its size, the kinds that somebody looked for in it, how many boxes it has, why it was chosen."""

    name: str
    width_px: int
    height_px: int
    labelled: tuple[str, ...]
    boxes: int
    why: str = ""


class TeachingFolder:
    """Any thread may use it; one change at a time. What other tools wrote of other pictures is left as it is.

    Every method raises ``Faults`` for a folder or a picture that is not there, or labels that nobody can read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    def pictures(self) -> list[PictureToLabel]:
        """All pictures, those first that nobody looked at."""
        coco = self._read()
        entries = {str(each.get("file_name")): each for each in coco["images"]}
        counts: dict[object, int] = {}
        for each in coco["annotations"]:
            counts[each.get("image_id")] = counts.get(each.get("image_id"), 0) + 1
        found = [self._picture(path.name, entries.get(path.name, {}), counts) for path in self._files()]
        return sorted((each for each in found if each is not None), key=lambda each: (bool(each.labelled), each.name))

    def boxes(self, name: str) -> list[LabelledBox]:
        """What is labelled in a picture."""
        coco = self._read()
        names = {each.get("id"): str(each.get("name", "")) for each in coco["categories"]}
        entry = next((each for each in coco["images"] if each.get("file_name") == name), None)
        if entry is None:
            return []
        mine = [each for each in coco["annotations"] if each.get("image_id") == entry.get("id")]
        return [box for each in mine if (box := _box(each, names)) is not None]

    def add(self, name: str, data: bytes, proposed: Sequence[LabelledBox], *, camera: str, why: str) -> bool:
        """Put a picture in, with boxes that nobody looked at yet; false where one of that name is there already."""
        self.path.mkdir(parents=True, exist_ok=True)
        with self._lock:
            coco = self._read()
            if (self.path / name).exists():
                return False
            header = read_header(data)
            (self.path / name).write_bytes(data)
            entry = {"file_name": name, "width": header.width_px, "height": header.height_px, "camera": camera}
            self._put(coco, {**entry, "labelled": [], "why": why}, proposed)
        return True

    def picture(self, name: str) -> bytes:
        """The bytes of a picture of the folder."""
        path = self.path / name
        if path not in self._files():
            raise Faults("teaching", [Fault(name, f"is no picture in {self.path}")])
        return path.read_bytes()

    def save(self, name: str, boxes: Sequence[LabelledBox], looked_for: Sequence[str]) -> None:
        """Replace what is labelled in one picture; ``looked_for`` are the kinds that count as labelled in it."""
        faults = list(_faults(boxes, looked_for))
        if faults:
            raise Faults("labels", [Fault(name, what) for what in faults])
        header = read_header(self.picture(name))
        with self._lock:
            told = {"file_name": name, "width": header.width_px, "height": header.height_px}
            self._put(self._read(), {**told, "labelled": list(looked_for)}, boxes)

    def _put(self, coco: dict[str, Any], told: Mapping[str, Any], boxes: Sequence[LabelledBox]) -> None:
        """Write what is told of one picture, and its boxes instead of those that it had."""
        categories = _with_categories(coco["categories"])
        entry = next((each for each in coco["images"] if each.get("file_name") == told["file_name"]), None)
        if entry is None:
            entry = {"id": _next_id(coco["images"])}
            coco["images"].append(entry)
        entry.update(told)
        others = [each for each in coco["annotations"] if each.get("image_id") != entry["id"]]
        first = _next_id(others)
        own = [_annotation(first + number, entry["id"], categories[box.kind], box) for number, box in enumerate(boxes)]
        self._write(coco | {"annotations": [*others, *own]})

    def _files(self) -> list[Path]:
        try:
            return sorted(path for path in self.path.iterdir() if path.suffix.lower() in _SUFFIXES)
        except OSError as exc:
            raise Faults("teaching", [Fault(str(self.path), f"cannot be read: {exc.strerror}")]) from exc

    def _picture(self, name: str, entry: Mapping[str, Any], counts: Mapping[object, int]) -> PictureToLabel | None:
        try:
            header = read_header((self.path / name).read_bytes())
        except (OSError, ValueError):
            return None
        labelled = tuple(str(each) for each in entry.get("labelled") or ())
        return PictureToLabel(
            name, header.width_px, header.height_px, labelled, counts.get(entry.get("id"), 0), str(entry.get("why", ""))
        )

    def _read(self) -> dict[str, Any]:
        path = self.path / LABELS
        try:
            coco = json.loads(path.read_bytes())
        except FileNotFoundError:
            coco = {}
        except (OSError, ValueError) as exc:
            raise Faults("teaching", [Fault(str(path), f"cannot be read: {exc}")]) from exc
        parts = ("images", "annotations", "categories")
        whole = isinstance(coco, dict) and all(
            isinstance(coco.get(part, []), list) and all(isinstance(each, dict) for each in coco.get(part, []))
            for part in parts
        )
        if not whole:
            raise Faults("teaching", [Fault(str(path), "is no COCO file")])
        return {**coco, **{part: coco.get(part, []) for part in parts}}

    def _write(self, coco: Mapping[str, Any]) -> None:
        new = self.path / f".{LABELS}.new"
        new.write_text(json.dumps(coco, ensure_ascii=False), encoding="utf-8")
        new.replace(self.path / LABELS)


def boxes_of(facings: Facings, across: float = 1.0, down: float = 1.0) -> list[LabelledBox]:
    """What the model is sure of, in the picture's own pixels; ``across`` and ``down`` are how much larger that is."""
    found = []
    for row, (left, top, right, bottom) in enumerate(facings.boxes_xyxy.tolist()):
        if facings.scores[row] < _LIKELY:
            continue
        kind = FacingKind(int(facings.kinds[row])).name.lower()
        wide, high = (right - left) * across, (bottom - top) * down
        found.append(LabelledBox(kind, left * across, top * down, wide, high))
    return found


def _box(annotation: Mapping[str, Any], names: Mapping[object, str]) -> LabelledBox | None:
    name, box = names.get(annotation.get("category_id"), ""), annotation.get("bbox")
    kind = kind_named(name)
    if not isinstance(box, list) or len(box) != 4 or not all(isinstance(each, int | float) for each in box):
        return None
    attributes = annotation.get("attributes")
    product = str(attributes.get("product", "")) if isinstance(attributes, dict) else ""
    plain = IGNORED if kind is None or annotation.get("iscrowd") else kind.name.lower()
    left, top, width, height = (float(each) for each in box)
    return LabelledBox(plain, left, top, width, height, product)


def _with_categories(categories: list[dict[str, Any]]) -> dict[str, int]:
    """The id of each kind's category; those that are missing are added to the list."""
    found: dict[str, int] = {}
    for wanted in (*KINDS, IGNORED):
        kind = kind_named(wanted)
        mine = next(
            (
                each
                for each in categories
                if (kind_named(str(each.get("name"))) is kind if kind is not None else each.get("name") == wanted)
            ),
            None,
        )
        if mine is None:
            mine = {"id": _next_id(categories), "name": wanted}
            categories.append(mine)
        found[wanted] = int(mine["id"])
    return found


def _annotation(number: int, picture: object, category: int, box: LabelledBox) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": number,
        "image_id": picture,
        "category_id": category,
        "bbox": [round(each, 1) for each in (box.left, box.top, box.width, box.height)],
        "area": round(box.width * box.height, 1),
        "iscrowd": 0,
    }
    return told | ({"attributes": {"product": box.product}} if box.product else {})


def _next_id(entries: Sequence[Mapping[str, Any]]) -> int:
    return 1 + max((each["id"] for each in entries if isinstance(each.get("id"), int)), default=0)


def _faults(boxes: Sequence[LabelledBox], looked_for: Sequence[str]) -> Iterator[str]:
    if len(boxes) > _MOST_BOXES:
        yield f"has {len(boxes)} boxes; at most {_MOST_BOXES} are kept"
    for kind in sorted({*looked_for} - {*KINDS}):
        yield f"{kind} is no kind; there are {', '.join(KINDS)}"
    for box in boxes:
        if box.kind not in (*KINDS, IGNORED) or box.width <= 0 or box.height <= 0:
            yield f"a box of {box.width:g}×{box.height:g} px of kind {box.kind} cannot be kept"
