"""Reads picture files from a disk; one file alone is a camera whose view never changes."""

from pathlib import Path

from ingest.sources.address import Address
from ingest.sources.base import BadPicture, Captured, Opening


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

    def __init__(self, path: Path, opening: Opening) -> None:
        self._path = path
        self._opening = opening

    def read(self, timeout_s: float) -> Captured | None:  # noqa: ARG002 (a file never keeps anybody waiting)
        data = read_picture_file(self._path, self._opening.picture_bytes_max)
        now = self._opening.clock.now()
        return Captured(data, now, now)

    def close(self) -> None:
        """Nothing is held."""


def open_picture_file(address: Address, opening: Opening) -> PictureFileSource:
    """A single picture as a source."""
    return PictureFileSource(address.path, opening)
