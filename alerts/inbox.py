"""The inbox: what is open, what was, and how far each alert has come. Public: the console reads alerts through this."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, Row, Select, func, select

from alerts.contract import AlertStatus
from alerts.model import HeldAlert, InboxAlert, NotificationKind, SlotFold
from alerts.tables import alert_messages, alert_slots, alert_steps, alerts
from analytics.contract import SlotState
from shelfstream.sql import reading

__all__ = [
    "ChannelBacklog",
    "HeldAlert",
    "InboxAlert",
    "PastAlert",
    "PastStep",
    "alert_by_id",
    "alerts_by_id",
    "alerts_of_slot",
    "channel_backlogs",
    "held_alerts",
    "open_alerts",
    "open_count",
    "recent_alerts",
]


def open_alerts(engine: Engine, store: str | None = None) -> list[InboxAlert]:
    """Alerts that are open, oldest first. Raises ``Unavailable``."""
    query = _of_store(_alerts().where(alerts.c.cleared_at.is_(None)), store)
    return _read(engine, query.order_by(alerts.c.raised_at, alerts.c.alert_id))


def open_count(engine: Engine, stores: Collection[str] | None = None) -> int:
    """How many alerts are open, in some stores or (``None``) in all. Raises ``Unavailable``."""
    query = select(func.count()).select_from(alerts).where(alerts.c.cleared_at.is_(None))
    if stores is not None:
        query = query.where(alerts.c.store.in_(list(stores)))
    with reading(engine) as connection:
        return connection.execute(query).scalar_one()


def recent_alerts(engine: Engine, store: str | None = None, limit: int = 50) -> list[InboxAlert]:
    """The newest alerts, open or not, newest first. Raises ``Unavailable``."""
    newest_first = _of_store(_alerts(), store).order_by(alerts.c.raised_at.desc(), alerts.c.alert_id)
    return _read(engine, newest_first.limit(limit))


def held_alerts(engine: Engine, store: str | None = None) -> list[HeldAlert]:
    """Alerts that wait for something before they are raised, what is due first first. Raises ``Unavailable``."""
    query = select(alert_slots.c.fold).where(alert_slots.c.due_at.is_not(None))
    if store is not None:
        query = query.where(alert_slots.c.store == store)
    with reading(engine) as connection:
        folds = connection.execute(query.order_by(alert_slots.c.due_at, alert_slots.c.slot)).scalars().all()
    return [_held(SlotFold.model_validate_json(fold)) for fold in folds]


def alert_by_id(engine: Engine, alert_id: str) -> InboxAlert | None:
    """One alert, or ``None`` where there is no such. Raises ``Unavailable``."""
    found = _read(engine, _alerts().where(alerts.c.alert_id == alert_id))
    return found[0] if found else None


def alerts_by_id(connection: Connection, alert_ids: Iterable[str]) -> list[InboxAlert]:
    """These alerts, in no order, within the caller's transaction."""
    rows = connection.execute(_alerts().where(alerts.c.alert_id.in_(list(alert_ids))))
    return [_alert(row) for row in rows]


@dataclass(frozen=True, slots=True)
class PastStep:
    """One step of an alert's life: when, by whom (a device or role; empty: by itself) and why."""

    at: datetime
    status: AlertStatus
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class PastAlert:
    """An alert, open or not, with its steps in order."""

    alert: InboxAlert
    steps: tuple[PastStep, ...]


def alerts_of_slot(engine: Engine, store: str, slot: str, most: int = 10) -> list[PastAlert]:
    """A slot's newest alerts, newest first. Raises ``Unavailable``."""
    query = _of_store(_alerts(), store).where(alerts.c.slot == slot).order_by(alerts.c.raised_at.desc()).limit(most)
    found = _read(engine, query)
    ids = [each.alert_id for each in found]
    steps = select(alert_steps).where(alert_steps.c.alert_id.in_(ids)).order_by(alert_steps.c.step)
    by_alert: dict[str, list[PastStep]] = {each: [] for each in ids}
    with reading(engine) as connection:
        for row in connection.execute(steps):
            by_alert[row.alert_id].append(PastStep(row.at, AlertStatus(row.status), row.by, row.why))
    return [PastAlert(each, tuple(by_alert[each.alert_id])) for each in found]


@dataclass(frozen=True, slots=True)
class ChannelBacklog:
    """Messages that a channel has not taken yet. ``detail``: what it said of one; empty where none was tried."""

    channel: str
    waiting: int
    oldest_at: datetime
    detail: str


def channel_backlogs(engine: Engine) -> list[ChannelBacklog]:
    """Channels that have messages waiting, by name. Raises ``Unavailable``."""
    messages = alert_messages.c
    columns = (messages.channel, func.count(), func.min(messages.written_at), func.max(messages.detail))
    query = select(*columns).where(messages.done_at.is_(None)).group_by(messages.channel).order_by(messages.channel)
    with reading(engine) as connection:
        return [ChannelBacklog(*row) for row in connection.execute(query)]


def _held(fold: SlotFold) -> HeldAlert:
    if fold.due_at is None:
        raise ValueError(f"{fold.store}/{fold.slot} waits for nothing")
    return HeldAlert(fold.store, fold.slot, fold.bay, fold.gtin, fold.state, fold.waits_for, fold.due_at)


def _alerts() -> Select[tuple[object, ...]]:
    messages = alert_messages.c
    sent_at = (
        select(func.min(messages.done_at))
        .where(messages.alert_id == alerts.c.alert_id)
        .where(messages.telling == NotificationKind.RAISED.value, messages.outcome == "sent")
        .scalar_subquery()
        .label("sent_at")
    )
    return select(alerts, sent_at)


def _of_store(query: Select[tuple[object, ...]], store: str | None) -> Select[tuple[object, ...]]:
    return query if store is None else query.where(alerts.c.store == store)


def _read(engine: Engine, query: Select[tuple[object, ...]]) -> list[InboxAlert]:
    with reading(engine) as connection:
        return [_alert(row) for row in connection.execute(query)]


def _alert(row: Row[tuple[object, ...]]) -> InboxAlert:
    fields = row._asdict()
    del fields["slot_sequence"]
    fields["state"], fields["status"] = SlotState(fields["state"]), AlertStatus(fields["status"])
    return InboxAlert(**fields)
