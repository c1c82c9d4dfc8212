"""A folder into which a camera uploads: what is there already in the order of the names, then what arrives."""

import os
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from ingest.sources.address import Address
from ingest.sources.errors import SourceEnded, SourceUnavailable
from ingest.sources.picture_file import PICTURE_SUFFIXES, read_picture_file
from ingest.sources.source import Captured, Opening

_log = structlog.get_logger(__name__)
_LOOK_EVERY_S = 0.25
_REST_PER_LOOK = 10
_BACKLOG_MAX = 10
_WAIT_MAX_S = 1.0  # so that whoever reads can be stopped soon


@dataclass(frozen=True, slots=True, order=True)
class Seen:
    """A file as one look found it; a file still being written looks different the next time."""

    modified_ns: int
    name: str
    size_bytes: int


class FolderSource:
    """Pictures of one folder and those below it, each once. Of a backlog of arrivals only the newest few are taken.

    A picture there from the start counts as taken when it is read (a stand-in for a camera); one that arrives was
    taken when its file says so. An arrival is taken once two looks in a row found it the same.
    """

    def __init__(self, address: Address, opening: Opening) -> None:
        self._folder = address.path
        self._options = address.options
        self._opening = opening
        self._clock = opening.clock
        self._look_every_s = _LOOK_EVERY_S
        found = self._look()
        self._known = found
        self._existing = deque(sorted(found) if self._options.existing else ())
        self._arriving: dict[str, Seen] = {}
        self._arrived: deque[Seen] = deque()

    @property
    def live(self) -> bool:
        return self._options.pace == "real"

    def read(self, timeout_s: float) -> Captured | None:
        if self._existing:
            return self._read_existing(self._existing.popleft())
        if self._options.loop:
            self._existing = deque(sorted(self._look()))
            if self._existing:
                return self._read_existing(self._existing.popleft())
        elif not self._options.watch:
            raise SourceEnded("the folder has no more pictures")
        return self._read_arrival(timeout_s)

    def close(self) -> None:
        """Nothing is held."""

    def _read_existing(self, name: str) -> Captured:
        data = read_picture_file(self._folder / name, self._opening.picture_bytes_max)
        now = self._clock.now()
        return Captured(data, now, now)

    def _read_arrival(self, timeout_s: float) -> Captured | None:
        until_s = self._clock.monotonic_s() + min(timeout_s, _WAIT_MAX_S)
        self._take_arrivals()
        while not self._arrived:
            left_s = until_s - self._clock.monotonic_s()
            if left_s <= 0:
                return None
            self._clock.sleep(min(left_s, self._look_every_s))
            self._take_arrivals()
        seen = self._arrived.popleft()
        data = read_picture_file(self._folder / seen.name, self._opening.picture_bytes_max)
        modified_at = datetime.fromtimestamp(seen.modified_ns / 1e9, UTC)
        return Captured(data, modified_at, self._clock.now())

    def _take_arrivals(self) -> None:
        found = self._look()
        fresh = {name: seen for name, seen in found.items() if self._known.get(name) != seen}
        settled = sorted(seen for name, seen in fresh.items() if self._arriving.get(name) == seen)
        self._arriving = fresh
        self._known = {name: seen for name, seen in self._known.items() if name in found}
        for seen in settled:
            self._known[seen.name] = seen
            self._arrived.append(seen)
        if self.live:
            self._shorten_backlog()

    def _shorten_backlog(self) -> None:
        skipped = len(self._arrived) - _BACKLOG_MAX
        for _ in range(skipped):
            self._arrived.popleft()
        if skipped > 0:
            _log.warning("pictures arrive faster than the interval asks for; older ones are skipped", count=skipped)

    def _look(self) -> dict[str, Seen]:
        """What is there now, by name; a large folder is looked at less often."""
        began_s = self._clock.monotonic_s()
        found = look(self._folder)
        self._look_every_s = max(_LOOK_EVERY_S, _REST_PER_LOOK * (self._clock.monotonic_s() - began_s))
        return found


def look(folder: Path) -> dict[str, Seen]:
    """Picture files in a folder and those below it, by their path from there; what is hidden is left out.

    Raises ``SourceUnavailable``.
    """
    if not folder.is_dir():
        raise SourceUnavailable("the folder is gone")
    found = {}
    for place, below, names in os.walk(folder, onerror=_refuse):
        below[:] = [name for name in below if not name.startswith(".")]
        for name in names:
            seen = _seen(Path(place) / name, folder)
            if seen is not None:
                found[seen.name] = seen
    return found


def _refuse(fault: OSError) -> None:
    # A folder below that goes while we look is no fault.
    if not isinstance(fault, FileNotFoundError):
        raise SourceUnavailable(f"the folder cannot be read: {fault.strerror}") from fault


def _seen(path: Path, folder: Path) -> Seen | None:
    if path.suffix.lower() not in PICTURE_SUFFIXES or path.name.startswith("."):
        return None
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return Seen(stat.st_mtime_ns, path.relative_to(folder).as_posix(), stat.st_size) if stat.st_size else None


def open_folder(address: Address, opening: Opening) -> FolderSource:
    """Open a folder of pictures. Raises ``SourceUnavailable``."""
    return FolderSource(address, opening)
