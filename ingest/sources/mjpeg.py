"""MJPEG over HTTP: a thread keeps up with the stream, cuts it into its parts, and holds the newest picture."""

import math
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from ingest.sources.base import OpeningOptions
from ingest.sources.captured import Captured, SourceError, SourceSilent, SourceUnavailable
from ingest.sources.http import Head, HttpGet, Target

_BOUNDARY = re.compile(r"""boundary=(?:"([^"]+)"|([^\s;]+))""", re.IGNORECASE)
_HEADERS_BYTES_MAX = 8_192

_CLOSE_WITHIN_S = 0.5
_TIME_HEADER = "x-timestamp"
_STREAM = "multipart/"


@dataclass(frozen=True, slots=True)
class Part:
    """One part: header names in lower case, and its body."""

    headers: dict[str, str]
    body: bytes


def boundary_of(content_type: str) -> bytes:
    """The delimiter that a content type announces. Raises ``SourceUnavailable`` where it announces none."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise SourceUnavailable("the camera's stream announces no boundary between its pictures")
    return b"--" + (found[1] or found[2]).removeprefix("--").encode()


class PartCutter:
    """Takes the stream's bytes as they come and gives each part once it is whole."""

    def __init__(self, boundary: bytes, body_bytes_max: int) -> None:
        self._boundary = boundary
        self._body_bytes_max = body_bytes_max
        self._held = bytearray()
        self._headers: dict[str, str] | None = None
        # How far the body in hand was searched for its end: each byte is looked at once.
        self._searched = 0

    def feed(self, data: bytes) -> Iterator[Part]:
        """Parts that ``data`` completes. Raises ``SourceUnavailable`` for a stream that is none or too large."""
        self._held += data
        while True:
            if self._headers is None and not self._take_headers():
                return
            body = self._take_body(self._headers or {})
            if body is None:
                return
            yield Part(self._headers or {}, body)
            self._headers = None

    def _take_headers(self) -> bool:
        start = self._held.find(self._boundary)
        if start < 0:
            self._refuse_over(_HEADERS_BYTES_MAX + self._body_bytes_max)
            return False
        end = self._held.find(b"\r\n\r\n", start)
        if end < 0:
            self._refuse_over(start + len(self._boundary) + _HEADERS_BYTES_MAX)
            return False
        lines = bytes(self._held[start + len(self._boundary) : end]).decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines if ":" in line)
        self._headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        del self._held[: end + 4]
        return True

    def _take_body(self, headers: dict[str, str]) -> bytes | None:
        announced = headers.get("content-length", "")
        if announced.isascii() and announced.isdigit():
            length = int(announced)
            if length > self._body_bytes_max:
                raise SourceUnavailable(f"the camera announces a picture of {length} bytes")
            if len(self._held) < length:
                return None
            # Some announce more than they send: the next part begins within what would be this one's.
            end = self._held.find(b"\r\n" + self._boundary, 0, length)
            return self._cut(length if end < 0 else end)
        delimiter = b"\r\n" + self._boundary
        end = self._held.find(delimiter, max(0, self._searched - len(delimiter)))
        if end < 0:
            self._searched = len(self._held)
            self._refuse_over(self._body_bytes_max)
            return None
        return self._cut(end)

    def _cut(self, length: int) -> bytes:
        body = bytes(self._held[:length])
        del self._held[:length]
        self._searched = 0
        return body

    def _refuse_over(self, bytes_max: int) -> None:
        if len(self._held) > bytes_max:
            raise SourceUnavailable("the camera's stream is no sequence of pictures, or one of them is too large")


class MjpegSource:
    """A stream of pictures. A part's ``X-Timestamp`` (seconds since 1970), where there is one, is the camera's word."""

    live = True

    def __init__(self, target: Target, opening: OpeningOptions) -> None:
        self._get = HttpGet(target, opening.clock, opening.open_timeout_s)
        self._clock = opening.clock
        self._idle_s = opening.read_timeout_s
        self._bytes_max = opening.picture_bytes_max
        self._cutter: PartCutter | None = None
        self._changed = threading.Condition()
        self._newest: Captured | None = None
        self._is_stream: bool | None = None
        self._failure: SourceError | None = None
        self._closing = False
        self._reader = threading.Thread(target=self._read_on, name="mjpeg-reader", daemon=True)
        self._reader.start()

    def begins(self) -> bool:
        """Wait for the answer; whether it is a stream of pictures. Raises ``SourceUnavailable``."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_stream is not None or self._failure is not None)
            if self._is_stream is None and self._failure is not None:
                raise SourceUnavailable(str(self._failure)) from self._failure
            return bool(self._is_stream)

    def read(self, timeout_s: float) -> Captured | None:
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._failure is not None, timeout_s)
            newest, self._newest = self._newest, None
            failure = self._failure
        if newest is not None:
            return newest
        if failure is not None:
            raise SourceUnavailable(str(failure)) from failure
        raise SourceSilent(f"the stream is silent: no picture within {timeout_s:g} s")

    def close(self) -> None:
        """Tell the reader to stop; it may wait for bytes until its own time limit."""
        self._closing = True
        self._reader.join(_CLOSE_WITHIN_S)

    def _read_on(self) -> None:
        failure: SourceError = SourceUnavailable("the camera ended its stream")
        try:
            head = self._get.run(self._take, idle_s=self._idle_s, goes_on=lambda _: not self._closing)
            head.check()
            self._decide(head)
        except SourceError as exc:
            failure = exc
        finally:
            self._get.close()
            with self._changed:
                self._failure = failure
                self._changed.notify_all()

    def _take(self, head: Head, data: bytes) -> bool:
        if self._cutter is None:
            head.check()
            if not self._decide(head):
                return False
            self._cutter = PartCutter(boundary_of(head.headers["content-type"]), self._bytes_max)
        for part in self._cutter.feed(data):
            self._hold(part)
        return not self._closing

    def _decide(self, head: Head) -> bool:
        with self._changed:
            self._is_stream = head.headers.get("content-type", "").lower().startswith(_STREAM)
            self._changed.notify_all()
            return self._is_stream

    def _hold(self, part: Part) -> None:
        now = self._clock.now()
        with self._changed:
            self._newest = Captured(part.body, _time_of(part) or now, now)
            self._changed.notify_all()


def _time_of(part: Part) -> datetime | None:
    try:
        seconds = float(part.headers.get(_TIME_HEADER, "nan"))
        return datetime.fromtimestamp(seconds, UTC) if math.isfinite(seconds) else None
    except (ValueError, OverflowError, OSError):
        return None
