"""Lets a network look at labelled pictures, keeping even what it hardly believes."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.backends.base import Backend, BackendName
from detector.backends.load import load_backend
from detector.contract import FacingKind
from detector.decode import DecodeRules, decode
from detector.evaluate.data import Example
from detector.evaluate.precision import Judged
from detector.gallery.gallery import embeddings_at
from detector.gallery.reference_look import embed_reference
from detector.manifest import SHIPPED, Manifest, read_manifest
from detector.prepare import prepare

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

    def facings(self, image_bgr: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(boxes (N, 4), embeddings (N, 384)) of the facings that are more likely than not."""
        prepared = prepare(image_bgr, self.manifest.work_pixels)
        maps = self._backend.run(prepared.image_bgr[None])
        found = decode(maps, 0, DecodeRules(score_fits=self.manifest.score_fits, min_score=WORKING_SCORE))
        boxes = found.boxes_xyxy[found.kinds == FacingKind.FACING]
        size_wh = (image_bgr.shape[1], image_bgr.shape[0])
        return prepared.boxes_in_original(boxes, size_wh), embeddings_at(maps.embedding[0], boxes)

    def look_of(self, image_bgr: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(384,) embedding of a reference picture."""
        return embed_reference(image_bgr, self._backend)

    def _judge(self, example: Example, kind: int, rules: DecodeRules) -> Judged:
        prepared = prepare(example.image_bgr, self.manifest.work_pixels)
        found = decode(self._backend.run(prepared.image_bgr[None]), 0, rules)
        mine = found.kinds == kind
        size_wh = (example.image_bgr.shape[1], example.image_bgr.shape[0])
        boxes = prepared.boxes_in_original(found.boxes_xyxy[mine], size_wh)
        return Judged(boxes, found.scores[mine], example.truth_xyxy, example.ignored_xyxy)
