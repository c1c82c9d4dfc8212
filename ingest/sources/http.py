"""One HTTP request to a camera, by libcurl: whatever curl makes of a camera's answer, we do. The border to pycurl.

Name and password are kept apart from the URL, and what is raised never holds either.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote, unquote, urlsplit

import certifi
import pycurl

from ingest.sources.captured import BadAddress, SourceUnavailable
from shelfstream.clock import Clock

# What may stand in a URL as it is; everything else is encoded, as a browser does.
_SAFE = "%/:=&?~+!$,;'@()*[]"
_SIGN_IN = re.compile(r"(?i)\b(digest|basic|ntlm|negotiate|bearer)\b|\balgorithm\s*=\s*\"?([\w-]+)")
_STATUS = re.compile(r"\S+\s+(\d{3})")
_LINE_SHOWN_CHARACTERS = 60
# The library keeps the first name of an error that is none of FTP's alone.
_ODD_ANSWERS = frozenset({pycurl.E_FTP_WEIRD_SERVER_REPLY, pycurl.E_UNSUPPORTED_PROTOCOL})
_TOLD = {
    pycurl.E_COULDNT_RESOLVE_HOST: "the camera's name is not known to the network",
    pycurl.E_COULDNT_CONNECT: "the camera refuses the connection",
    pycurl.E_OPERATION_TIMEDOUT: "the camera does not answer in time",
    pycurl.E_GOT_NOTHING: "the camera ended the connection without an answer",
    pycurl.E_PARTIAL_FILE: "the camera ended the connection in the middle of its answer",
    pycurl.E_PEER_FAILED_VERIFICATION: "the camera's certificate is not trusted on this machine",
    pycurl.E_URL_MALFORMAT: "the URL is malformed",
}


@dataclass(frozen=True, slots=True)
class Target:
    """What to ask for, and who asks. ``name`` is ``None`` where the URL holds none."""

    url: str
    name: str | None = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Head:
    """An answer's status and headers, names in lower case; of a name that comes twice the last one."""

    status: int
    headers: dict[str, str]
    sign_in: str = ""

    def check(self) -> None:
        """Raise ``SourceUnavailable`` for an answer that is a refusal."""
        if self.status == HTTPStatus.UNAUTHORIZED:
            asked = f"; it asks for {self.sign_in}" if self.sign_in else ""
            raise SourceUnavailable(f"the camera refuses the name or password (401{asked})")
        if not HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES:
            raise SourceUnavailable(f"the camera answers with status {self.status}")


def target_of(url: str) -> Target:
    """The URL without name and password, and those apart. Raises ``BadAddress``."""
    try:
        parts = urlsplit(url)
        before, at, host = parts.netloc.rpartition("@")
        name, _, password = before.partition(":")
        host = host if host.isascii() else host.encode("idna").decode()
    except ValueError as exc:
        raise BadAddress("the URL is malformed") from exc
    bare = parts._replace(netloc=host, fragment="").geturl()
    return Target(quote(bare, safe=_SAFE, errors="surrogateescape"), _plain(name) if at else None, _plain(password))


def _plain(encoded: str) -> str:
    return unquote(encoded, errors="surrogateescape")


