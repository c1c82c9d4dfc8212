"""Remembers embedded reference pictures by (model, picture), in memory and, where told, in a folder."""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.layout import EMBEDDING_SIZE


class LookCache:
    """Vectors (384,) of one model by picture id. Another model has files of its own; a spoilt file is made again."""

    def __init__(self, model: str, folder: Path | None) -> None:
        self._model = model
        self._folder = folder
        self._looks: dict[str, NDArray[np.float32]] = {}

    def get(self, picture_id: str) -> NDArray[np.float32] | None:
        """The vector of a picture, if it is known."""
        if picture_id not in self._looks and self._folder is not None:
            look = _read(self._path(self._folder, picture_id))
            if look is not None:
                self._looks[picture_id] = look
        return self._looks.get(picture_id)

    def put(self, picture_id: str, look: NDArray[np.float32]) -> None:
        """Remember the vector of a picture."""
        self._looks[picture_id] = look
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(self._folder, picture_id)
        new = path.with_suffix(".new")
        new.write_bytes(look.astype("<f4").tobytes())
        new.replace(path)

    def _path(self, folder: Path, picture_id: str) -> Path:
        name = hashlib.sha256(f"{self._model}\n{picture_id}".encode()).hexdigest()
        return folder / f"{name}.look"


def _read(path: Path) -> NDArray[np.float32] | None:
    if not path.exists():
        return None
    data = path.read_bytes()
    if len(data) != EMBEDDING_SIZE * 4:
        return None
    return np.frombuffer(data, "<f4").astype(np.float32)
