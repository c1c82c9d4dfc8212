"""A source of pictures as the rest of ingest sees it, and what can go wrong with one."""

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

from ingest.sources.captured import Captured
from shelfstream.clock import Clock


class Source(Protocol):
    """An open source. Belongs to one thread."""

    @property
    def live(self) -> bool:
        """Whether time passes there by itself; a source that is not live may be kept waiting and loses nothing."""
        ...

    def read(self, timeout_s: float) -> Captured | None:
        """The newest picture, or a live source's next one if it comes within ``timeout_s``.

        ``None``: nothing new, which is no fault of this kind of source. Raises a ``SourceError``; after any but
        ``BadPicture`` the source is of no more use.
        """
        ...

    def close(self) -> None:
        """Let go of the source; never raises."""
        ...


@dataclass(frozen=True, slots=True, order=True)
class ListedFile:
    """A file as one look found it; a file still being written looks different the next time."""

    modified_ns: int
    name: str
    size_bytes: int


@dataclass
class FolderMemory:
    """What a folder still knows when it is opened again: files that are no news, and pictures it has yet to give.

    ``told`` are files left out that have been spoken of. One source at a time holds it.
    """

    held: threading.Lock = field(default_factory=threading.Lock)
    opened: bool = False
    known: dict[str, ListedFile] = field(default_factory=dict)
    existing: deque[str] = field(default_factory=deque)
    arrived: deque[ListedFile] = field(default_factory=deque)
    told: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OpeningOptions:
    """What a source needs besides its address. ``interval_s`` is how often pictures are wanted.

    ``folder`` is what an earlier opening of the same URL in this process has left.
    """

    clock: Clock
    interval_s: float
    open_timeout_s: float
    read_timeout_s: float
    picture_bytes_max: int
    folder: FolderMemory = field(default_factory=FolderMemory)
