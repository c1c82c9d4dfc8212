"""Camera URLs: secrets stand in them by reference, ``${NAME}``, and are filled in where the camera is opened."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import SplitResult, quote, urlsplit

from shelfstream.errors import Fault, Faults
from shelfstream.secrets import VARIABLE_NAME

SCHEMES = ("rtsp", "rtsps", "http", "https", "file", "sim")
"""What ingest opens, beside plain paths."""
_NETWORKED = frozenset({"rtsp", "rtsps", "http", "https"})
_WITH_HOST = _NETWORKED | {"sim"}
_REFERENCE = re.compile(rf"\$\{{({VARIABLE_NAME})\}}")
_AUTHORITY = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)@")
_HOST = re.compile(r"[/?#]")
_PIECES = re.compile(r"[?&;#/]")
# Some recorders write their sign-in into the path: /user=admin_password=abc_channel=1_stream=0.sdp
_NEXT_IN_PATH = re.compile(r"(?<=[^_=])_(?=[A-Za-z]+=)")
_SECRET_NAME = re.compile(
    r"pass|pwd|psw|secret|token|credential|(?:auth|authorization|key|pas|pw|signature)$", re.IGNORECASE
)


def url_faults(url: str) -> Iterator[str]:
    """Sentences about everything that keeps a camera's URL from being published."""
    yield from (f"url {what}" for what in (*_form_faults(url), *secret_faults(url)))


def secret_faults(url: str) -> Iterator[str]:
    """Sentences about secrets written out in a URL, and about references that cannot be resolved."""
    authority = _AUTHORITY.match(url)
    if authority is not None:
        _, colon, password = authority[1].partition(":")
        if colon and password and not _only_references(password):
            yield "holds a password; write ${NAME} in its place and set NAME in the environment of ingest"
    for name, value in _parameters(url):
        if value and _SECRET_NAME.search(name) and not _only_references(value):
            yield f"holds a secret in {name!r}; write ${{NAME}} in its place and set NAME for ingest"
    if "${" in _REFERENCE.sub("", url):
        yield "has a '${' that is no reference; write ${NAME} with letters, digits and '_'"


def with_secrets(url: str, environment: Mapping[str, str]) -> str:
    """The URL with every ``${NAME}`` replaced. Raises ``Faults`` naming each variable that is not set.

    A value is encoded for the place where it stands, so that any password reaches the camera as it is in the
    environment; one that is the host, or the whole URL, is taken as it is.
    """
    names = dict.fromkeys(_REFERENCE.findall(url))
    missing = [Fault(name, f"is not set, but {url} needs it") for name in names if name not in environment]
    if missing:
        raise Faults("camera URL", missing)
    return _REFERENCE.sub(lambda found: _encoded(environment[found[1]], url, found.start()), url)


def _encoded(value: str, url: str, place: int) -> str:
    scheme, mark, rest = url.partition("://")
    if not mark or scheme.lower() not in SCHEMES:
        return value
    authority = _AUTHORITY.match(url)
    if authority is not None and place < authority.end():
        # One reference alone stands for name and password, as name:password.
        return quote(value, safe=":" if _REFERENCE.fullmatch(authority[1]) else "", errors="surrogateescape")
    host = _HOST.split(rest, maxsplit=1)[0]
    if place < len(scheme) + len(mark) + len(host):
        return value
    is_value = url[:place].endswith("=")
    return quote(value, safe="" if is_value else "/", errors="surrogateescape")


def _form_faults(url: str) -> Iterator[str]:
    parts = _split(url)
    if parts is None:
        yield "is malformed"
        return
    if parts.scheme and parts.scheme not in SCHEMES:
        yield f"begins with {parts.scheme}: and that is no kind of source; there are {', '.join(SCHEMES)}"
    elif parts.scheme in _WITH_HOST and not parts.hostname:
        yield f"names no host after {parts.scheme}://"
    elif parts.scheme in _NETWORKED and not _is_port(parts.netloc):
        yield "has something after its host's ':' that is no port; a password stands as ${NAME} before an '@'"


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url.strip())
    except ValueError:
        return None


def _is_port(netloc: str) -> bool:
    port = netloc.rpartition("@")[2].rpartition("]")[2].partition(":")[2]
    return _REFERENCE.sub("1", port or "1").isdecimal()


def _parameters(url: str) -> Iterator[tuple[str, str]]:
    """Names and values wherever in a URL they stand: after the question mark, and in a camera's path."""
    head, _, query = url.partition("?")
    parts = _split(url)
    networked = parts is not None and parts.scheme in _NETWORKED
    for piece in _PIECES.split(url if networked else query if head != url else ""):
        for pair in _NEXT_IN_PATH.split(piece) if piece.count("=") > 1 else (piece,):
            name, _, value = pair.partition("=")
            yield name, value


def _only_references(text: str) -> bool:
    return bool(_REFERENCE.search(text)) and not _REFERENCE.sub("", text)
