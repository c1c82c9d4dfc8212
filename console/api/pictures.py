"""Serves pictures by id, and only those that pages show."""

from fastapi import FastAPI, Response

from console.evidence import PICTURES
from console.reading import Pictures

_TYPES = {".jpg": "image/jpeg", ".png": "image/png"}
# An id names one picture for ever, so that a browser need not ask again; shared caches stay out of it. Whole frames
# are deleted soon, for privacy's sake, and a browser's copy must not live on for long after that.
_KEPT_BY_BROWSERS_S = {"plates": 60, "evidence": 3600, "products": 3600}


def add_pictures(app: FastAPI, pictures: Pictures) -> None:
    """Add ``/pictures/ID``. What is no id of a served kind is not there, whatever the path tries."""

    @app.get(f"/{PICTURES}/{{picture_id:path}}", include_in_schema=False)
    def picture(picture_id: str) -> Response:
        data = find(pictures, picture_id)
        if data is None:
            return Response("no such picture", 404, {"Cache-Control": "no-store"}, "text/plain")
        return Response(data, 200, _headers(picture_id), _TYPES[picture_id[-4:]])


def find(pictures: Pictures, picture_id: str) -> bytes | None:
    """The picture's bytes, ``None`` where it is not there or not for pages. Raises ``Unavailable``."""
    if _kind_of(picture_id) not in _KEPT_BY_BROWSERS_S:
        return None
    try:
        return pictures.get(picture_id)
    except ValueError:
        return None


def _kind_of(picture_id: str) -> str:
    return picture_id.partition("/")[0]


def _headers(picture_id: str) -> dict[str, str]:
    kept_s = _KEPT_BY_BROWSERS_S[_kind_of(picture_id)]
    return {"Cache-Control": f"private, max-age={kept_s}, immutable", "X-Content-Type-Options": "nosniff"}
