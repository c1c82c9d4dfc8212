"""Cuts a ``multipart/x-mixed-replace`` stream (MJPEG over HTTP) into its parts. Pure: bytes in, parts out.

Source: RFC 2046 §5.1; what cameras do with it differs, so that a boundary is taken with or without its dashes in
the header, and a part's length is believed where it is given, unless the next part begins before.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.sources.errors import SourceUnavailable

_BOUNDARY = re.compile(r"""boundary=(?:"([^"]+)"|([^\s;]+))""", re.IGNORECASE)
_HEADERS_BYTES_MAX = 8_192


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
        told = headers.get("content-length", "")
        if told.isascii() and told.isdigit():
            length = int(told)
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
