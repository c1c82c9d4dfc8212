"""Cuts a slot out of a frame."""

import cv2
import numpy as np

from analytics.plan import Plan
from shelfstream.catalogue.slot_fronts import Corners, slot_fronts

_SIDE_MIN_PX = 8


def slot_corners(plan: Plan, store: str, camera: str, slot: str) -> Corners | None:
    """Front (4, 2) of a slot in a camera's picture, ``None`` where the plan or the calibration has none."""
    catalogue = plan.snapshot.catalogue
    watching = catalogue.cameras.get((store, camera))
    fronts = slot_fronts(catalogue, watching) if watching is not None else ()
    return next((corners for planned, corners in fronts if planned.id == slot), None)


def crop_jpeg(jpeg: bytes, corners: Corners, margin_share: float, quality: int) -> bytes | None:
    """The picture around four corners as JPEG; ``None`` if nothing of it lies in the picture or nothing decodes."""
    if not np.isfinite(corners).all():
        return None
    try:
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    if image is None:
        return None
    margin = (corners.max(axis=0) - corners.min(axis=0)) * margin_share
    size = np.array([image.shape[1], image.shape[0]], dtype=np.float64)
    left, top = np.clip(np.rint(corners.min(axis=0) - margin), 0, size).astype(int)
    right, bottom = np.clip(np.rint(corners.max(axis=0) + margin), 0, size).astype(int)
    if right - left < _SIDE_MIN_PX or bottom - top < _SIDE_MIN_PX:
        return None
    done, encoded = cv2.imencode(".jpg", image[top:bottom, left:right], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return encoded.tobytes() if done else None
