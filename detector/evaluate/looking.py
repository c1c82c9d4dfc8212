"""Lets a network look at labelled pictures, keeping even what it hardly believes."""

from collections.abc import Iterable
from pathlib import Path

from detector.backends.load import BackendName, load_backend
from detector.backends.seam import Backend
from detector.decode import DecodeRules, decode
from detector.evaluate.data import Example
from detector.evaluate.precision import Judged
from detector.manifest import Manifest, read_manifest
from detector.prepare import prepare

_LEAST_SCORE = 0.01


class Looker:
    """The network of a manifest, with its rules but for the least score."""

    def __init__(self, manifest_path: Path, *, threads: int = 2) -> None:
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
