"""The gate that every request passes: who asks, by session or token, and whether another site made the browser ask."""

import asyncio
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from alerts.links import ANSWER
from console.access.accounts import INVITATION, TOKEN_PREFIX, Accounts, PassKind, SessionTimes
from console.access.roles import ANYBODY, Visitor
from console.links import address
from shelfstream.clock import Clock
from shelfstream.errors import Unavailable

SESSION_COOKIE = "shelfstream_session"
OIDC_COOKIE = "shelfstream_oidc"
SIGN_IN, SIGN_OUT = "signin", "signout"
_OPEN = (f"/{SIGN_IN}", f"/{INVITATION}/", f"/{ANSWER}/", "/static/")
_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOKED_UP_EVERY_S = 5.0
_BELIEVED_S = 600.0
_REMEMBERED = 4096
_STATE = "visitor"


@dataclass(frozen=True)
class Access:
    """What the gate asks: the accounts, the time, and how long sessions last."""

    accounts: Accounts
    clock: Clock
    times: SessionTimes


def visitor_of(request: Request) -> Visitor:
    """Who asks. Raises ``RuntimeError`` for a request that passed no gate, so that none is answered by mistake."""
    visitor: Visitor | None = getattr(request.state, _STATE, None)
    if visitor is None:
        raise RuntimeError(f"{request.url.path} is answered without a gate")
    return visitor


class Doorkeeper:
    """Knows who shows what. It looks again every few seconds, and while SQL is away believes what it knew for a while:
    so that nobody is thrown out by an outage. Any thread may use it.
    """

    def __init__(self, access: Access) -> None:
        self.access = access
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[PassKind, str], tuple[Visitor | None, float]] = OrderedDict()

    def visitor(self, kind: PassKind, secret: str) -> Visitor | None:
        """Who shows this. Raises ``Unavailable`` where it cannot be found out and was not known lately."""
        now_s = self.access.clock.monotonic_s()
        known = self._known.get((kind, secret))
        if known is not None and now_s - known[1] < _LOOKED_UP_EVERY_S:
            return known[0]
        idle = self.access.times.idle if kind is PassKind.SESSION else None
        try:
            found = self.access.accounts.visitor(secret, kind, self.access.clock.now(), idle)
        except Unavailable:
            if known is not None and known[0] is not None and now_s - known[1] < _BELIEVED_S:
                return known[0]
            raise
        with self._lock:
            self._known[kind, secret] = (found, now_s)
            self._known.move_to_end((kind, secret))
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found

    def forget(self, secret: str) -> None:
        """Look again before this is believed once more."""
        with self._lock:
            self._known.pop((PassKind.SESSION, secret), None)

    def is_still(self, visitor: Visitor) -> bool:
        """Whether an open page's visitor is still the one that its session or token says. Raises ``Unavailable``."""
        return not visitor.session or self.visitor(PassKind.SESSION, visitor.session) == visitor


class Gate:
    """Middleware. Without a ``doorkeeper`` nobody has to sign in, and whoever asks is ``ANYBODY``.

    A browser that is not signed in is sent to the page where one signs in, a program is answered 401. What another
    site makes a browser send is refused (Fetch Metadata, or else the Origin header), sockets included: cookies go
    along with it whatever page it comes from.
    """

    def __init__(self, app: ASGIApp, doorkeeper: Doorkeeper | None) -> None:
        self._app = app
        self._doorkeeper = doorkeeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        found = await self._asked(scope)
        if isinstance(found, Visitor):
            scope = {**scope, "state": {**scope.get("state", {}), _STATE: found}}
        if found is None or isinstance(found, Visitor):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await found(scope, receive, send)

    async def _asked(self, scope: Scope) -> Visitor | Response | None:
        """Who asks; ``None``: nobody has to say; or what is answered to whom may not come in."""
        headers, path = Headers(scope=scope), scope["path"]
        token = _token(headers)
        # What a link in a message opens needs no cookie, so that no other site can misuse one.
        if not path.startswith(f"/{ANSWER}/") and not token and _acts(scope) and _is_from_elsewhere(headers):
            return JSONResponse({"error": "another site asked your browser to send this"}, 403)
        if self._doorkeeper is None:
            return ANYBODY
        if path.startswith(_OPEN):
            return None
        kind, secret = (PassKind.TOKEN, token) if token else (PassKind.SESSION, session_of(headers))
        try:
            visitor = await asyncio.to_thread(self._doorkeeper.visitor, kind, secret) if secret else None
        except Unavailable as away:
            wait_s = str(max(1, round(away.retry_after_s)))
            return JSONResponse({"error": "who you are cannot be found out just now"}, 503, {"Retry-After": wait_s})
        return visitor or _turned_away(scope, headers)


def session_of(headers: Headers, name: str = SESSION_COOKIE) -> str:
    """The session, or what else of that name, that a browser shows; empty: none."""
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    found = cookies.get(name)
    return "" if found is None else found.value


def session_cookie(session: str, scope: Scope, lasts: timedelta, name: str = SESSION_COOKIE) -> str:
    """The header that makes a browser keep a session, or what else of that name, or (empty) forget it."""
    cookie: SimpleCookie = SimpleCookie({name: session})
    kept = cookie[name]
    kept["path"], kept["samesite"], kept["httponly"] = address(""), "Lax", True
    kept["max-age"] = int(lasts.total_seconds()) if session else 0
    if _is_encrypted(scope):
        kept["secure"] = True
    return cookie.output(header="").strip()


def _is_encrypted(scope: Scope) -> bool:
    said = Headers(scope=scope).get("x-forwarded-proto", "").split(",")[0].strip()
    return (said or scope["scheme"]) in ("https", "wss")


def _token(headers: Headers) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and token.startswith(TOKEN_PREFIX) else ""


def _acts(scope: Scope) -> bool:
    return scope["type"] == "websocket" or scope["method"] not in _HARMLESS


def _is_from_elsewhere(headers: Headers) -> bool:
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site not in ("same-origin", "none")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


def _turned_away(scope: Scope, headers: Headers) -> Response:
    if scope["path"].startswith("/api/") or "text/html" not in headers.get("accept", ""):
        told = {"error": "sign in, or show a token: Authorization: Bearer shelf_…"}
        return JSONResponse(told, 401, {"WWW-Authenticate": "Bearer"})
    query = scope["query_string"].decode("latin-1")
    wanted = scope["path"].lstrip("/") + (f"?{query}" if query else "")
    return RedirectResponse(address(f"{SIGN_IN}?next={quote(wanted, safe='')}"), 303, {"Cache-Control": "no-store"})
