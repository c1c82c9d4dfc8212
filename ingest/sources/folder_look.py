"""Looks through a folder for picture files."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from ingest.sources.base import Seen, SourceUnavailable

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})


@dataclass(frozen=True, slots=True)
class Look:
    """What is there: picture files by their path from the folder, and why others had to be left out."""

    found: dict[str, Seen] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def look(folder: Path) -> Look:
    """Picture files in a folder and those below it; what is hidden does not count.

    Raises ``SourceUnavailable`` if the folder itself is gone or closed to us.
    """
    if not os.path.isdir(folder):  # noqa: PTH112 (Path.is_dir raises for a folder that may not be looked at)
        raise SourceUnavailable("the folder is gone")
    seen = Look()

    def refused(fault: OSError) -> None:
        place = Path(fault.filename)
        if place == folder:
            raise SourceUnavailable(f"the folder cannot be read: {fault.strerror}") from fault
        _leave_out(seen, place.relative_to(folder), fault)

    for place, below, names in os.walk(folder, onerror=refused):
        below[:] = [name for name in below if not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and Path(name).suffix.lower() in PICTURE_SUFFIXES:
                _look_at(Path(place) / name, folder, seen)
    return seen


def _look_at(path: Path, folder: Path, seen: Look) -> None:
    name = path.relative_to(folder)
    try:
        stat = path.stat()
    except OSError as exc:
        _leave_out(seen, name, exc)
        return
    if stat.st_size:
        seen.found[name.as_posix()] = Seen(stat.st_mtime_ns, name.as_posix(), stat.st_size)


def _leave_out(seen: Look, name: Path, fault: OSError) -> None:
    # What goes while we look is no fault.
    if not isinstance(fault, FileNotFoundError):
        seen.left_out[name.as_posix()] = fault.strerror or type(fault).__name__
