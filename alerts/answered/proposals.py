"""What staff's answers say about the plan: proposals to correct it, for whoever keeps it. Public: the console asks.

A proposal stands until the plan names another product at the place, or somebody settles it; the same answer after that
is a new one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Engine, Row, Select, String, Table, delete, func, insert, or_, select

from alerts.contract import AlertStatus
from alerts.tables import alert_steps, alerts
from shelfstream.answers import AnswerKind
from shelfstream.sql import UtcDateTime, metadata, reading, writing

PROPOSING = (AnswerKind.PLAN_IS_WRONG, AnswerKind.DISCONTINUED, AnswerKind.WRONG_PRODUCT)
"""Answers that are about the plan, or about what stands there, and not about an empty shelf."""
_BY_MOST = 64

plan_proposals_settled = Table(
    "plan_proposals_settled",
    metadata,
    Column("store", String(64), primary_key=True),
    Column("slot", String(64), primary_key=True),
    Column("gtin", String(14), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("by", String(_BY_MOST), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class PlanProposal:
    """That the plan is wrong about a product at a place: how often staff said so since that was settled, and when."""

    store: str
    slot: str
    bay: str
    gtin: str
    kind: AnswerKind
    times: int
    first_at: datetime
    last_at: datetime


def plan_proposals(engine: Engine, stores: Sequence[str], since: datetime) -> list[PlanProposal]:
    """What was said since a time and not settled afterwards, the newest first. Raises ``Unavailable``."""
    with reading(engine) as connection:
        found = [_proposal(row) for row in connection.execute(_unsettled(stores, since))]
    return sorted(found, key=lambda each: each.last_at, reverse=True)


def settle(engine: Engine, proposal: PlanProposal, by: str, at: datetime) -> None:
    """What was said until now is dealt with, one way or the other. Raises ``Unavailable``."""
    settled = plan_proposals_settled.c
    key = {"store": proposal.store, "slot": proposal.slot, "gtin": proposal.gtin, "kind": proposal.kind.value}
    named = [settled[name] == value for name, value in key.items()]
    with writing(engine) as connection:
        connection.execute(delete(plan_proposals_settled).where(*named))
        connection.execute(insert(plan_proposals_settled).values(**key, by=by[:_BY_MOST], at=at))


def _unsettled(stores: Sequence[str], since: datetime) -> Select[tuple[object, ...]]:
    steps, settled = alert_steps.c, plan_proposals_settled.c
    same = (
        (settled.store == alerts.c.store)
        & (settled.slot == alerts.c.slot)
        & (settled.gtin == alerts.c.gtin)
        & (settled.kind == steps.why)
    )
    named = (alerts.c.store, alerts.c.slot, alerts.c.bay, alerts.c.gtin, steps.why)
    return (
        select(*named, func.count().label("times"), func.min(steps.at).label("first"), func.max(steps.at).label("last"))
        .join(alerts, alerts.c.alert_id == steps.alert_id)
        .join(plan_proposals_settled, same, isouter=True)
        .where(alerts.c.store.in_(list(stores)), steps.status == AlertStatus.ANSWERED.value, steps.at >= since)
        .where(steps.why.in_([kind.value for kind in PROPOSING]))
        .where(or_(settled.at.is_(None), steps.at > settled.at))
        .group_by(*named)
    )


def _proposal(row: Row[tuple[object, ...]]) -> PlanProposal:
    fields = row._asdict()
    return PlanProposal(
        store=fields["store"],
        slot=fields["slot"],
        bay=fields["bay"],
        gtin=fields["gtin"],
        kind=AnswerKind(fields["why"]),
        times=fields["times"],
        first_at=fields["first"],
        last_at=fields["last"],
    )
