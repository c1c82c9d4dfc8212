"""A catalogue folder is published, and followed while somebody edits it."""

import os
import threading
from pathlib import Path

import structlog

from deploy.runtime.open import targets_on
from shelfstream.catalogue.folder.pictures import picture_path
from shelfstream.catalogue.folder.read import CheckedFolder, check_folder
from shelfstream.catalogue.publish import Published, publish
from shelfstream.errors import Faults, Unavailable
from shelfstream.service import StageContext

_LOOK_EVERY_S = 1.0
_log = structlog.get_logger(__name__)

Fingerprint = frozenset[tuple[str, int, int]]
"""What tells one state of a folder from another: names, times and sizes of all files in it."""


def sound_folder(folder: Path) -> CheckedFolder:
    """What a catalogue folder says. Raises ``Faults`` with every fault, each with its file and line."""
    checked = check_folder(folder)
    if checked.faults:
        raise Faults(f"catalogue in {folder}", checked.faults)
    return checked


def publish_folder(checked: CheckedFolder, context: StageContext) -> Published:
    """Make what a folder says hold from now on. Raises ``Faults`` and ``Unavailable`` as ``publish`` does."""

    def picture_of(store: str, name: str) -> bytes:
        return picture_path(checked.folders[store], name).read_bytes()

    with targets_on(context.bus, context.engine, context.pictures) as targets:
        return publish(checked.catalogue, picture_of, targets, now=context.clock.now())


class FolderFollower:
    """A service that publishes a catalogue folder at the start and after every edit.

    An edit with faults changes nothing: they are logged, each with its file and line, and what held before still holds.
    """

    name = "catalogue"

    def __init__(self, folder: Path, context: StageContext, *, every_s: float = _LOOK_EVERY_S) -> None:
        self._folder = folder
        self._context = context
        self._every_s = every_s
        self._taken: Fingerprint | None = None
        self._stores: frozenset[str] = frozenset()
        self._published = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Look at the folder until ``stop`` is set."""
        before = fingerprint(self._folder)
        self._take_up(before)
        while not stop.wait(self._every_s):
            now = fingerprint(self._folder)
            # An editor or a copy may be half through its files: not before two looks see the same.
            if now == before and now != self._taken:
                self._take_up(now)
            before = now

    def alive(self) -> bool:
        """It hangs on nothing but what the stages hang on, too."""
        return True

    def ready(self) -> bool:
        """Whether the folder was published once."""
        return self._published.is_set()

    def _take_up(self, seen: Fingerprint) -> None:
        try:
            checked = sound_folder(self._folder)
            done = publish_folder(checked, self._context)
        except Unavailable as away:
            _log.warning("catalogue_waits", what=away.what)
            return
        except Faults as faults:
            for fault in faults.faults:
                _log.error("catalogue_fault", where=fault.where, what=fault.what)
        else:
            _log.info("catalogue_published", folder=str(self._folder), sent=done.bus.sent, gone=done.bus.gone)
            self._note_stores(frozenset(checked.catalogue.stores))
            self._published.set()
        self._taken = seen

    def _note_stores(self, stores: frozenset[str]) -> None:
        for store in sorted(self._stores - stores):
            # Whoever empties a folder by mistake must not end a store with it.
            _log.warning("store_left_the_folder", store=store, command=f"shelfstream catalogue withdraw {store}")
        self._stores |= stores


def fingerprint(folder: Path) -> Fingerprint:
    """The folder as it is now; what goes while we look is left out."""
    found = set()
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                stat = (Path(place) / name).stat()
            except OSError:
                continue
            found.add((str(Path(place) / name), stat.st_mtime_ns, stat.st_size))
    return frozenset(found)
