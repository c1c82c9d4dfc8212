"""Cameras behind an HTTP URL: what the first answer is (one picture, or a stream of them) decides how it is read."""

import httpx

from ingest.sources.address import Address
from ingest.sources.errors import SourceUnavailable
from ingest.sources.http_auth import split_userinfo
from ingest.sources.http_errors import check_answer, translated
from ingest.sources.mjpeg import MjpegSource
from ingest.sources.snapshot import SnapshotSource
from ingest.sources.source import Opening

_STREAM = "multipart/"


def open_http(address: Address, opening: Opening) -> SnapshotSource | MjpegSource:
    """Connect and see what the camera gives. Raises ``SourceUnavailable``. Redirects are not followed."""
    timeout = httpx.Timeout(opening.read_timeout_s, connect=opening.open_timeout_s)
    with translated():
        url, auth = split_userinfo(address.url)
        client = httpx.Client(timeout=timeout)
    try:
        with translated():
            response = client.send(client.build_request("GET", url), auth=auth, stream=True)
        check_answer(response)
        if response.headers.get("content-type", "").lower().startswith(_STREAM):
            return MjpegSource(client, response, opening)
        response.close()
    except SourceUnavailable:
        client.close()
        raise
    return SnapshotSource(client, url, auth, opening)
