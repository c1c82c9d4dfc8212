"""The API's addresses. Each is a thin question to the desk."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, FastAPI, Query, Response
from fastapi.responses import JSONResponse

from console.api.errors import RESPONSES
from console.api.history_span import check_span, oos_csv
from console.api.models import (
    AlertModel,
    AlertsModel,
    AnswerModel,
    AnswerRequest,
    OosModel,
    OutModel,
    SlotModel,
    SlotsModel,
    StoreModel,
)
from console.desk import Desk
from shelfstream.errors import Faults
from shelfstream.identifiers import Gtin

Start = Annotated[datetime, Query(alias="from", description="ISO 8601; without a zone it counts as UTC")]
Stop = Annotated[datetime, Query(alias="to", description="ISO 8601, exclusive")]
Product = Annotated[Gtin | None, Query(description="one product alone, by its GTIN of 8, 12, 13 or 14 digits")]


def add_api(app: FastAPI, desk: Desk) -> None:
    """Add every address below ``/api``."""
    router = APIRouter(prefix="/api", responses=RESPONSES)
    _add_now(router, desk)
    _add_alerts(router, desk)
    _add_history(router, desk)

    @router.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "DELETE", "PATCH"], include_in_schema=False)
    def unknown(rest: str) -> JSONResponse:
        return JSONResponse({"error": f"there is no /api/{rest}; /openapi.json describes what there is"}, 404)

    app.include_router(router)


def _add_now(router: APIRouter, desk: Desk) -> None:
    @router.get("/stores", tags=["now"], summary="All stores")
    def stores() -> list[StoreModel]:
        return [StoreModel(id=store, name=name) for store, name in desk.stores().items()]

    @router.get("/stores/{store}/slots", tags=["now"], summary="Every slot of a store and its state")
    def slots(store: str) -> SlotsModel:
        now = desk.store_now(store)
        return SlotsModel(
            store=store,
            written_at=now.written_at,
            on_shelf_availability=now.figures.on_shelf_availability,
            unknown=now.figures.unknown,
            slots=[SlotModel.of(bay, slot) for bay in now.bays for slot in bay.slots],
            troubles=list(now.troubles),
        )

    @router.get("/stores/{store}/out", tags=["now"], summary="What is out, the longest first")
    def out(store: str) -> list[OutModel]:
        now = desk.clock.now()
        return [OutModel.of(each, now) for each in desk.store_now(store).outs]


def _add_alerts(router: APIRouter, desk: Desk) -> None:
    @router.get("/alerts", tags=["alerts"], summary="The alert inbox")
    def alerts(store: str = "") -> AlertsModel:
        inbox = desk.inbox(store)
        return AlertsModel(
            open=[AlertModel.of(each) for each in inbox.waiting],
            closed=[AlertModel.of(each) for each in inbox.closed],
            troubles=list(inbox.troubles),
        )

    @router.post("/answers", tags=["alerts"], summary="Answer an alert", status_code=202)
    def answers(request: AnswerRequest) -> AnswerModel:
        sent = desk.answer(request.alert_id, request.kind, request.by)
        return AnswerModel(alert_id=request.alert_id, kind=request.kind, repeated=sent is None)


def _add_history(router: APIRouter, desk: Desk) -> None:
    @router.get("/history/oos", tags=["history"], summary="Stretches out of stock", response_model=list[OosModel])
    def oos(
        store: str,
        start: Start,
        stop: Stop,
        gtin: Product = None,
        format: Literal["json", "csv"] = "json",  # noqa: A002 - the name that callers know
    ) -> Response | list[OosModel]:
        try:
            begins, ends = check_span(start, stop, desk.settings.history_days_max)
        except Faults as faults:
            return JSONResponse({"error": "; ".join(str(fault) for fault in faults.faults)}, 422)
        rows = [OosModel.of(each) for each in desk.oos(store, begins, ends) if gtin in (None, each.gtin)]
        if format == "json":
            return rows
        named = f'attachment; filename="out-of-stock-{store}.csv"'
        return Response(oos_csv(rows), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": named})
