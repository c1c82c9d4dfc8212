"""One slot's states over a time: what it was believed to be when, and how sure that was."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, or_, select

from analytics.contract import SlotState, UnknownReason
from analytics.historian.tables import state_intervals, stock_events
from shelfstream.sql import reading

_columns = state_intervals.c


@dataclass(frozen=True, slots=True)
class SlotStretch:
    """One stretch in one state, first seen at ``from_at``; ``to_at`` of ``None``: it still is so.

    It began between ``from_earliest`` and ``from_at``. ``level`` is the share of planned facings that were believed to
    be there then, ``event_id`` names its pictures.
    """

    gtin: str
    state: SlotState
    reason: UnknownReason | None
    from_earliest: datetime
    from_at: datetime
    to_at: datetime | None
    confidence: float
    level: float | None
    event_id: str


def slot_stretches(engine: Engine, store: str, slot: str, start: datetime, stop: datetime) -> list[SlotStretch]:
    """Stretches of a slot that touch ``[start, stop)``, oldest first. Raises ``Unavailable``."""
    query = (
        select(
            _columns.gtin,
            _columns.state,
            _columns.reason,
            _columns.from_earliest,
            _columns.from_at,
            _columns.to_at,
            _columns.confidence,
            stock_events.c.level,
            _columns.event_id,
        )
        .join(stock_events, stock_events.c.event_id == _columns.event_id, isouter=True)
        .where(_columns.store == store, _columns.slot == slot, _columns.from_at < stop)
        .where(or_(_columns.to_at.is_(None), _columns.to_at > start))
        .order_by(_columns.sequence)
    )
    with reading(engine) as connection:
        return [_stretch(*row) for row in connection.execute(query)]


def _stretch(gtin: str, state: str, reason: str | None, *rest: object) -> SlotStretch:
    known = None if reason is None else UnknownReason(reason)
    return SlotStretch(gtin, SlotState(state), known, *rest)  # type: ignore[arg-type]
