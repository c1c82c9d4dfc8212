"""Draws over a picture what is seen in it, and the plan: each slot's front in the colour of what is known of it."""

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.contract import FacingKind, Facings
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.geometry import slot_fronts
from shelfstream.catalogue.model import Camera

Image = NDArray[np.uint8]
GREEN, RED, AMBER, VIOLET, GREY = (80, 200, 40), (40, 40, 230), (30, 170, 240), (200, 40, 200), (150, 150, 150)
"""Blue, green, red."""

_UNDER = (25, 25, 25)
_KINDS = {FacingKind.FACING: GREEN, FacingKind.GAP: RED, FacingKind.OCCLUDER: VIOLET, FacingKind.TAG: (230, 170, 30)}


def drawn_facings(image_bgr: Image, facings: Facings, sure: float) -> Image:
    """The picture with every box on it, thick from a score of ``sure`` on."""
    canvas = image_bgr.copy()
    thick = max(1, round(max(canvas.shape) / 700))
    for box, score, kind in zip(facings.boxes_xyxy, facings.scores, facings.kinds, strict=True):
        left, top, right, bottom = (int(edge) for edge in np.round(box))
        cv2.rectangle(
            canvas, (left, top), (right, bottom), _KINDS[FacingKind(int(kind))], thick if score >= sure else 1
        )
    return canvas


def drawn_plan(
    image_bgr: Image, catalogue: Catalogue, camera: Camera, colours: Mapping[str, tuple[int, int, int]]
) -> Image:
    """The picture with the fronts of all slots that a camera is calibrated for; ``colours`` by slot, else grey."""
    canvas = image_bgr.copy()
    thick = max(1, round(max(canvas.shape) / 700))
    for slot, corners in slot_fronts(catalogue, camera):
        outline = np.round(corners).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(canvas, [outline], True, _UNDER, thick + 2, cv2.LINE_AA)
        cv2.polylines(canvas, [outline], True, colours.get(slot.id, GREY), thick, cv2.LINE_AA)
    return canvas


def write_drawing(path: Path, picture: Image) -> None:
    """Write a picture as its name says; folders on the way are made.

    Written here: OpenCV's own writer ends the interpreter for names that are no UTF-8.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, picture)[1].tobytes())
