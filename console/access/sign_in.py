"""Pages on which one signs in and out and chooses a password: plain, without scripts."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

import structlog
from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.access.accounts import INVITATION
from console.access.gate import OIDC_COOKIE, SIGN_IN, SIGN_OUT, Access, Doorkeeper, session_cookie, session_of
from console.access.oidc import Oidc, OidcRefused
from console.access.passwords import Throttle
from console.html.sign_in_page import invitation_page, sign_in_page, told_plainly
from console.links import address
from shelfstream.errors import Faults, Unavailable

_log = structlog.get_logger(__name__)
_HEADERS = {"Cache-Control": "no-store", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin"}
_OURS = re.compile(r"(?![/\\])[A-Za-z0-9._~%/-]*(\?[A-Za-z0-9._~%/=&+:-]*)?")
_WRONG = "That is not right: look at name and password again."
_ENDED = "This invitation was used, or it has ended. Ask for a new one."
_AWAY = "The store's system cannot be reached just now. Please try again in a moment."


def add_sign_in(app: FastAPI, title: str, doorkeeper: Doorkeeper, oidc: Oidc | None = None) -> None:
    """Add ``/signin``, ``/signout``, ``/invitation/CODE`` and, with ``oidc``, the way over an identity provider."""
    access, throttle = doorkeeper.access, Throttle()
    work_account = "" if oidc is None else oidc.settings.title

    @app.get(f"/{SIGN_IN}", include_in_schema=False)
    def show(next: str = "") -> Response:  # noqa: A002 - the name that such addresses have everywhere
        return _page(sign_in_page(title, address(""), _ours(next), "", work_account))

    @app.post(f"/{SIGN_IN}", include_in_schema=False)
    def sign_in(
        request: Request,
        name: Annotated[str, Form(max_length=200)],
        password: Annotated[str, Form(max_length=1000)],
        next: Annotated[str, Form(max_length=2000)] = "",  # noqa: A002
    ) -> Response:
        return _told_when_away(title, lambda: _signed_in(request, access, throttle, title, (name, password, next)))

    @app.post(f"/{SIGN_OUT}", include_in_schema=False)
    def sign_out(request: Request) -> Response:
        session = session_of(request.headers)
        access.accounts.end_session(session)
        doorkeeper.forget(session)
        gone = session_cookie("", request.scope, timedelta())
        return RedirectResponse(address(SIGN_IN), 303, {**_HEADERS, "Set-Cookie": gone})

    _add_invitation(app, title, access)
    if oidc is not None:
        _add_oidc(app, title, access, oidc)


def _add_oidc(app: FastAPI, title: str, access: Access, oidc: Oidc) -> None:
    @app.get(f"/{SIGN_IN}/oidc", include_in_schema=False)
    def begin(request: Request, next: str = "") -> Response:  # noqa: A002
        def send() -> Response:
            begun = oidc.begin(_ours(next))
            kept = session_cookie(begun.kept, request.scope, timedelta(minutes=10), OIDC_COOKIE)
            return RedirectResponse(begun.url, 303, {**_HEADERS, "Set-Cookie": kept})

        return _told_when_away(title, send)

    @app.get(f"/{SIGN_IN}/oidc/back", include_in_schema=False)
    def back(request: Request) -> Response:
        def let_in() -> Response:
            try:
                account, wanted = oidc.finish(request.query_params, session_of(request.headers, OIDC_COOKIE))
                access.accounts.put(account, access.clock.now())
            except (OidcRefused, Faults) as refused:
                _log.warning("sign_in_refused", why=str(refused))
                return _page(told_plainly(title, address(""), str(refused)), 403)
            _log.info("signed_in", account=account.name)
            return _let_in(request, access, account.name, _ours(wanted))

        return _told_when_away(title, let_in)


def _add_invitation(app: FastAPI, title: str, access: Access) -> None:
    @app.get(f"/{INVITATION}/{{code}}", include_in_schema=False)
    def invited(code: str) -> Response:
        def ask() -> Response:
            name = access.accounts.invited(code, access.clock.now())
            return _page(told_plainly(title, address(""), _ENDED) if name is None else _asking(name, ""), 200)

        return _told_when_away(title, ask)

    @app.post(f"/{INVITATION}/{{code}}", include_in_schema=False)
    def accepted(request: Request, code: str, password: Annotated[str, Form(max_length=1000)]) -> Response:
        def take() -> Response:
            now = access.clock.now()
            name = access.accounts.invited(code, now)
            try:
                if name is None or access.accounts.accept(code, password, now) is None:
                    return _page(told_plainly(title, address(""), _ENDED), 410)
            except Faults as faults:
                return _page(_asking(name or "", "; ".join(f"{each.where} {each.what}" for each in faults.faults)), 422)
            _log.info("password_chosen", account=name)
            return _let_in(request, access, name, "")

        return _told_when_away(title, take)

    def _asking(name: str, wrong: str) -> str:
        return invitation_page(title, address(""), name, wrong)


def _signed_in(
    request: Request, access: Access, throttle: Throttle, title: str, given: tuple[str, str, str]
) -> Response:
    name, password, wanted = given
    whence = request.client.host if request.client else ""
    wait_s = throttle.wait_s(name, whence, access.clock.now().timestamp())
    if wait_s:
        told = f"Too many tries: wait {max(1, round(wait_s / 60))} min, please."
        page = sign_in_page(title, address(""), _ours(wanted), told)
        return HTMLResponse(page, 429, {**_HEADERS, "Retry-After": str(round(wait_s))})
    if not access.accounts.is_right(name, password):
        throttle.failed(name, whence)
        _log.warning("sign_in_refused", address=whence)
        return _page(sign_in_page(title, address(""), _ours(wanted), _WRONG), 403)
    _log.info("signed_in", account=name)
    return _let_in(request, access, name, _ours(wanted))


def _let_in(request: Request, access: Access, name: str, wanted: str) -> Response:
    session = access.accounts.open_session(name, access.clock.now(), access.times)
    cookie = session_cookie(session, request.scope, access.times.most)
    return RedirectResponse(address(wanted), 303, {**_HEADERS, "Set-Cookie": cookie})


def _told_when_away(title: str, act: Callable[[], Response]) -> Response:
    try:
        return act()
    except Unavailable as away:
        headers = {**_HEADERS, "Retry-After": str(max(1, round(away.retry_after_s)))}
        return HTMLResponse(told_plainly(title, address(""), _AWAY), 503, headers)


def _ours(wanted: str) -> str:
    """Where one wanted to go, if that is one of our own pages; another site's address is none."""
    return wanted if _OURS.fullmatch(wanted) else ""


def _page(page: str, status: int = 200) -> Response:
    return HTMLResponse(page, status, _HEADERS)
