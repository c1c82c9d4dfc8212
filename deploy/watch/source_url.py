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
        return path.as_uri() if path.is_dir() or path.suffix.lower() in _PICTURES else f"{path.as_uri()}?loop=true"
    if any(secret_faults(given)):
        environment[SECRET_NAME] = given
        return f"${{{SECRET_NAME}}}"
    return given
