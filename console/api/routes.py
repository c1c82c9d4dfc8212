"""The API's addresses, its pictures, and its errors as JSON with a status that says whose turn it is."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from console.access.gate import visitor_of
from console.api.audit import add_audit
from console.api.health import add_health_api
from console.api.models import (
    AlertModel,
    AlertsModel,
    AnswerModel,
    AnswerRequest,
    HeldModel,
    OosModel,
    OutModel,
    SlotModel,
    SlotsModel,
    StoreModel,
    check_span,
    oos_csv,
)
from console.api.questions import add_questions
from console.console_data import ConsoleData
from console.links import PICTURES
from console.reading import PictureSource
from console.sources import Closed, NotAllowed, NotFound
from shelfstream.errors import Faults, Unavailable
from shelfstream.identifiers import Gtin
from shelfstream.secrets import KnownSecrets

RESPONSES: dict[int | str, dict[str, str]] = {
    401: {"description": "nobody is signed in, and no token was shown"},
    403: {"description": "your account may not do this"},
    404: {"description": "there is no such thing"},
    422: {"description": "the question is malformed"},
    503: {"description": "Redis, SQL or the bus is away; Retry-After says when to come back"},
}

_TYPES = {".jpg": "image/jpeg", ".png": "image/png"}
# An id names one picture for ever, so that a browser need not ask again; shared caches stay out of it. Whole frames
# are deleted soon, for privacy's sake, and a browser's copy must not live on for long after that.
_KEPT_BY_BROWSERS_S = {"plates": 60, "evidence": 3600, "products": 3600}


def add_error_answers(app: FastAPI, secrets: KnownSecrets) -> None:
    """Teach the application what to answer when something is wrong; no answer holds a secret."""
    app.add_exception_handler(NotFound, _not_found)
    app.add_exception_handler(NotAllowed, _not_allowed)
    app.add_exception_handler(Closed, _closed)

    async def unavailable(_request: Request, exc: Exception) -> JSONResponse:
        wait_s = exc.retry_after_s if isinstance(exc, Unavailable) else 1.0
        body = {"error": secrets.mask(str(exc))}
        return JSONResponse(body, 503, {"Retry-After": str(max(1, round(wait_s)))})

    app.add_exception_handler(Unavailable, unavailable)
    app.add_exception_handler(RequestValidationError, _malformed)


async def _not_found(_request: Request, exc: Exception) -> JSONResponse:
    return JSONResponse({"error": str(exc)}, 404)


async def _not_allowed(_request: Request, exc: Exception) -> JSONResponse:
    return JSONResponse({"error": str(exc)}, 403)


async def _closed(_request: Request, exc: Exception) -> JSONResponse:
    return JSONResponse({"error": str(exc)}, 409)


async def _malformed(_request: Request, exc: Exception) -> JSONResponse:
    errors = exc.errors() if isinstance(exc, RequestValidationError) else []
    message = "; ".join(f"{'.'.join(str(part) for part in each['loc'][1:])}: {each['msg']}" for each in errors)
    return JSONResponse({"error": message or "the question is malformed"}, 422)


def add_pictures(app: FastAPI, console_data: ConsoleData) -> None:
    """Add ``/pictures/ID``. What is no id of a served kind is not there, whatever the path tries."""

    @app.get(f"/{PICTURES}/{{picture_id:path}}", include_in_schema=False)
    def picture(request: Request, picture_id: str) -> Response:
        data = find(console_data.seen_by(visitor_of(request)).pictures, picture_id)
        if data is None:
            return Response("no such picture", 404, {"Cache-Control": "no-store"}, "text/plain")
        return Response(data, 200, _headers(picture_id), _TYPES[picture_id[-4:]])


def find(pictures: PictureSource, picture_id: str) -> bytes | None:
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


Start = Annotated[datetime, Query(alias="from", description="ISO 8601; without a zone it counts as UTC")]
Stop = Annotated[datetime, Query(alias="to", description="ISO 8601, exclusive")]
Product = Annotated[Gtin | None, Query(description="one product alone, by its GTIN of 8, 12, 13 or 14 digits")]


def add_api(app: FastAPI, console_data: ConsoleData) -> None:
    """Add every address below ``/api``."""
    router = APIRouter(prefix="/api", responses=RESPONSES)
    _add_now(router, console_data)
    _add_alerts(router, console_data)
    _add_history(router, console_data)
    add_questions(router, console_data)
    add_audit(router, console_data)
    add_health_api(router, console_data)

    @router.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "DELETE", "PATCH"], include_in_schema=False)
    def unknown(rest: str) -> JSONResponse:
        return JSONResponse({"error": f"there is no /api/{rest}; /openapi.json describes what there is"}, 404)

    app.include_router(router)


def _add_now(router: APIRouter, console_data: ConsoleData) -> None:
    @router.get("/stores", tags=["now"], summary="All stores")
    def stores(request: Request) -> list[StoreModel]:
        stores = console_data.seen_by(visitor_of(request)).stores()
        return [StoreModel(id=store, name=name) for store, name in stores.items()]

    @router.get("/stores/{store}/slots", tags=["now"], summary="Every slot of a store and its state")
    def slots(request: Request, store: str) -> SlotsModel:
        now = console_data.seen_by(visitor_of(request)).store_now(store)
        return SlotsModel(
            store=store,
            written_at=now.written_at,
            on_shelf_availability=now.figures.on_shelf_availability,
            unknown=now.figures.unknown,
            slots=[SlotModel.of(bay, slot) for bay in now.bays for slot in bay.slots],
            troubles=list(now.troubles),
        )

    @router.get("/stores/{store}/out", tags=["now"], summary="What is out, what costs most first")
    def out(request: Request, store: str) -> list[OutModel]:
        now, seen = console_data.clock.now(), console_data.seen_by(visitor_of(request))
        return [OutModel.of(each, now) for each in seen.store_now(store).outs]


def _add_alerts(router: APIRouter, console_data: ConsoleData) -> None:
    @router.get("/alerts", tags=["alerts"], summary="The alert inbox")
    def alerts(request: Request, store: str = "") -> AlertsModel:
        inbox = console_data.seen_by(visitor_of(request)).inbox(store)
        return AlertsModel(
            open=[AlertModel.of(each) for each in inbox.waiting],
            closed=[AlertModel.of(each) for each in inbox.closed],
            held=[HeldModel.of(each) for each in inbox.held],
            troubles=list(inbox.troubles),
        )

    @router.post("/answers", tags=["alerts"], summary="Answer an alert", status_code=202)
    def answers(request: Request, asked: AnswerRequest) -> AnswerModel:
        sent = console_data.seen_by(visitor_of(request)).answer(asked.alert_id, asked.kind, asked.by)
        return AnswerModel(alert_id=asked.alert_id, kind=asked.kind, repeated=sent is None)


def _add_history(router: APIRouter, console_data: ConsoleData) -> None:
    @router.get("/history/oos", tags=["history"], summary="Stretches out of stock", response_model=list[OosModel])
    def oos(
        request: Request,
        store: str,
        start: Start,
        stop: Stop,
        gtin: Product = None,
        *,
        format: Literal["json", "csv"] = "json",  # noqa: A002 - the name that callers know
    ) -> Response | list[OosModel]:
        try:
            begins, ends = check_span(start, stop, console_data.settings.history_days_max)
        except Faults as faults:
            return JSONResponse({"error": "; ".join(str(fault) for fault in faults.faults)}, 422)
        found = console_data.seen_by(visitor_of(request)).past.oos(store, begins, ends)
        rows = [OosModel.of(each) for each in found if gtin in (None, each.gtin)]
        if format == "json":
            return rows
        named = f'attachment; filename="out-of-stock-{store}.csv"'
        return Response(oos_csv(rows), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": named})
