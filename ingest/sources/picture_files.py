"""Picture files on a disk: found in a folder, read, and one alone as a camera whose view never changes."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from ingest.sources.address import Address
from ingest.sources.base import ListedFile, OpeningOptions
from ingest.sources.captured import BadPicture, Captured, SourceUnavailable

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})


@dataclass(frozen=True, slots=True)
class FolderListing:
    """What is there: picture files by their path from the folder, and why others had to be left out."""

    found: dict[str, ListedFile] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def list_pictures(folder: Path) -> FolderListing:
    """Picture files in a folder and those below it; what is hidden does not count.

    Raises ``SourceUnavailable`` if the folder itself is gone or closed to us.
    """
    if not os.path.isdir(folder):  # noqa: PTH112 (Path.is_dir raises for a folder that may not be looked at)
        raise SourceUnavailable("the folder is gone")
    seen = FolderListing()

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


def _look_at(path: Path, folder: Path, seen: FolderListing) -> None:
    name = path.relative_to(folder)
    try:
        stat = path.stat()
    except OSError as exc:
        _leave_out(seen, name, exc)
        return
    if stat.st_size:
        seen.found[name.as_posix()] = ListedFile(stat.st_mtime_ns, name.as_posix(), stat.st_size)


def _leave_out(seen: FolderListing, name: Path, fault: OSError) -> None:
    # What goes while we look is no fault.
    if not isinstance(fault, FileNotFoundError):
        seen.left_out[name.as_posix()] = fault.strerror or type(fault).__name__


def read_picture_file(path: Path, bytes_max: int) -> bytes:
    """A picture file's bytes. Raises ``BadPicture`` when it cannot be read or is over the cap."""
    try:
        with path.open("rb") as file:
            data = file.read(bytes_max + 1)
    except OSError as exc:
        raise BadPicture(f"{path.name} cannot be read: {exc.strerror}") from exc
    if len(data) > bytes_max:
        raise BadPicture(f"{path.name} is larger than {bytes_max} bytes")
    return data


class PictureFileSource:
    """The same file again and again, read anew each time."""

    live = True

    def __init__(self, path: Path, opening: OpeningOptions) -> None:
        self._path = path
        self._opening = opening

    def read(self, timeout_s: float) -> Captured | None:  # noqa: ARG002 (a file never keeps anybody waiting)
        data = read_picture_file(self._path, self._opening.picture_bytes_max)
        now = self._opening.clock.now()
        return Captured(data, now, now)

    def close(self) -> None:
        """Nothing is held."""


def open_picture_file(address: Address, opening: OpeningOptions) -> PictureFileSource:
    """A single picture as a source."""
    return PictureFileSource(address.path, opening)
