"""Camera URLs: secrets stand in them by reference, ``${NAME}``, and are filled in where the camera is opened."""

import re
from collections.abc import Iterator, Mapping

from shelfstream.errors import Fault, Faults

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_AUTHORITY = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)@")
_SECRET_PARAMETER = re.compile(
    r"[?&;]([^=&;#]*(?:pass|pwd|secret|token|apikey|api_key)[^=&;#]*)=([^&;#]+)", re.IGNORECASE
)


def secret_faults(url: str) -> Iterator[str]:
    """Sentences about secrets written out in a URL, and about references that cannot be resolved."""
    authority = _AUTHORITY.match(url)
    if authority is not None:
        _, colon, password = authority[1].partition(":")
        if colon and password and not _only_references(password):
            yield "holds a password; write ${NAME} in its place and set NAME in the environment of ingest"
    for parameter in _SECRET_PARAMETER.finditer(url):
        if not _only_references(parameter[2]):
            yield f"holds a secret in {parameter[1]!r}; write ${{NAME}} in its place and set NAME for ingest"
    if "${" in _REFERENCE.sub("", url):
        yield "has a '${' that is no reference; write ${NAME} with letters, digits and '_'"


def with_secrets(url: str, environment: Mapping[str, str]) -> str:
    """The URL with every ``${NAME}`` replaced. Raises ``Faults`` naming each variable that is not set."""
    names = dict.fromkeys(_REFERENCE.findall(url))
    missing = [Fault(name, f"is not set, but {url} needs it") for name in names if name not in environment]
    if missing:
        raise Faults("camera URL", missing)
    return _REFERENCE.sub(lambda found: environment[found[1]], url)


def _only_references(text: str) -> bool:
    return bool(_REFERENCE.search(text)) and not _REFERENCE.sub("", text)
