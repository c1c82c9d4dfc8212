"""Cuts a slot out of a frame."""

import cv2
import numpy as np

from analytics.geometry import Floats, corners_px
from analytics.plan import Plan

_SIDE_MIN_PX = 8


def slot_corners(plan: Plan, store: str, camera: str, slot: str) -> Floats | None:
    """Corners (4, 2) of a slot in a camera's picture, ``None`` where the plan or the calibration has none."""
    if not plan.knows_camera(store, camera):
        return None
    for bay in plan.bays(store, camera):
        for index, planned in enumerate(bay.slots):
            if planned.id == slot:
                return corners_px(bay, index)
    return None


def crop_jpeg(jpeg: bytes, corners: Floats, margin_share: float, quality: int) -> bytes | None:
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
