"""The ledger in SQL: what is known of every slot, every alert and every step, and the outbox of messages.

``LedgerState`` gives the loop what was known back when partitions come, and drops it when they go.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from alerts.contract import AlertRecord, AlertStatus
from alerts.model import AlertsState, AlertStep, NotificationKind, SlotFold, SlotWrite
from alerts.tables import alert_messages, alert_slots, alert_steps, alerts
from shelfstream.answers import AnswerKind
from shelfstream.bus.api import Partition
from shelfstream.bus.topics import EVENTS, TopicSpec, partition_of
from shelfstream.errors import StageStopped
from shelfstream.migrations.upgrade import require_current
from shelfstream.sql import reading, writing

_STORES_AT_ONCE = 20

ChannelsTold = Callable[[AlertRecord, NotificationKind, datetime], tuple[str, ...]]


class Ledger:
    """Writes and restores. ``told`` says which channels are told of an alert that is raised or escalated; with
    ``tell_cleared`` those that were are told of its end.
    """

    def __init__(self, engine: Engine, told: ChannelsTold, *, tell_cleared: bool) -> None:
        self._engine = engine
        self._told = told
        self._tell_cleared = tell_cleared

    def check(self) -> None:
        """Raise ``Faults`` unless the database has this release's tables; ``Unavailable`` when it is away."""
        require_current(self._engine)

    def apply(self, writes: Sequence[SlotWrite]) -> None:
        """Write a batch, all or nothing. Raises ``Unavailable``; ``StageStopped`` when another process went ahead."""
        try:
            with writing(self._engine) as connection:
                for write in writes:
                    self._apply(connection, write)
        except IntegrityError as exc:
            raise _overtaken("a row") from exc

    def stores(self) -> list[str]:
        """Stores of which there is anything. Raises ``Unavailable``."""
        with reading(self._engine) as connection:
            return list(connection.execute(select(alert_slots.c.store).distinct()).scalars())

    def folds(self, stores: Iterable[str]) -> list[SlotFold]:
        """All slots of these stores. Raises ``Unavailable``."""
        query = select(alert_slots.c.fold, alert_slots.c.revision).where(alert_slots.c.store.in_(list(stores)))
        with reading(self._engine) as connection:
            return [_read(fold, revision) for fold, revision in connection.execute(query)]

    def _apply(self, connection: Connection, write: SlotWrite) -> None:
        if _stands(connection, write):
            return
        _write_slot(connection, write)
        for step in write.steps:
            _write_alert(connection, step)
            connection.execute(insert(alert_steps).values(_step_row(step)))
            self._write_messages(connection, step)

    def _write_messages(self, connection: Connection, step: AlertStep) -> None:
        telling = _telling(step)
        if telling is None or (telling is NotificationKind.CLEARED and not self._tell_cleared):
            return
        record = step.record
        if telling is NotificationKind.CLEARED:
            channels = channels_of(connection, record.alert_id)
        else:
            channels = self._told(record, telling, record.emitted_at or record.at)
        rows = [_message_row(step, telling, channel) for channel in channels]
        if rows:
            connection.execute(insert(alert_messages), rows)


def channels_of(connection: Connection, alert_id: str, step: int | None = None) -> tuple[str, ...]:
    """Channels that have a message about an alert, or about one step of it."""
    query = select(alert_messages.c.channel).distinct().where(alert_messages.c.alert_id == alert_id)
    if step is not None:
        query = query.where(alert_messages.c.step == step)
    return tuple(connection.execute(query.order_by(alert_messages.c.channel)).scalars())


def _telling(step: AlertStep) -> NotificationKind | None:
    """What people are told about a step, if anything."""
    if step.closes:
        return NotificationKind.CLEARED
    if step.record.status is not AlertStatus.RAISED or step.silent:
        return None
    is_new = step.record.step == 1 or step.record.why == AnswerKind.HANDED_OVER
    return NotificationKind.RAISED if is_new else NotificationKind.ESCALATED


def _read(text: str, revision: int) -> SlotFold:
    return SlotFold.model_validate_json(text).model_copy(update={"revision": revision})


def _of(write: SlotWrite) -> ColumnElement[bool]:
    fold = write.fold
    return (alert_slots.c.store == fold.store) & (alert_slots.c.slot == fold.slot)


