"""What a person types after ``shelfstream watch``, as a camera's URL."""

import os
from collections.abc import Iterator, MutableMapping
from pathlib import Path

from shelfstream.catalogue.camera_urls import secret_faults
from shelfstream.errors import Fault, Faults

SECRET_NAME = "WATCH_SOURCE"  # noqa: S105 - the name of a variable, not what is in it

_PICTURES = frozenset({".jpg", ".jpeg", ".png"})
_VIDEOS = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".avi", ".webm", ".mpg", ".mpeg", ".gif"})


def source_url(given: str, environment: MutableMapping[str, str]) -> str:
    """A URL for the catalogue. A path becomes a file URL; a video begins again at its end.

    Of a folder the pictures are shown, those in folders below it too; where there are none, its first video.
    A URL with a password is put into the environment, and only referred to. Raises ``Faults`` where a path leads to
    nothing.
    """
    if "://" not in given:
        path = Path(os.path.expandvars(given)).expanduser().resolve()
        if not path.exists():
            raise Faults("watch", [Fault(given, "is no file or folder, and no rtsp:// or http:// URL")])
        return _file_url(_shown_of(path) if path.is_dir() else path)
    if any(secret_faults(given)):
        environment[SECRET_NAME] = given
        return f"${{{SECRET_NAME}}}"
    return given


def _file_url(path: Path) -> str:
    return path.as_uri() if path.is_dir() or _is_picture(path) else f"{path.as_uri()}?loop=true"


def _shown_of(folder: Path) -> Path:
    """The folder itself, or a video of it; an empty one may yet be filled with pictures."""
    videos = []
    for path in _files(folder):
        if _is_picture(path):
            return folder
        if path.suffix.lower() in _VIDEOS:
            videos.append(path)
    return min(videos, default=folder)


def _files(folder: Path) -> Iterator[Path]:
    """Files in a folder and those below it; what is hidden is left out, as ingest leaves it out."""
    for place, below, names in os.walk(folder):
        below[:] = [name for name in below if not name.startswith(".")]
        yield from (Path(place) / name for name in names if not name.startswith("."))


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in _PICTURES
