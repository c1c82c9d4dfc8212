"""Errors as JSON with a status that says whose turn it is."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from console.desk import Closed, NotFound
from shelfstream.errors import Unavailable
from shelfstream.secrets import KnownSecrets

RESPONSES: dict[int | str, dict[str, str]] = {
    404: {"description": "there is no such thing"},
    422: {"description": "the question is malformed"},
    503: {"description": "Redis, SQL or the bus is away; Retry-After says when to come back"},
}


def add_error_answers(app: FastAPI, secrets: KnownSecrets) -> None:
    """Teach the application what to answer when something is wrong; no answer holds a secret."""
    app.add_exception_handler(NotFound, _not_found)
    app.add_exception_handler(Closed, _closed)

    async def unavailable(_request: Request, exc: Exception) -> JSONResponse:
        wait_s = exc.retry_after_s if isinstance(exc, Unavailable) else 1.0
        told = {"error": secrets.mask(str(exc))}
        return JSONResponse(told, 503, {"Retry-After": str(max(1, round(wait_s)))})

    app.add_exception_handler(Unavailable, unavailable)
    app.add_exception_handler(RequestValidationError, _malformed)


async def _not_found(_request: Request, exc: Exception) -> JSONResponse:
    return JSONResponse({"error": str(exc)}, 404)


async def _closed(_request: Request, exc: Exception) -> JSONResponse:
    return JSONResponse({"error": str(exc)}, 409)


async def _malformed(_request: Request, exc: Exception) -> JSONResponse:
    errors = exc.errors() if isinstance(exc, RequestValidationError) else []
    told = "; ".join(f"{'.'.join(str(part) for part in each['loc'][1:])}: {each['msg']}" for each in errors)
    return JSONResponse({"error": told or "the question is malformed"}, 422)
