"""Cameras that give one picture per HTTP request."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from ingest.sources.errors import BadPicture, SourceUnavailable
from ingest.sources.http_auth import CameraAuth
from ingest.sources.http_errors import check_answer, translated
from ingest.sources.source import Captured, Opening


class SnapshotSource:
    """Asks for a picture each time. The answer's ``Last-Modified`` or ``Date`` is the camera's own clock."""

    live = True

    def __init__(self, client: httpx.Client, url: httpx.URL, auth: CameraAuth | None, opening: Opening) -> None:
        self._client = client
        self._url = url
        self._auth = auth
        self._opening = opening

    def read(self, timeout_s: float) -> Captured | None:
        # httpx limits each wait for bytes, not the whole answer: a camera that drips is cut off here.
        until_s = self._opening.clock.monotonic_s() + 2 * timeout_s
        with translated(), self._client.stream("GET", self._url, auth=self._auth, timeout=timeout_s) as response:
            check_answer(response)
            data = self._body(response, until_s)
        now = self._opening.clock.now()
        return Captured(data, _told_time(response) or now, now)

    def close(self) -> None:
        self._client.close()

    def _body(self, response: httpx.Response, until_s: float) -> bytes:
        data = bytearray()
        for chunk in response.iter_bytes():
            data += chunk
            if len(data) > self._opening.picture_bytes_max:
                raise BadPicture(f"the camera's picture is larger than {self._opening.picture_bytes_max} bytes")
            if self._opening.clock.monotonic_s() > until_s:
                raise SourceUnavailable("the camera sends its picture too slowly")
        return bytes(data)


def _told_time(response: httpx.Response) -> datetime | None:
    """When the camera says that the picture was taken; HTTP dates are whole seconds."""
    told = response.headers.get("last-modified") or response.headers.get("date")
    if told is None:
        return None
    try:
        return parsedate_to_datetime(told).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
