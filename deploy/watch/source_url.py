"""What a person types after ``shelfstream watch``, as a camera's URL."""

import os
from collections.abc import MutableMapping
from pathlib import Path

from shelfstream.catalogue.urls import secret_faults
from shelfstream.errors import Fault, Faults

SECRET_NAME = "WATCH_SOURCE"  # noqa: S105 - the name of a variable, not what is in it

_PICTURES = frozenset({".jpg", ".jpeg", ".png"})


def source_url(given: str, environment: MutableMapping[str, str]) -> str:
    """A URL for the catalogue. A path becomes a file URL; a video begins again at its end.

    A URL with a password is put into the environment, and only referred to. Raises ``Faults`` where a path leads to
    nothing.
    """
    if "://" not in given:
        path = Path(os.path.expandvars(given)).expanduser().resolve()
        if not path.exists():
            raise Faults("watch", [Fault(given, "is no file or folder, and no rtsp:// or http:// URL")])
        if path.is_dir():
            return _folder_of_pictures(path).as_uri()
        return path.as_uri() if _is_picture(path) else f"{path.as_uri()}?loop=true"
    if any(secret_faults(given)):
        environment[SECRET_NAME] = given
        return f"${{{SECRET_NAME}}}"
    return given


def _folder_of_pictures(folder: Path) -> Path:
    """The folder, or its only sub-folder with pictures where it has none itself; an empty one may yet be filled."""
    if _has_pictures(folder):
        return folder
    below = sorted(each for each in folder.iterdir() if each.is_dir() and _has_pictures(each))
    if len(below) > 1:
        names = ", ".join(each.name for each in below)
        raise Faults("watch", [Fault(str(folder), f"holds no pictures, but folders with some: name one of {names}")])
    return below[0] if below else folder


def _has_pictures(folder: Path) -> bool:
    return any(_is_picture(path) for path in folder.iterdir())


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in _PICTURES
