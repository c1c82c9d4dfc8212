"""Photographs of products as prints: what stands in a folder of pictures becomes the front of invented packs.

A web shop's picture on white is cut out of its ground; of any other the middle is taken, where the product is.
"""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from shelfstream.errors import Fault, Faults
from simulator.dice import Dice

Image = NDArray[np.uint8]
_SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
_LEARNED_SPLITS = frozenset({"train", "reference"})
_LONGEST_PX = 480
_WHITE = 240
_NOTHING_SHOWN = 0.02


class _Picture(BaseModel):
    file_name: str
    split: str = "train"


class _Coco(BaseModel):
    images: list[_Picture]


def photographs_in(folder: Path) -> tuple[Path, ...]:
    """All pictures in a folder and below, in order. Raises ``Faults`` where there are none.

    Where COCO's ``annotations.json`` lies in it, those that it names, but for splits kept to judge by (val, test).
    """
    listed = folder / "annotations.json"
    there = _listed(listed) if listed.exists() else list(folder.rglob("*"))
    found = tuple(sorted(path for path in there if path.suffix.lower() in _SUFFIXES))
    if not found:
        raise Faults("photographs", [Fault(str(folder), "holds no .jpg or .png pictures, nor does a folder in it")])
    return found


def _listed(path: Path) -> list[Path]:
    try:
        read = _Coco.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as exc:
        raise Faults("photographs", [Fault(str(path), f"cannot be read as COCO labels: {exc}")]) from exc
    return [path.parent / picture.file_name for picture in read.images if picture.split in _LEARNED_SPLITS]


def printed(photograph: str, size_wh: tuple[int, int], dice: Dice) -> Image:
    """The photograph as a front (H, W, 3) BGR: cut, turned, mirrored and coloured by the dice. Raises ``Faults``."""
    picture = _picture(photograph)
    picture = _window(picture, size_wh[0] / size_wh[1], dice)
    if dice.chance(0.5):
        picture = picture[:, ::-1]
    front = cv2.resize(np.ascontiguousarray(picture), size_wh, interpolation=cv2.INTER_AREA)
    return _recoloured(np.asarray(front, np.uint8), dice)


@lru_cache(maxsize=512)
def _picture(photograph: str) -> Image:
    try:
        data = np.frombuffer(Path(photograph).read_bytes(), np.uint8)
        read = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    except OSError:
        read = None
    if read is None:
        raise Faults("photographs", [Fault(photograph, "cannot be read as a picture")])
    scale = min(1.0, _LONGEST_PX / max(read.shape[:2]))
    small = cv2.resize(read, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else read
    return _cut_from_white(np.asarray(small, np.uint8))


def _cut_from_white(picture: Image) -> Image:
    """What stands on a white ground, without most of the ground; other pictures lose their borders."""
    height, width = picture.shape[:2]
    shown = np.asarray((picture < _WHITE).any(2), np.bool_)
    rim = np.concatenate([shown[0], shown[-1], shown[:, 0], shown[:, -1]])
    if rim.mean() > 0.1 or shown.mean() < _NOTHING_SHOWN:
        return picture[height // 10 : height - height // 10, width // 10 : width - width // 10]
    rows, columns = np.flatnonzero(shown.mean(1) > _NOTHING_SHOWN), np.flatnonzero(shown.mean(0) > _NOTHING_SHOWN)
    if len(rows) < 2 or len(columns) < 2:
        return picture
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _window(picture: Image, ratio: float, dice: Dice) -> Image:
    """A part of the picture that is not stretched by more than a third when it fills a front of this shape."""
    height, width = picture.shape[:2]
    ratio *= dice.between(0.75, 1.33)
    wide, high = (width, width / ratio) if width / ratio <= height else (height * ratio, height)
    share = dice.between(0.6, 1.0)
    wide, high = max(8, int(wide * share)), max(8, int(high * share))
    left, top = int(dice.between(0, 1) * (width - wide)), int(dice.between(0, 1) * (height - high))
    return picture[max(0, top) : top + high, max(0, left) : left + wide]


def _recoloured(front: Image, dice: Dice) -> Image:
    """Another hue, for a third of the packs, and another brightness: one photograph serves many products."""
    if dice.chance(0.35):
        hsv = cv2.cvtColor(front, cv2.COLOR_BGR2HSV)
        hsv[..., 0] = (hsv[..., 0].astype(np.int32) + dice.whole(0, 179)) % 180
        front = np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR), np.uint8)
    return np.asarray(cv2.convertScaleAbs(front, alpha=dice.between(0.75, 1.2), beta=dice.between(-15, 20)), np.uint8)
