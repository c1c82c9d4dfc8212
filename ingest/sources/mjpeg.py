"""MJPEG over HTTP: a thread keeps up with the stream and holds the newest picture."""

import math
import threading
from datetime import UTC, datetime

from ingest.sources.errors import SourceError, SourceSilent, SourceUnavailable
from ingest.sources.http_get import Head, HttpGet, Target
from ingest.sources.multipart import Part, PartCutter, boundary_of
from ingest.sources.source import Captured, Opening

_CLOSE_WITHIN_S = 0.5
_TIME_HEADER = "x-timestamp"
_STREAM = "multipart/"


class MjpegSource:
    """A stream of pictures. A part's ``X-Timestamp`` (seconds since 1970), where there is one, is the camera's word."""

    live = True

    def __init__(self, target: Target, opening: Opening) -> None:
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
            self._newest = Captured(part.body, _told_time(part) or now, now)
            self._changed.notify_all()


def _told_time(part: Part) -> datetime | None:
    try:
        seconds = float(part.headers.get(_TIME_HEADER, "nan"))
        return datetime.fromtimestamp(seconds, UTC) if math.isfinite(seconds) else None
    except (ValueError, OverflowError, OSError):
        return None
