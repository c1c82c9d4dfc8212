"""A candidate looks at live frames beside the model in force; what both saw is compared, nothing is acted on."""

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from detector.boxes import iou
from detector.contract import FacingKind, Facings
from detector.jpeg import Image
from detector.pipeline import Detector
from detector.releases.folder import COMPARISONS

_SURE = 0.5
_SAME_IOU, _SAME_GAP_IOU = 0.5, 0.3
_MOST_BYTES = 8 * 1024 * 1024
"""Some 40,000 frames: more tell nothing new."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One frame: how many facings and gaps each model is sure of, and how many both saw in the same place."""

    store: str
    camera: str
    captured_at: str
    candidate: str
    facings_now: int
    facings_candidate: int
    facings_both: int
    gaps_now: int
    gaps_candidate: int
    gaps_both: int


_LINE = TypeAdapter(Comparison)


class Trial:
    """Appends a comparison of every frame that it is given to the folder's file, up to a size."""

    def __init__(self, candidate: Detector, folder: Path) -> None:
        self._candidate = candidate
        self._path = folder / COMPARISONS

    def compare(self, place: tuple[str, str, datetime], image_bgr: Image, now: Facings) -> None:
        """``place`` is store, camera and when; ``now`` what the model in force saw. A full disk is an ``OSError``."""
        if self._path.exists() and self._path.stat().st_size > _MOST_BYTES:
            return
        seen = self._candidate.see(image_bgr)
        facings = _both(now, seen, FacingKind.FACING, _SAME_IOU)
        gaps = _both(now, seen, FacingKind.GAP, _SAME_GAP_IOU)
        store, camera, at = place
        line = Comparison(store, camera, at.isoformat(), self._candidate.model, *facings, *gaps)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(line)) + "\n")


def comparisons_of(folder: Path) -> list[Comparison]:
    """Everything that was compared; a line that was cut is left out."""
    try:
        lines = (folder / COMPARISONS).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            found.append(_LINE.validate_json(line))
        except ValidationError:
            continue
    return found


@dataclass(frozen=True, slots=True)
class CameraTrial:
    """A camera's frames together."""

    frames: int
    facings_now: int
    facings_candidate: int
    facings_both: int
    gaps_now: int
    gaps_candidate: int
    gaps_both: int


def by_camera(comparisons: list[Comparison]) -> dict[tuple[str, str], CameraTrial]:
    """What was compared, camera by camera."""
    groups: dict[tuple[str, str], list[Comparison]] = defaultdict(list)
    for each in comparisons:
        groups[each.store, each.camera].append(each)
    names = tuple(name for name in CameraTrial.__slots__ if name != "frames")
    return {
        key: CameraTrial(len(own), *(sum(getattr(each, name) for each in own) for name in names))
        for key, own in sorted(groups.items())
    }


def _both(now: Facings, candidate: Facings, kind: FacingKind, least_iou: float) -> tuple[int, int, int]:
    """(of the model in force, of the candidate, of both)."""
    boxes = [each.boxes_xyxy[(each.kinds == kind) & (each.scores >= _SURE)] for each in (now, candidate)]
    if not len(boxes[0]) or not len(boxes[1]):
        return len(boxes[0]), len(boxes[1]), 0
    same = int(np.count_nonzero(iou(boxes[0], boxes[1]).max(1) >= least_iou))
    return len(boxes[0]), len(boxes[1]), same
