"""Signs in to a camera over HTTP the way it asks for: basic or digest (RFC 7616; most cameras)."""

from collections.abc import Generator
from urllib.parse import unquote

import httpx


class CameraAuth(httpx.Auth):
    """Answers the camera's challenge and remembers its kind."""

    def __init__(self, name: str, password: str) -> None:
        self._digest = httpx.DigestAuth(name, password)
        self._basic = httpx.BasicAuth(name, password)
        self._known: httpx.Auth | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._known is not None:
            yield from self._known.auth_flow(request)
            return
        response = yield request
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return
        offered = {each.split(" ")[0].lower() for each in response.headers.get_list("www-authenticate")}
        if "digest" in offered:
            self._known = self._digest
            flow = self._digest.auth_flow(request)
            next(flow)
            yield flow.send(response)
        elif "basic" in offered:
            self._known = self._basic
            yield from self._basic.auth_flow(request)


def split_userinfo(url: str) -> tuple[httpx.URL, CameraAuth | None]:
    """The URL without name and password, and those apart: what is requested can then be logged by anybody."""
    parsed = httpx.URL(url)
    if not parsed.userinfo:
        return parsed, None
    name, _, password = parsed.userinfo.decode().partition(":")
    return parsed.copy_with(userinfo=b""), CameraAuth(unquote(name), unquote(password))