class HttpGet:
    """Asks for one target, again and again; what a sign-in has taught it serves the next request too.

    Belongs to one thread at a time. Redirects are not followed: name and password are for this camera alone.
    """

    def __init__(self, target: Target, clock: Clock, connect_timeout_s: float) -> None:
        self._clock = clock
        self._lines: list[str] = []
        self._curl = pycurl.Curl()
        for option, value in (
            (pycurl.URL, target.url),
            (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
            (pycurl.NOSIGNAL, 1),
            (pycurl.USERAGENT, "shelfstream"),
            (pycurl.CONNECTTIMEOUT_MS, int(connect_timeout_s * 1000)),
            (pycurl.CAINFO, certifi.where()),
            (pycurl.HEADERFUNCTION, self._take_line),
            (pycurl.NOPROGRESS, 0),
        ):
            self._curl.setopt(option, value)
        if target.name is not None:
            self._curl.setopt(pycurl.HTTPAUTH, pycurl.HTTPAUTH_BASIC | pycurl.HTTPAUTH_DIGEST)
            self._curl.setopt(pycurl.USERNAME, os.fsencode(target.name))
            self._curl.setopt(pycurl.PASSWORD, os.fsencode(target.password))

    def run(self, take: Callable[[Head, bytes], bool], *, idle_s: float, goes_on: Callable[[float], bool]) -> Head:
        """Ask, and hand over the body as it comes until ``take`` says no; gives the answer's head.

        ``goes_on`` is asked several times a second, with how long nothing came; when it says no, the request ends in
        good order. Raises ``SourceUnavailable`` for everything that goes wrong, and when nothing comes for ``idle_s``.
        """
        self._lines = []
        state = _Run(take, goes_on, self._clock, idle_s)
        self._curl.setopt(pycurl.WRITEFUNCTION, lambda data: state.write(self._head(), data))
        self._curl.setopt(pycurl.XFERINFOFUNCTION, lambda *_: state.progress())
        try:
            self._curl.perform()
        except pycurl.error as exc:
            code, text = exc.args
            if state.failure is not None:
                raise state.failure from None
            if not state.ended:
                raise SourceUnavailable(self._status_text(int(code), str(text))) from None
        return self._head()

    def close(self) -> None:
        """Let go of the connection."""
        self._curl.close()

    def _take_line(self, line: bytes) -> None:
        text = line.decode("latin-1").rstrip("\r\n")
        if text.upper().startswith("HTTP/"):
            self._lines = []
        self._lines.append(text)

    def _head(self) -> Head:
        pairs = [line.partition(":") for line in self._lines[1:] if ":" in line]
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        asked = [value for name, _, value in pairs if name.strip().lower() == "www-authenticate"]
        found = [scheme or algorithm for scheme, algorithm in _SIGN_IN.findall(" ".join(asked))]
        return Head(self._status(), headers, " ".join(dict.fromkeys(found)))

    def _status(self) -> int:
        status = _STATUS.match(self._lines[0]) if self._lines else None
        return int(status[1]) if status else 0

    def _status_text(self, code: int, text: str) -> str:
        if code in _TOLD:
            return _TOLD[code]
        if code in _ODD_ANSWERS:
            last = repr(self._lines[-1][:_LINE_SHOWN_CHARACTERS]) if self._lines else "its beginning"
            return f"the camera's answer is not HTTP: {text}, in the line after {last}"
        return f"the connection to the camera failed (curl's error {code})"


class _Run:
    """What the callbacks of one request share. No exception may pass through the library: it is raised afterwards."""

    def __init__(
        self, take: Callable[[Head, bytes], bool], goes_on: Callable[[float], bool], clock: Clock, idle_s: float
    ) -> None:
        self._take = take
        self._goes_on = goes_on
        self._clock = clock
        self._idle_max_s = idle_s
        self._came_s = clock.monotonic_s()
        self.failure: Exception | None = None
        self.ended = False

    def write(self, head: Head, data: bytes) -> int:
        """Hand on a piece of the body; anything but its length ends the request."""
        self._came_s = self._clock.monotonic_s()
        try:
            if self._take(head, data):
                return len(data)
            self.ended = True
        except SourceUnavailable as exc:
            self.failure = exc
        return -1

    def progress(self) -> int:
        """Whether to go on (0)."""
        idle_s = self._clock.monotonic_s() - self._came_s
        if idle_s > self._idle_max_s:
            self.failure = SourceUnavailable("the camera does not answer in time")
        elif not self._goes_on(idle_s):
            self.ended = True
        return int(self.ended or self.failure is not None)
