"""``/answer/TOKEN``: one alert, opened from a message without a password.

A GET changes nothing: programs that look for viruses in mail follow links.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import FastAPI, Form
from fastapi.responses import HTMLResponse, Response

from alerts.links import ANSWER, AnswerLinks, LinkRefused
from analytics.contract import EvidenceMoment, evidence_id
from console.console_data import ConsoleData
from console.html.answer_page import answer_page, told_page
from console.links import address
from console.sources import Closed, NotFound
from shelfstream.answers import AnswerKind
from shelfstream.errors import Unavailable

_BY = "link"
_HEADERS = {
    "Cache-Control": "no-store",
    # The address is what lets one answer: no other site may learn it, and no other page frame it.
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
}
_CLOSED = "This alert is closed already: the shelf was seen filled, or somebody answered before. Thank you."


def add_answer_links(app: FastAPI, console_data: ConsoleData, links: AnswerLinks) -> None:
    """Add the page, and what its buttons send. The same answer twice, from however many taps, is one answer."""

    @app.get(f"/{ANSWER}/{{token}}", include_in_schema=False)
    def opened(token: str) -> HTMLResponse:
        def show(alert_id: str) -> str:
            shown = console_data.open_alert(alert_id)
            return _told("Closed", _CLOSED) if shown is None else answer_page(shown, address(""), token)

        return _answered(console_data, links, token, show)

    @app.get(f"/{ANSWER}/{{token}}/{{moment}}.jpg", include_in_schema=False)
    def pictured(token: str, moment: EvidenceMoment) -> Response:
        try:
            alert = console_data.alert(links.alert_of(token, console_data.clock.now()))
            data = console_data.pictures.get(evidence_id(alert.store, alert.event_id, moment))
        except (LinkRefused, NotFound, Unavailable):
            data = None
        if data is None:
            return Response("no such picture", 404, _HEADERS, "text/plain")
        return Response(data, 200, _HEADERS, "image/jpeg")

    @app.post(f"/{ANSWER}/{{token}}", include_in_schema=False)
    def answered(token: str, kind: Annotated[AnswerKind, Form()]) -> HTMLResponse:
        def send(alert_id: str) -> str:
            sent = console_data.answer(alert_id, kind, _BY)
            return _told("Thank you", "Sent." if sent is not None else "That was answered before.")

        return _answered(console_data, links, token, send)


def _answered(console_data: ConsoleData, links: AnswerLinks, token: str, act: Callable[[str], str]) -> HTMLResponse:
    try:
        return HTMLResponse(act(links.alert_of(token, console_data.clock.now())), 200, _HEADERS)
    except LinkRefused as exc:
        return HTMLResponse(_told("This link does not answer", str(exc)), 410, _HEADERS)
    except NotFound:
        return HTMLResponse(_told("No such alert", "It is not in the ledger any more."), 404, _HEADERS)
    except Closed:
        return HTMLResponse(_told("Closed", _CLOSED), 200, _HEADERS)
    except Unavailable as exc:
        wait_s = str(max(1, round(exc.retry_after_s)))
        page = _told("Not sent", "The store's system cannot be reached just now. Please try again in a moment.")
        return HTMLResponse(page, 503, {**_HEADERS, "Retry-After": wait_s})


def _told(title: str, sentence: str) -> str:
    return told_page(title, sentence, address(""))
