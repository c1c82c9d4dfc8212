"""Links: to pictures, and behind a path of somebody else's address (``X-Forwarded-Prefix``).

Evidence stays for days: it is asked for again only now and then.
"""

import re
from collections import OrderedDict
from collections.abc import Callable
from contextvars import ContextVar
from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

from analytics.contract import EvidenceMoment, SlotLevel, SlotState, event_id_of, evidence_id, plate_id
from shelfstream.clock import Clock

_HEADER = b"x-forwarded-prefix"
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~%-]+)+")
_prefix: ContextVar[str] = ContextVar("forwarded_prefix", default="")

PICTURES = "pictures"
"""Where pictures are served, below the console's own address."""

_REMEMBERED = 4096
_BELIEVED_S = 60.0


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


def plate_url(frame_id: str) -> str:
    """Where a frame's picture is served."""
    return f"{PICTURES}/{plate_id(frame_id)}"


def slot_url(store: str, slot: str) -> str:
    """The page of a slot, below the console's address."""
    return f"stores/{quote(store)}/slots/{quote(slot)}"


def out_event_of(level: SlotLevel) -> str | None:
    """Id of the event that began the slot's being out, if its level still tells."""
    steps = [step for step in level.transitions if step.state is SlotState.OUT]
    return event_id_of(level.store, level.slot, steps[-1].sequence) if steps else None


def evidence_urls(exists: Callable[[str], bool], store: str, event_id: str) -> tuple[str | None, str | None]:
    """Where the crops of before and after an event are served, those that are there. Raises ``Unavailable``."""
    before, after = (evidence_id(store, event_id, moment) for moment in ("before", "after"))
    return (
        f"{PICTURES}/{before}" if exists(before) else None,
        f"{PICTURES}/{after}" if exists(after) else None,
    )


class Evidence:
    """Finds the before and after crops of events. Not for several threads at once."""

    def __init__(self, exists: Callable[[str], bool], clock: Clock) -> None:
        self._exists = exists
        self._clock = clock
        self._believed_until_s: OrderedDict[str, float] = OrderedDict()

    def url(self, store: str, event_id: str, moment: EvidenceMoment) -> str | None:
        """Where one crop is served, or ``None`` while it is not there. Raises ``Unavailable``."""
        picture, now_s = evidence_id(store, event_id, moment), self._clock.monotonic_s()
        if now_s >= self._believed_until_s.get(picture, now_s):
            self._believed_until_s.pop(picture, None)
            if not self._exists(picture):
                return None
            self._believed_until_s[picture] = now_s + _BELIEVED_S
            if len(self._believed_until_s) > _REMEMBERED:
                self._believed_until_s.popitem(last=False)
        return f"{PICTURES}/{picture}"