def _stands(connection: Connection, write: SlotWrite) -> bool:
    """Whether this very write was done before. Raises ``StageStopped`` when the row is not the one written over."""
    row = connection.execute(select(alert_slots).where(_of(write)).with_for_update()).one_or_none()
    found = 0 if row is None else row.revision
    if row is not None and found == write.fold.revision and _read(row.fold, found) == write.fold:
        return True
    if found != write.expected:
        raise _overtaken(f"slot {write.fold.store}/{write.fold.slot}")
    return False


def _overtaken(what: str) -> StageStopped:
    return StageStopped(
        f"the alert ledger: {what} was written by another process in the meantime; "
        "this one stops, and goes on from the ledger when it is started again"
    )


def _write_slot(connection: Connection, write: SlotWrite) -> None:
    fold = write.fold
    values: dict[str, object] = {"revision": fold.revision, "fold": fold.model_dump_json(), "due_at": fold.due_at}
    if write.expected == 0:
        connection.execute(insert(alert_slots).values(store=fold.store, slot=fold.slot, **values))
    else:
        connection.execute(update(alert_slots).where(_of(write)).values(values))


def _write_alert(connection: Connection, step: AlertStep) -> None:
    record = step.record
    if record.step == 1:
        connection.execute(insert(alerts).values(_alert_row(step)))
        return
    changes: dict[str, object] = {"status": record.status.value, "step": record.step}
    if record.why == AnswerKind.HANDED_OVER:
        changes |= {"acknowledged_at": None, "acknowledged_by": None}
    elif record.status is AlertStatus.RAISED:
        changes |= {"escalated_at": record.at}
    if record.status is AlertStatus.ACKNOWLEDGED:
        changes |= {"acknowledged_at": record.at, "acknowledged_by": record.by}
    if record.status is AlertStatus.ANSWERED:
        changes |= {"answer": record.why, "answered_at": record.at}
    if step.closes:
        changes |= {"cleared_at": record.cleared_at, "cleared_why": record.why, "cleared_event_id": step.seen_in}
    connection.execute(update(alerts).where(alerts.c.alert_id == record.alert_id).values(changes))


def _alert_row(step: AlertStep) -> dict[str, object]:
    record = step.record
    shared = ("alert_id", "store", "slot", "bay", "gtin", "step", "event_id", "slot_sequence", "raised_at")
    return {name: getattr(record, name) for name in shared} | {
        "state": record.state.value,
        "status": record.status.value,
        "onset_earliest": step.onset.earliest,
        "onset_latest": step.onset.latest,
        "level": step.level,
    }


def _step_row(step: AlertStep) -> dict[str, object]:
    record = step.record
    shared = {name: getattr(record, name) for name in ("alert_id", "step", "at", "by", "why", "emitted_at")}
    return shared | {"status": record.status.value, "answer_id": step.answer_id}


def _message_row(step: AlertStep, telling: NotificationKind, channel: str) -> dict[str, object]:
    written_at: datetime = step.record.emitted_at or step.record.at
    return {
        "alert_id": step.record.alert_id,
        "step": step.record.step,
        "telling": telling.value,
        "channel": channel,
        "written_at": written_at,
        "next_try_at": written_at,
        "attempts": 0,
        "detail": "",
    }


class LedgerState:
    """The ``StateStore`` of this stage. A store belongs to the partition of ``shelf.events`` that its key goes to."""

    def __init__(self, ledger: Ledger, spec: TopicSpec, partitions: int) -> None:
        self._ledger = ledger
        self._spec = spec
        self._partitions = partitions

    def gained(self, state: AlertsState, partitions: Sequence[Partition], beat: Callable[[], None]) -> AlertsState:
        """The folds of the stores of new partitions, as the ledger has them. Raises ``Unavailable``."""
        indexes = {partition.index for partition in partitions if partition.topic == EVENTS}
        wanted = [store for store in self._ledger.stores() if self._index(store) in indexes] if indexes else []
        for first in range(0, len(wanted), _STORES_AT_ONCE):
            beat()
            state = state.with_folds(self._ledger.folds(wanted[first : first + _STORES_AT_ONCE]))
        return state

    def dropped(self, state: AlertsState, partitions: Sequence[Partition]) -> AlertsState:
        """All but the stores of partitions that went."""
        indexes = {partition.index for partition in partitions if partition.topic == EVENTS}
        return state.without(store for store in state.stores if self._index(store) in indexes)

    def _index(self, store: str) -> int:
        return partition_of(store, self._spec, self._partitions)
