"""The border to httpx: what it raises, and what cameras answer, as errors of a source, without the URL."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from ingest.sources.errors import SourceUnavailable


@contextmanager
def translated() -> Iterator[None]:
    """Turns what httpx raises into ``SourceUnavailable``."""
    try:
        yield
    except httpx.TimeoutException as exc:
        raise SourceUnavailable("the camera does not answer in time") from exc
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as exc:
        raise SourceUnavailable(f"the connection to the camera failed: {type(exc).__name__}") from exc


def check_answer(response: httpx.Response) -> None:
    """Raise ``SourceUnavailable`` for an answer that is a refusal."""
    if response.status_code == httpx.codes.UNAUTHORIZED:
        raise SourceUnavailable("the camera refuses the name or password (401)")
    if not response.is_success:
        raise SourceUnavailable(f"the camera answers with status {response.status_code}")
