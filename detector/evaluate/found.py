"""What a detector found, read from the list that ``shelfstream detect --json`` writes: anybody's can be judged so."""

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, TypeAdapter, ValidationError

from detector.evaluate.data import coco_labels
from detector.evaluate.overlaps import Boxes
from detector.evaluate.precision import Judged
from shelfstream.errors import Fault, Faults
from shelfstream.wire import summary


class _Found(BaseModel):
    file_name: str
    category: str
    bbox: tuple[float, float, float, float]
    score: float


_LIST = TypeAdapter(list[_Found])
Category = Literal["facing", "gap"]


def judged_list(folder: Path, found: Path, category: Category) -> list[Judged]:
    """The pictures of a labelled folder with what a list holds of them, best first.

    Raises ``Faults`` for labels or a list that cannot be read, and for a list that knows none of the pictures.
    """
    try:
        listed = _LIST.validate_json(found.read_bytes())
    except OSError as exc:
        raise Faults("evaluate", [Fault(str(found), f"cannot be read: {exc.strerror}")]) from exc
    except ValidationError as exc:
        raise Faults("evaluate", [Fault(str(found), summary(exc))]) from exc
    by_file: dict[str, list[_Found]] = {}
    for each in listed:
        if each.category == category:
            by_file.setdefault(each.file_name, []).append(each)
    labels = coco_labels(folder)
    if not any(each.file_name in by_file for each in labels):
        raise Faults("evaluate", [Fault(str(found), f"knows no {category} in any picture of {folder}")])
    return [_judged(by_file.get(each.file_name, []), each.truth_xyxy, each.ignored_xyxy) for each in labels]


def _judged(found: list[_Found], truth: Boxes, ignored: Boxes) -> Judged:
    best_first = sorted(found, key=lambda each: -each.score)
    boxes = np.array([each.bbox for each in best_first], np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return Judged(boxes, np.array([each.score for each in best_first], np.float32), truth, ignored)
