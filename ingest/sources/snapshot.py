"""Cameras that give one picture per HTTP request."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ingest.frame_jpeg import PIXELS_MAX
from ingest.sources.base import OpeningOptions
from ingest.sources.captured import BadPicture, Captured, SourceUnavailable
from ingest.sources.http import Head, HttpGet, Target
from shelfstream.picture_file import is_whole

_IDLE_BEFORE_LOOK_S = 0.5


class SnapshotSource:
    """Asks for a picture each time. The answer's ``Last-Modified`` or ``Date`` is the camera's own clock."""

    live = True

    def __init__(self, target: Target, opening: OpeningOptions) -> None:
        self._opening = opening
        self._get = HttpGet(target, opening.clock, opening.open_timeout_s)

    def read(self, timeout_s: float) -> Captured | None:
        body = _Body(self._opening, self._opening.clock.monotonic_s() + 2 * timeout_s)
        try:
            head = self._get.run(body.take, idle_s=timeout_s, goes_on=body.goes_on)
        except SourceUnavailable:
            # Cameras announce more than they send, and then end the connection: what came may be whole all the same.
            if body.head is None or not is_whole(bytes(body.data), PIXELS_MAX):
                raise
            head = body.head
        head.check()
        if body.too_large:
            raise BadPicture(f"the camera's picture is larger than {self._opening.picture_bytes_max} bytes")
        now = self._opening.clock.now()
        return Captured(bytes(body.data), _time_of(head) or now, now)

    def close(self) -> None:
        self._get.close()


class _Body:
    """What came of one picture."""

    def __init__(self, opening: OpeningOptions, until_s: float) -> None:
        self._bytes_max = opening.picture_bytes_max
        self._clock = opening.clock
        self._until_s = until_s
        self.data = bytearray()
        self.head: Head | None = None
        self.too_large = False

    def take(self, head: Head, data: bytes) -> bool:
        """Keep a piece; whether more is wanted. A camera that drips is cut off here."""
        self.head = head
        self.data += data
        self.too_large = len(self.data) > self._bytes_max
        if self._clock.monotonic_s() > self._until_s:
            raise SourceUnavailable("the camera sends its picture too slowly")
        return not self.too_large

    def goes_on(self, idle_s: float) -> bool:
        """Whether to wait on: not for bytes that were announced, when the picture is whole without them."""
        return not (idle_s > _IDLE_BEFORE_LOOK_S and self.data and is_whole(bytes(self.data), PIXELS_MAX))


def _time_of(head: Head) -> datetime | None:
    """When the camera says that the picture was taken; HTTP dates are whole seconds."""
    date = head.headers.get("last-modified") or head.headers.get("date")
    if date is None:
        return None
    try:
        return parsedate_to_datetime(date).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
