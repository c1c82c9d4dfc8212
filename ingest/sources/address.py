"""Reads a source's URL: which kind it is, and the options that are ours."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

from ingest.sources.captured import BadAddress
from shelfstream.wire import UtcTime, summary


class SourceKind(StrEnum):
    """Kinds of sources that a URL can name; what a path leads to is seen on the disk."""

    RTSP = "rtsp"
    HTTP = "http"
    PATH = "path"
    SIM = "sim"


KINDS = {
    "rtsp": SourceKind.RTSP,
    "rtsps": SourceKind.RTSP,
    "http": SourceKind.HTTP,
    "https": SourceKind.HTTP,
    "file": SourceKind.PATH,
    "": SourceKind.PATH,
    "sim": SourceKind.SIM,
}
"""What each scheme leads to; a plain path has none."""


class PathOptions(BaseModel):
    """Options of a file or folder. ``start`` is when its first picture was taken, where somebody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    loop: bool = False
    pace: Literal["real", "fast"] = "real"
    watch: bool = True
    existing: bool = True
    start: UtcTime | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """A URL that was understood. ``url`` may hold secrets by now, so that it is never shown."""

    kind: SourceKind
    url: str = field(repr=False)
    path: Path = Path()
    options: PathOptions = field(default_factory=PathOptions)


def read_address(url: str) -> Address:
    """Understand a source's URL, secrets already filled in. Raises ``BadAddress``, which never tells the URL.

    The query of ``rtsp``, ``http`` and ``sim`` URLs is the camera's own; that of files and folders is ours.
    """
    if not url.strip():
        raise BadAddress("the URL is empty: name a camera, a video, a folder or a picture")
    try:
        parts = urlsplit(url)
        known = KINDS.get(parts.scheme)
        host = parts.hostname
    except ValueError as exc:
        raise BadAddress("the URL is malformed") from exc
    if known is None:
        raise BadAddress(f"{parts.scheme}:// is no kind of source: use rtsp, http, file or sim")
    if known is SourceKind.PATH:
        return _read_path(url)
    if not host:
        raise BadAddress(f"the URL names no host after {parts.scheme}://")
    return Address(known, url)


def _read_path(url: str) -> Address:
    if not url.startswith("file:"):
        return Address(SourceKind.PATH, url, Path(url))
    parts = urlsplit(url)
    if parts.netloc not in {"", "localhost"}:
        raise BadAddress("a file URL has three slashes: file:///folder/on/this/machine")
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    try:
        options = PathOptions.model_validate(given)
    except ValidationError as exc:
        raise BadAddress(f"options of the file URL: {summary(exc)}") from exc
    return Address(SourceKind.PATH, url, Path(unquote(parts.path, errors="surrogateescape")), options)
