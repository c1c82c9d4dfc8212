"""Remembers how reference pictures look, by model and picture: in memory and, where told, in a folder."""

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np

from detector.gallery.gallery import Look
from detector.gallery.prints import PrintFeatures

_PARTS = ("vector", "size_wh", "points_xy", "descriptors", "colours_bgr")


class LookCache:
    """Looks of one model by picture id. Another model has files of its own; a spoilt file is made again."""

    def __init__(self, model: str, folder: Path | None) -> None:
        self._model = model
        self._folder = folder
        self._looks: dict[str, Look] = {}

    def get(self, picture_id: str) -> Look | None:
        """The look of a picture, if it is known."""
        if picture_id not in self._looks and self._folder is not None:
            look = _read(self._path(self._folder, picture_id))
            if look is not None:
                self._looks[picture_id] = look
        return self._looks.get(picture_id)

    def put(self, picture_id: str, look: Look) -> None:
        """Remember the look of a picture."""
        self._looks[picture_id] = look
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(self._folder, picture_id)
        new = path.with_suffix(".new")
        new.write_bytes(_packed(look))
        new.replace(path)

    def _path(self, folder: Path, picture_id: str) -> Path:
        name = hashlib.sha256(f"{self._model}\n{picture_id}".encode()).hexdigest()
        return folder / f"{name}.look"


def _packed(look: Look) -> bytes:
    file = io.BytesIO()
    own = look.print
    np.savez(
        file,
        vector=look.vector.astype("<f4"),
        size_wh=np.array(own.size_wh, "<i4"),
        points_xy=own.points_xy.astype("<f4"),
        descriptors=own.descriptors,
        colours_bgr=own.colours_bgr,
    )
    return file.getvalue()


def _read(path: Path) -> Look | None:
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as kept:
            vector, size_wh, points_xy, descriptors, colours_bgr = (kept[name] for name in _PARTS)
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile):
        return None
    width, height = (int(side) for side in size_wh)
    own = PrintFeatures((width, height), points_xy.astype(np.float32), descriptors, colours_bgr)
    return Look(vector.astype(np.float32), own)
