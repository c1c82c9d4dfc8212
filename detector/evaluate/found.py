"""What was found in labelled pictures: by the network of a manifest, or as a list says that anybody made.

Lists are such as ``shelfstream detect --json`` writes.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel, TypeAdapter, ValidationError

from detector.backends.base import Backend, BackendName
from detector.backends.load import load_backend
from detector.backends.prepare import prepare
from detector.decode import DecodeRules, decode
from detector.evaluate.coco import CocoLabels, clipped
from detector.evaluate.data import Example
from detector.evaluate.precision import Judged
from detector.jpeg import read_photograph
from detector.manifest import SHIPPED, Manifest, read_manifest
from detector.train.coco_pictures import Measure
from shelfstream.errors import Fault, Faults
from shelfstream.wire import summary

_LEAST_SCORE = 0.01
WORKING_SCORE = 0.5


class Looker:
    """The network of a manifest, with its rules but for the least score."""

    def __init__(self, manifest_path: Path = SHIPPED, *, threads: int = 2) -> None:
        self.manifest: Manifest = read_manifest(manifest_path)
        self._backend: Backend = load_backend(BackendName.ONNX, manifest_path, threads=threads)

    def judge(self, examples: Iterable[Example], kind: int) -> list[Judged]:
        """What was found of one kind beside what is there; boxes in the pictures' own pixels."""
        rules = DecodeRules(score_fits=self.manifest.score_fits, min_score=_LEAST_SCORE)
        return [self._judge(example, kind, rules) for example in examples]

    def _judge(self, example: Example, kind: int, rules: DecodeRules) -> Judged:
        prepared = prepare(example.image_bgr, self.manifest.work_pixels)
        found = decode(self._backend.run(prepared.image_bgr[None]), 0, rules)
        mine = found.kinds == kind
        size_wh = (example.image_bgr.shape[1], example.image_bgr.shape[0])
        boxes = prepared.boxes_in_original(found.boxes_xyxy[mine], size_wh)
        return Judged(boxes, found.scores[mine], example.truth_xyxy, example.ignored_xyxy)


class _Found(BaseModel):
    file_name: str
    category: str
    bbox: tuple[Measure, Measure, Measure, Measure]
    score: Measure


_LIST = TypeAdapter(list[_Found])


def judged_list(folder: Path, labels: Sequence[CocoLabels], found: Path, category: str) -> list[Judged]:
    """The labelled pictures of a folder with what a list holds of them, best first; all boxes end at the borders.

    Raises ``Faults`` for a list that cannot be read, and for one that knows none of the pictures.
    """
    by_file = _by_file(found, category)
    if not any(each.file_name in by_file for each in labels):
        raise Faults("evaluate", [Fault(str(found), f"knows no {category} in any picture of {folder}")])
    return [_judged(by_file.get(each.file_name, []), folder, each) for each in labels]


def _by_file(found: Path, category: str) -> dict[str, list[_Found]]:
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
    return by_file


def _judged(found: list[_Found], folder: Path, labels: CocoLabels) -> Judged:
    image = read_photograph(folder / labels.file_name)
    size_wh = (image.shape[1], image.shape[0])
    boxes = np.array([each.bbox for each in found], np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    # One at a time: a find that lies outside the picture leaves with its score.
    kept = [(each.score, box) for each, one in zip(found, boxes, strict=True) for box in clipped(one[None], size_wh)]
    kept.sort(key=lambda scored: -scored[0])
    mine = labels.within(size_wh)
    scores = np.array([score for score, _ in kept], np.float32)
    corners = np.array([box for _, box in kept], np.float32).reshape(-1, 4)
    return Judged(corners, scores, mine.truth_xyxy, mine.ignored_xyxy)
