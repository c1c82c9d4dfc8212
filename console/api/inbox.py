"""``/alerts``: the inbox as a plain page, and what its script asks for again and again."""

import hashlib
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import nicegui
from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse

from console.access.gate import visitor_of
from console.access.roles import May
from console.console_data import ConsoleData
from console.html.frame import THEME_COOKIE, Here, navigation, pages_for, store_choice, told_troubles
from console.html.inbox_page import (
    InboxParts,
    PageLook,
    closed_list,
    counted,
    held_list,
    inbox_cards,
    inbox_page,
    nothing_open,
)

_WORKER = Path(__file__).parents[1] / "static" / "inbox-worker.js"
_FONTS = f"_nicegui/{nicegui.__version__}/static/fonts.css"
_PLAIN = {"Cache-Control": "no-store", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff"}


def add_inbox(app: FastAPI, console_data: ConsoleData) -> None:
    """Add ``/alerts`` (of all stores, or of ``?store=``), ``/alerts/ALERT``, to which messages link, ``/inbox/now`` for
    the page's script, and the worker that keeps the page while there is no connection.
    """

    @app.get("/alerts", include_in_schema=False)
    def alerts(request: Request, store: str = "") -> Response:
        return _page(console_data.seen_by(visitor_of(request)), request, store, "")

    @app.get("/alerts/{alert_id}", include_in_schema=False)
    def alert(request: Request, alert_id: str) -> Response:
        return _page(console_data.seen_by(visitor_of(request)), request, "", alert_id)

    @app.get("/inbox/now", include_in_schema=False)
    def now(request: Request, store: str = "") -> Response:
        parts = _parts(console_data.seen_by(visitor_of(request)), store)
        body = json.dumps(parts.fields(), ensure_ascii=False).encode()
        tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if request.headers.get("if-none-match") == tag:
            return Response(None, 304, headers)
        return Response(body, 200, headers, "application/json")

    @app.get("/inbox-worker.js", include_in_schema=False)
    def worker() -> Response:
        return FileResponse(_WORKER, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


def _page(seen: ConsoleData, request: Request, store: str, pointed: str) -> Response:
    theme = request.cookies.get(THEME_COOKIE, "")
    time_s = seen.clock.now().timestamp()
    look = PageLook(seen.settings.title, seen.visitor, _FONTS, time_s, theme, pointed)
    return HTMLResponse(inbox_page(_parts(seen, store), look), 200, _PLAIN)


def _parts(seen: ConsoleData, store: str) -> InboxParts:
    stores, at = seen.stores(), seen.clock.now()
    known = store if store in stores else ""
    here, now = Here("alerts", known), seen.inbox(known)
    waiting = len(now.waiting) if not known else len(seen.inbox().waiting)
    catalogue = seen.catalogue

    def zone_of(name: str) -> ZoneInfo | None:
        found = catalogue.stores.get(name)
        return None if found is None else ZoneInfo(found.time_zone)

    named = stores if len(stores) > 1 and not known else {}
    return InboxParts(
        nav=navigation(here, waiting, pages_for(seen.visitor, teach=seen.teaching is not None)),
        stores=store_choice(here, stores),
        troubles=told_troubles(now.troubles),
        head=counted(now),
        cards=tuple(inbox_cards(now, named, may_answer=seen.visitor.may(May.ANSWER))),
        nothing=nothing_open(now),
        held=held_list(now, zone_of, at),
        closed=closed_list(now, zone_of, at),
        open_count=len(now.waiting),
    )
