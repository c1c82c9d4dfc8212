"""``POST /api/audit``: photographs of bays come in, and what stands in each place goes out."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, File, Query, Request, UploadFile
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from analytics.photographs.photograph import AuditRecord, audit_record, judge_photograph
from console.access.gate import visitor_of
from console.console_data import ConsoleData
from console.sources import NotFound
from shelfstream.errors import Faults, InvalidMessage
from shelfstream.identifiers import shown_name

_PHOTOGRAPHS_MOST, _BYTES_MOST = 20, 32 * 1024 * 1024


class NotJudged(BaseModel):
    """A photograph that could not be judged, and why."""

    picture: str
    why: str


class AuditModel(BaseModel):
    """Every place of the bays that the photographs surely show, and the photographs that show none."""

    places: list[AuditRecord] = Field(description="a record for each place in each photograph; UNKNOWN: not in sight")
    not_judged: list[NotJudged]


def add_audit(router: APIRouter, console_data: ConsoleData) -> None:
    """Add the address. It works in a thread of its own: a photograph takes seconds."""

    @router.post("/audit", tags=["audit"], summary="Judge bays from photographs", response_model=AuditModel)
    def audit(
        request: Request,
        store: Annotated[str, Query(description="the store that they were taken in")],
        pictures: Annotated[list[UploadFile], File(description="JPEG or PNG, at most 20 of 32 MiB each")],
        bays: Annotated[
            list[str] | None, Query(alias="bay", description="bays that may be in sight; default: any")
        ] = None,
    ) -> AuditModel | JSONResponse:
        seen = console_data.seen_by(visitor_of(request))
        known = _bays_of(seen, store, bays or [])
        if len(pictures) > _PHOTOGRAPHS_MOST or any((each.size or 0) > _BYTES_MOST for each in pictures):
            return JSONResponse({"error": "at most 20 photographs at a time, of 32 MiB each"}, 413)
        told = AuditModel(places=[], not_judged=[])
        for each in pictures:
            _judge(seen, store, known, each, told)
        return told


def _bays_of(console_data: ConsoleData, store: str, wanted: Sequence[str]) -> list[str]:
    catalogue = console_data.catalogue
    if store not in catalogue.stores:
        raise NotFound(f"there is no store {store!r} in the catalogue")
    known = [bay for at, bay in catalogue.bays if at == store]
    missing = [bay for bay in wanted if bay not in known]
    if missing or not known:
        raise NotFound(
            f"there is no bay {missing[0]!r} in store {store!r}" if missing else f"store {store!r} has no bay"
        )
    return list(wanted) or known


def _judge(console_data: ConsoleData, store: str, bays: Sequence[str], picture: UploadFile, told: AuditModel) -> None:
    catalogue, name = console_data.catalogue, shown_name(picture.filename or "photograph")
    try:
        facings, size_wh = console_data.eyes.see(catalogue, store, name, picture.file.read())
    except Faults as faults:
        told.not_judged.append(NotJudged(picture=name, why="; ".join(fault.what for fault in faults.faults)))
        return
    except InvalidMessage as invalid:
        told.not_judged.append(NotJudged(picture=name, why=invalid.reason))
        return
    judged = judge_photograph(catalogue, store, bays, facings, size_wh)
    told.places += [audit_record(catalogue, name, finding) for finding in judged.findings]
    if judged.why_not:
        told.not_judged.append(NotJudged(picture=name, why=judged.why_not))
