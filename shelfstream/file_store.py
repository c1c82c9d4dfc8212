"""Files by id: in a folder, in memory or in an object store, whatever the URL says."""

import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from shelfstream.errors import Fault, Faults, Unavailable
from shelfstream.identifiers import check_slug

_PICTURES = (".jpg", ".png")
_PARTIAL = ".partial"
_PARTIAL_NAME = re.compile(rf"\.[0-9a-f]{{32}}\{_PARTIAL}")
_TIME_KEYS = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")
_RETRY_AFTER_S = 2.0
_PUT_TRIES = 10


@dataclass(frozen=True, slots=True)
class Stored:
    """One file as it stands in the store. ``written_at`` is the store's own time for it, aware UTC."""

    id: str
    size_bytes: int
    written_at: datetime


def check_file_id(file_id: str, suffixes: Sequence[str]) -> str:
    """Return ``file_id`` if it is slugs joined by ``/`` and ends in one of ``suffixes``; else ``ValueError``.

    Nothing that passes leads out of the store, whatever a browser was made to ask for.
    """
    suffix = next((each for each in suffixes if file_id.endswith(each)), None)
    if suffix is None:
        raise ValueError(f"{file_id!r} is no id here: it must end in {' or '.join(suffixes)}")
    for part in file_id.removesuffix(suffix).split("/"):
        check_slug(part)
    return file_id


def check_picture_id(picture_id: str) -> str:
    """Return ``picture_id`` if it is slugs joined by ``/`` and ends in ``.jpg`` or ``.png``; else ``ValueError``.

    Nothing that passes leads out of the store, whatever a browser was made to ask for.
    """
    return check_file_id(picture_id, _PICTURES)


class FileStore:
    """Files by id. Any thread may use it; writing an id again replaces the file, readers see the old or the new.

    ``url`` is whatever fsspec knows: ``file:///folder`` or a path, ``memory://name`` (this process alone), ``s3://…``.
    ``suffixes``: how ids end; what else lies there is not looked at. ``what`` names the store in messages.
    All methods raise ``Unavailable`` when the store is away or full, and ``ValueError`` for what is no id.
    Construction connects to nothing; it raises ``Faults`` for a URL that nothing here can open.
    """

    def __init__(self, url: str, suffixes: Sequence[str], what: str) -> None:
        try:
            fs, root = url_to_fs(url)
        except (ImportError, ValueError) as exc:
            raise Faults(what, [Fault("url", f"{url!r} cannot be opened: {exc}")]) from exc
        self._suffixes = tuple(suffixes)
        self._what = what
        self._fs: AbstractFileSystem = fs
        self._root: str = root.rstrip("/")
        self._is_folder = isinstance(fs, LocalFileSystem)
        self.url = url

    def put(self, file_id: str, data: bytes, /) -> None:
        """Keep ``data`` under this id; nobody ever sees half of it."""
        path = self._path(file_id)
        with self._translated():
            if not self._is_folder:
                self._fs.pipe_file(path, data)
                return
            for tries_left in reversed(range(_PUT_TRIES)):
                try:
                    self._put_file(path, data)
                    break
                except (FileNotFoundError, FileExistsError):
                    # A deletion took the emptied folder away while it was made, or between that and the writing.
                    if not tries_left:
                        raise

    def _put_file(self, path: str, data: bytes) -> None:
        folder = path.rpartition("/")[0]
        partial = f"{folder}/.{uuid.uuid4().hex}{_PARTIAL}"
        self._fs.makedirs(folder, exist_ok=True)
        try:
            self._fs.pipe_file(partial, data)
            self._fs.mv(partial, path)
        except OSError:
            with suppress(OSError):
                self._fs.rm_file(partial)
            raise

    def get(self, file_id: str, /) -> bytes | None:
        """The file's bytes, or ``None`` where there is none of this id."""
        path = self._path(file_id)
        with self._translated():
            try:
                data: bytes = self._fs.cat_file(path)
            except FileNotFoundError:
                return None
            return data

    @contextmanager
    def opened(self, file_id: str, /) -> Iterator[BinaryIO]:
        """The file, to be read here and there; one that is not there is ``Unavailable``."""
        path = self._path(file_id)
        with self._translated(), self._fs.open(path, "rb") as file:
            yield cast("BinaryIO", file)

    def exists(self, file_id: str, /) -> bool:
        """Whether there is a file of this id."""
        path = self._path(file_id)
        with self._translated():
            return bool(self._fs.exists(path))

    def delete(self, file_id: str, /) -> None:
        """Forget a file; one that is not there is no fault."""
        path = self._path(file_id)
        with self._translated():
            self._remove(path)

    def _remove(self, path: str) -> None:
        with suppress(FileNotFoundError):
            self._fs.rm_file(path)
        if self._is_folder:
            # Each event has a folder of its own: without this, empty ones would pile up for ever.
            with suppress(OSError):
                self._fs.rmdir(path.rpartition("/")[0])

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """The files below ``prefix``: whole leading parts of ids, such as ``plates/mill-road``."""
        for path, info in self._files(prefix):
            if path.endswith(self._suffixes):
                yield Stored(self._id_of(path), int(info["size"]), _written_at(info))

    def delete_older(self, prefix: str, before: datetime) -> int:
        """Forget what was written below ``prefix`` before a time; returns how many that were.

        What a crash left half-written there goes too.
        """
        if before.tzinfo is None:
            raise ValueError("a time without a zone cannot be compared")
        deleted = 0
        for path, info in self._files(prefix):
            if _written_at(info) >= before:
                continue
            with self._translated():
                self._remove(path)
            deleted += path.endswith(self._suffixes)
        return deleted

    def _files(self, prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Files and half-written ones below ``prefix``. A file that goes away meanwhile is left out."""
        parts = [check_slug(part) for part in prefix.split("/") if part]
        top = "/".join([self._root, *parts])
        with self._translated():
            self._fs.invalidate_cache()
            walk = self._fs.walk(top, detail=True)
            for _, _, files in walk:
                for info in files.values():
                    name = info["name"].rpartition("/")[2]
                    if name.endswith(self._suffixes) or _PARTIAL_NAME.fullmatch(name):
                        yield info["name"], info

    def _path(self, file_id: str) -> str:
        return f"{self._root}/{check_file_id(file_id, self._suffixes)}"

    def _id_of(self, path: str) -> str:
        return path[len(self._root) :].lstrip("/")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise Unavailable(f"{self._what} {self.url}: {exc}", retry_after_s=_RETRY_AFTER_S) from exc


class PictureStore(FileStore):
    """Pictures by id, at whatever URL fsspec knows. Construction connects to nothing; it raises ``Faults`` for a URL
    that nothing here can open.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url, _PICTURES, "picture store")


def archive_at(url: str) -> FileStore:
    """The archive of what analytics took in. Raises ``Faults`` for a URL that nothing here can open."""
    return FileStore(url, (".parquet",), "archive")


def _written_at(info: dict[str, Any]) -> datetime:
    """When a file was written, under whichever name and type its file system tells it."""
    found = next((info[key] for key in _TIME_KEYS if info.get(key) is not None), None)
    match found:
        case datetime():
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        case int() | float():
            return datetime.fromtimestamp(found, UTC)
        case str():
            return datetime.fromisoformat(found).astimezone(UTC)
        case _:
            raise ValueError(f"the file system tells no time of {info.get('name')!r}")
