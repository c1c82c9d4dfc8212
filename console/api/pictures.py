"""Serves pictures by id, and only those that pages show."""

from fastapi import FastAPI, Response

from console.evidence import PICTURES
from console.reading import Pictures

SERVED = ("plates", "evidence", "products")
_TYPES = {".jpg": "image/jpeg", ".png": "image/png"}
# An id names one picture for ever, so that a browser need not ask again; shared caches stay out of it.
_KEPT = {"Cache-Control": "private, max-age=3600, immutable", "X-Content-Type-Options": "nosniff"}


def add_pictures(app: FastAPI, pictures: Pictures) -> None:
    """Add ``/pictures/ID``. What is no id of a served kind is not there, whatever the path tries."""

    @app.get(f"{PICTURES}/{{picture_id:path}}", include_in_schema=False)
    def picture(picture_id: str) -> Response:
        data = find(pictures, picture_id)
        if data is None:
            return Response("no such picture", 404, {"Cache-Control": "no-store"}, "text/plain")
        return Response(data, 200, _KEPT, _TYPES[picture_id[-4:]])


def find(pictures: Pictures, picture_id: str) -> bytes | None:
    """The picture's bytes, ``None`` where it is not there or not for pages. Raises ``Unavailable``."""
    if picture_id.partition("/")[0] not in SERVED:
        return None
    try:
        return pictures.get(picture_id)
    except ValueError:
        return None
