"""What the API answers, as its OpenAPI description tells; the time that a question of history is about."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Self

from pydantic import BaseModel, Field

from alerts.model import WaitsFor
from analytics.contract import SlotState, UnknownReason
from analytics.history.oos import OosInterval
from console.links import address
from console.views.models import AlertNow, BayNow, HeldNow, OutNow, SlotNow
from shelfstream.answers import AnswerKind
from shelfstream.csv_cells import csv_text
from shelfstream.errors import Fault, Faults

_YEARS = range(2000, 2200)


def _served(picture: str | None) -> str | None:
    """A picture's address for the program that asks; pages have theirs below the console's own."""
    return None if picture is None else address(picture)


class StoreModel(BaseModel):
    """A store of the catalogue."""

    id: str
    name: str


class SlotModel(BaseModel):
    """One planned place and what is believed of it. ``UNKNOWN`` is neither stocked nor out."""

    slot: str
    bay: str
    shelf: str
    gtin: str
    product: str
    state: SlotState
    reason: UnknownReason | None = Field(description="why it is unknown, where it is")
    since: datetime | None
    level: float | None = Field(description="share of the planned facings believed to be there")
    level_between: tuple[float, float] | None = Field(description="the two that it lies between nine times in ten")
    units_missing: int | None
    other_gtin: str | None = Field(description="of a MISPLACED slot, the product that was seen there")
    faced_over: bool = Field(description="whether that is the product of a slot beside it")
    last_seen_at: datetime | None

    @classmethod
    def of(cls, bay: BayNow, slot: SlotNow) -> Self:
        """From what the pages show."""
        return cls(
            slot=slot.slot.id,
            bay=bay.bay.id,
            shelf=slot.slot.shelf,
            gtin=slot.slot.gtin,
            product=slot.name,
            state=slot.state,
            reason=slot.reason,
            since=slot.since,
            level=None if slot.level is None else slot.level.level,
            level_between=None if slot.level is None else slot.level.level_between,
            units_missing=slot.units_missing,
            other_gtin=None if slot.other is None or slot.level is None else slot.level.other,
            faced_over=slot.faced_over,
            last_seen_at=None if slot.level is None else slot.level.last_seen_at,
        )


class SlotsModel(BaseModel):
    """All slots of a store. ``troubles`` are sentences about what could not be read: the rest is then as known last."""

    store: str
    written_at: datetime | None = Field(description="when analytics last wrote or checked this store")
    on_shelf_availability: float | None = Field(description="share of the known slots that are stocked or low")
    unknown: int
    slots: list[SlotModel]
    troubles: list[str]


class OutModel(BaseModel):
    """One slot that is out now."""

    slot: str
    bay: str
    shelf: str
    gtin: str
    product: str
    since: datetime
    minutes: float
    bring: int | None
    at_risk_per_h: float | None = Field(description="what it costs in an open hour, in the store's currency")
    before_url: str | None
    after_url: str | None

    @classmethod
    def of(cls, out: OutNow, now: datetime) -> Self:
        """From what the pages show."""
        return cls(
            slot=out.slot.slot.id,
            bay=out.bay.id,
            shelf=out.shelf.id,
            gtin=out.slot.slot.gtin,
            product=out.slot.name,
            since=out.since,
            minutes=round((now - out.since).total_seconds() / 60, 2),
            bring=out.slot.units_missing,
            at_risk_per_h=None if out.at_risk_per_h is None else round(out.at_risk_per_h, 2),
            before_url=_served(out.before_url),
            after_url=_served(out.after_url),
        )


class HeldModel(BaseModel):
    """An alert that is not raised yet: what it waits for, and when it will be raised if nothing changes."""

    store: str
    slot: str
    bay: str
    gtin: str
    product: str
    place: str
    state: SlotState
    waits_for: WaitsFor | None
    due_at: datetime

    @classmethod
    def of(cls, shown: HeldNow) -> Self:
        """From what the pages show."""
        held = shown.held
        return cls(
            store=held.store,
            slot=held.slot,
            bay=held.bay,
            gtin=held.gtin,
            product=shown.product_name,
            place=shown.place,
            state=held.state,
            waits_for=held.waits_for,
            due_at=held.due_at,
        )


class AlertModel(BaseModel):
    """One alert."""

    alert_id: str
    store: str
    slot: str
    bay: str
    gtin: str
    product: str
    place: str
    state: SlotState
    status: str
    raised_at: datetime
    acknowledged_at: datetime | None
    escalated_at: datetime | None
    answer: str | None
    answered_at: datetime | None
    cleared_at: datetime | None
    bring: int | None
    before_url: str | None
    after_url: str | None

    @classmethod
    def of(cls, shown: AlertNow) -> Self:
        """From what the pages show."""
        alert = shown.alert
        return cls(
            alert_id=alert.alert_id,
            store=alert.store,
            slot=alert.slot,
            bay=alert.bay,
            gtin=alert.gtin,
            product=shown.product_name,
            place=shown.place,
            state=alert.state,
            status=alert.status.value,
            raised_at=alert.raised_at,
            acknowledged_at=alert.acknowledged_at,
            escalated_at=alert.escalated_at,
            answer=alert.answer,
            answered_at=alert.answered_at,
            cleared_at=alert.cleared_at,
            bring=shown.bring,
            before_url=_served(shown.before_url),
            after_url=_served(shown.after_url),
        )


class AlertsModel(BaseModel):
    """Open alerts in walking order, those that were closed lately, newest first, and those that are held back."""

    open: list[AlertModel]
    closed: list[AlertModel]
    held: list[HeldModel]
    troubles: list[str]


class AnswerRequest(BaseModel, extra="forbid"):
    """An answer to an alert. ``by`` names a role or a device, never a person."""

    alert_id: str = Field(min_length=1, max_length=64)
    kind: AnswerKind
    by: str = Field("", max_length=64)


class AnswerModel(BaseModel):
    """What became of an answer. The same answer twice is one answer: then ``repeated`` is true and nothing was sent."""

    alert_id: str
    kind: AnswerKind
    repeated: bool


class OosModel(BaseModel):
    """One stretch out of stock; ``ended_at`` is null while it lasts. Minutes count within the opening hours."""

    store: str
    slot: str
    bay: str
    gtin: str
    product: str
    began_earliest: datetime
    began_at: datetime
    ended_earliest: datetime | None
    ended_at: datetime | None
    minutes_out: float
    minutes_out_min: float
    minutes_out_max: float
    lost_sales: float | None
    confidence: float

    @classmethod
    def of(cls, interval: OosInterval) -> Self:
        """From the historian's answer."""
        return cls(**{name: getattr(interval, name) for name in cls.model_fields})


def check_span(start: datetime, stop: datetime, days_max: int) -> tuple[datetime, datetime]:
    """Both ends in UTC (a time without a zone counts as UTC). Raises ``Faults`` for one that cannot be asked about."""
    if outside := [name for name, moment in (("from", start), ("to", stop)) if moment.year not in _YEARS]:
        message = f"must lie between the years {_YEARS[0]} and {_YEARS[-1]}"
        raise Faults("question", [Fault(name, message) for name in outside])
    begins, ends = _utc(start), _utc(stop)
    if begins >= ends:
        raise Faults("question", [Fault("from", "must be before to")])
    if ends - begins > timedelta(days=days_max):
        raise Faults("question", [Fault("from", f"is more than {days_max} days before to; ask in parts")])
    return begins, ends


def oos_csv(rows: Iterable[OosModel]) -> str:
    """The rows as CSV with a head line, times in UTC; nothing in it can start a spreadsheet's formula."""
    names = list(OosModel.model_fields)
    return csv_text(names, ([getattr(row, name) for name in names] for row in rows))


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
