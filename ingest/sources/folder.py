"""A folder into which a camera uploads: what is there already in the order of the names, then what arrives."""

from collections import deque
from datetime import UTC, datetime

import structlog

from ingest.sources.address import Address
from ingest.sources.base import FolderMemory, ListedFile, OpeningOptions
from ingest.sources.captured import Captured, SourceEnded, SourceUnavailable
from ingest.sources.picture_files import list_pictures, read_picture_file

_log = structlog.get_logger(__name__)
_LOOK_EVERY_S = 0.25
_REST_PER_LOOK = 10
_BACKLOG_MAX = 10
_WAIT_MAX_S = 1.0  # so that whoever reads can be stopped soon


class FolderSource:
    """Pictures of one folder and those below it, each once. Of a backlog of arrivals only the newest few are taken.

    A picture there from the start counts as taken when it is read (a stand-in for a camera); one that arrives was
    taken when its file says so. An arrival is taken once two looks in a row found it the same. A folder that is opened
    again goes on where it was left: an archive that comes back with its disk is not news.
    """

    def __init__(self, address: Address, opening: OpeningOptions) -> None:
        self._folder = address.path
        self._options = address.options
        self._opening = opening
        self._clock = opening.clock
        self._look_every_s = _LOOK_EVERY_S
        self._memory = opening.folder
        self._arriving: dict[str, ListedFile] = {}
        if not self._memory.held.acquire(timeout=opening.open_timeout_s):
            raise SourceUnavailable("the folder is still being read as it was opened before")
        try:
            self._begin(self._list(), self._memory)
        except SourceUnavailable:
            self.close()
            raise

    def _begin(self, found: dict[str, ListedFile], memory: FolderMemory) -> None:
        if not memory.opened:
            memory.opened, memory.known = True, found
            memory.existing.extend(sorted(found) if self._options.existing else ())

    @property
    def live(self) -> bool:
        return self._options.pace == "real"

    def read(self, timeout_s: float) -> Captured | None:
        existing = self._memory.existing
        if self._options.loop and not existing:
            existing.extend(sorted(self._list()))
        if existing:
            return self._read_existing(existing)
        if not self._options.loop and not self._options.watch:
            raise SourceEnded("the folder has no more pictures")
        return self._read_arrival(timeout_s)

    def close(self) -> None:
        """Whoever opens the folder next goes on from here."""
        self._memory.held.release()

    def _read_existing(self, existing: deque[str]) -> Captured:
        if not (self._folder / existing[0]).exists():
            self._list()  # a folder that is gone keeps what it had still to give
        name = existing.popleft()
        data = read_picture_file(self._folder / name, self._opening.picture_bytes_max)
        now = self._clock.now()
        return Captured(data, now, now)

    def _read_arrival(self, timeout_s: float) -> Captured | None:
        until_s = self._clock.monotonic_s() + min(timeout_s, _WAIT_MAX_S)
        self._take_arrivals()
        arrived = self._memory.arrived
        while not arrived:
            left_s = until_s - self._clock.monotonic_s()
            if left_s <= 0:
                return None
            self._clock.sleep(min(left_s, self._look_every_s))
            self._take_arrivals()
        seen = arrived.popleft()
        data = read_picture_file(self._folder / seen.name, self._opening.picture_bytes_max)
        modified_at = datetime.fromtimestamp(seen.modified_ns / 1e9, UTC)
        return Captured(data, modified_at, self._clock.now())

    def _take_arrivals(self) -> None:
        found, memory = self._list(), self._memory
        fresh = {name: seen for name, seen in found.items() if memory.known.get(name) != seen}
        settled = sorted(seen for name, seen in fresh.items() if self._arriving.get(name) == seen)
        self._arriving = fresh
        if found:  # a folder that is all empty may be one whose disk has gone
            memory.known = {name: seen for name, seen in memory.known.items() if name in found}
        for seen in settled:
            memory.known[seen.name] = seen
            memory.arrived.append(seen)
        if self.live:
            self._shorten_backlog()

    def _shorten_backlog(self) -> None:
        arrived = self._memory.arrived
        skipped = len(arrived) - _BACKLOG_MAX
        for _ in range(skipped):
            arrived.popleft()
        if skipped > 0:
            _log.warning("pictures arrive faster than the interval asks for; older ones are skipped", count=skipped)

    def _list(self) -> dict[str, ListedFile]:
        """What is there now, by name; a large folder is looked at less often."""
        began_s = self._clock.monotonic_s()
        seen = list_pictures(self._folder)
        self._look_every_s = max(_LOOK_EVERY_S, _REST_PER_LOOK * (self._clock.monotonic_s() - began_s))
        for name, why in seen.left_out.items():
            if name not in self._memory.told:
                _log.warning("a file of the folder cannot be looked at and is left out", file=name, why=why)
        self._memory.told = frozenset(seen.left_out)
        return seen.found


def open_folder(address: Address, opening: OpeningOptions) -> FolderSource:
    """Open a folder of pictures. Raises ``SourceUnavailable``."""
    return FolderSource(address, opening)
