"""The console behind a path of somebody else's address: ``X-Forwarded-Prefix``.

Pages need no more than their base (``Frame`` writes it): all of their addresses are relative to it. What programs read
carries the prefix itself, since an address in JSON has no base.
"""

import re
from contextvars import ContextVar

from starlette.types import ASGIApp, Receive, Scope, Send

_HEADER = b"x-forwarded-prefix"
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~%-]+)+")
_prefix: ContextVar[str] = ContextVar("forwarded_prefix", default="")


def address(relative: str) -> str:
    """Where a page or picture is, for whoever asks now: ``pictures/x.jpg`` as ``/shelf/pictures/x.jpg``."""
    return f"{_prefix.get()}/{relative}"


class Forwarded:
    """Middleware that remembers the prefix of each request. What is no path, or comes from nowhere good, is none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on the request, its prefix plain."""
        if scope["type"] in ("http", "websocket"):
            given = dict(scope["headers"]).get(_HEADER, b"").decode("latin-1").rstrip("/")
            prefix = given if _PREFIX.fullmatch(given) else ""
            others = [(name, value) for name, value in scope["headers"] if name != _HEADER]
            # NiceGUI reads the header for its own files: it is to see what we have made of it.
            scope = {**scope, "headers": [*others, (_HEADER, prefix.encode())] if prefix else others}
            _prefix.set(prefix)
        await self._app(scope, receive, send)
