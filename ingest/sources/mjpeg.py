"""MJPEG over HTTP: a thread keeps up with the stream and holds the newest picture."""

import math
import threading
from datetime import UTC, datetime

import httpx

from ingest.sources.errors import SourceError, SourceSilent, SourceUnavailable
from ingest.sources.http_errors import translated
from ingest.sources.multipart import Part, PartCutter, boundary_of
from ingest.sources.source import Captured, Opening

_CLOSE_WITHIN_S = 0.5
_TIME_HEADER = "x-timestamp"


class MjpegSource:
    """A stream of pictures. A part's ``X-Timestamp`` (seconds since 1970), where there is one, is the camera's word."""

    live = True

    def __init__(self, client: httpx.Client, response: httpx.Response, opening: Opening) -> None:
        self._client = client
        self._response = response
        self._clock = opening.clock
        self._cutter = PartCutter(boundary_of(response.headers["content-type"]), opening.picture_bytes_max)
        self._changed = threading.Condition()
        self._newest: Captured | None = None
        self._failure: SourceError | None = None
        self._closing = False
        self._reader = threading.Thread(target=self._read_on, name="mjpeg-reader", daemon=True)
        self._reader.start()

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
            with translated():
                self._take_parts()
        except SourceError as exc:
            failure = exc
        finally:
            self._response.close()
            self._client.close()
            with self._changed:
                self._failure = failure
                self._changed.notify_all()

    def _take_parts(self) -> None:
        for data in self._response.iter_raw():
            for part in self._cutter.feed(data):
                self._hold(part)
            if self._closing:
                return

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
