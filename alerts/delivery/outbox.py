"""The outbox in SQL: messages that wait, who is sending one, and how each ended.

A message is claimed before it is sent and marked after it: two processes never send the same one at once, and a crash
between the two sends it a second time once the claim has run out (at least once, never lost).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, Row, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from alerts.delivery.policy import DeliveryOutcome, Waiting
from alerts.inbox import alerts_by_id
from alerts.ledger import channels_of
from alerts.model import InboxAlert, NotificationKind
from alerts.tables import alert_messages
from shelfstream.sql import reading, writing

_AT_ONCE = 100
_NO_CHANNEL = "the channel is not in the settings any more"
_messages = alert_messages.c

InsteadOf = Callable[[str, Collection[str]], tuple[str, ...]]
"""Of a store, the channels to be told where some do not answer: ``Routes.instead_of``."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """Messages as one process sees them. All methods raise ``Unavailable``."""

    engine: Engine
    process: str
    claim_s: float

    def waiting(self, channel: str, now: datetime) -> list[Waiting]:
        """Messages for a channel that are due and that nobody is sending, oldest first, a page of them."""
        free = or_(_messages.claimed_until.is_(None), _messages.claimed_until < now)
        query = (
            select(alert_messages)
            .where(_messages.channel == channel, _messages.done_at.is_(None), _messages.next_try_at <= now, free)
            .order_by(_messages.written_at, _messages.step, _messages.alert_id)
            .limit(_AT_ONCE)
        )
        with reading(self.engine) as connection:
            rows = connection.execute(query).all()
            ids = {row.alert_id for row in rows}
            found = {alert.alert_id: alert for alert in alerts_by_id(connection, ids)}
            of_alerts = select(_messages.alert_id, _messages.step, _messages.outcome).where(
                _messages.alert_id.in_(ids), _messages.channel == channel
            )
            others = connection.execute(of_alerts).all()
        told = {row.alert_id for row in others if row.outcome == DeliveryOutcome.SENT.value}
        first = {row.alert_id: row.step for row in sorted(others, key=lambda row: -row.step) if row.outcome is None}
        return [_waiting(row, found[row.alert_id], told, first) for row in rows if row.alert_id in found]

    def claim(self, waiting: Waiting, now: datetime) -> bool:
        """Take a message to send it; ``False`` when somebody else has taken or ended it meanwhile."""
        free = or_(_messages.claimed_until.is_(None), _messages.claimed_until < now)
        taken = {
            "claimed_by": self.process,
            "claimed_until": now + timedelta(seconds=self.claim_s),
            "attempts": waiting.attempts + 1,
        }
        with writing(self.engine) as connection:
            statement = update(alert_messages).where(_is(waiting), _messages.done_at.is_(None), free).values(taken)
            return connection.execute(statement).rowcount == 1

    def ended(self, waiting: Waiting, outcome: DeliveryOutcome, detail: str, now: datetime) -> None:
        """A message was sent, or is not to be sent any more."""
        values = {"done_at": now, "outcome": outcome.value, "detail": detail, "claimed_until": None}
        with writing(self.engine) as connection:
            connection.execute(update(alert_messages).where(_is(waiting), _messages.done_at.is_(None)).values(values))

    def failed(self, waiting: Waiting, detail: str, next_try_at: datetime) -> None:
        """A channel did not take a message; it is due again later."""
        values = {"next_try_at": next_try_at, "detail": detail, "claimed_until": None}
        with writing(self.engine) as connection:
            connection.execute(update(alert_messages).where(_is(waiting), _messages.done_at.is_(None)).values(values))

    def fall_back(self, waiting: Waiting, instead_of: InsteadOf, now: datetime) -> tuple[str, ...]:
        """Give a message to others as well, once each; those to whom it is given now."""
        alert = waiting.alert
        try:
            with writing(self.engine) as connection:
                have = channels_of(connection, alert.alert_id, waiting.step)
                others = instead_of(alert.store, have)
                rows = [_copied(waiting, channel, now) for channel in others]
                if rows:
                    connection.execute(insert(alert_messages), rows)
                return others
        except IntegrityError:  # another process has just done the same
            return ()

    def release(self, channel: str) -> None:
        """Give back what this process had claimed before it crashed, so that it need not wait for the claims' end."""
        own = (_messages.claimed_by == self.process) & (_messages.channel == channel) & _messages.done_at.is_(None)
        with writing(self.engine) as connection:
            connection.execute(update(alert_messages).where(own).values(claimed_until=None))

    def drop_others(self, channels: Collection[str], now: datetime) -> None:
        """End what waits for channels that nobody serves any more."""
        others = _messages.channel.not_in(channels) & _messages.done_at.is_(None)
        values = {
            "done_at": now,
            "outcome": DeliveryOutcome.DROPPED.value,
            "detail": _NO_CHANNEL,
            "claimed_until": None,
        }
        with writing(self.engine) as connection:
            connection.execute(update(alert_messages).where(others).values(values))


def _is(waiting: Waiting) -> ColumnElement[bool]:
    return (
        (_messages.alert_id == waiting.alert.alert_id)
        & (_messages.step == waiting.step)
        & (_messages.channel == waiting.channel)
    )


def _copied(waiting: Waiting, channel: str, now: datetime) -> dict[str, object]:
    """The row of the same message to another channel."""
    return {
        "alert_id": waiting.alert.alert_id,
        "step": waiting.step,
        "channel": channel,
        "telling": waiting.telling.value,
        "written_at": now,
        "next_try_at": now,
        "attempts": 0,
        "detail": "",
        "instead_of": waiting.channel,
    }


def _waiting(
    row: Row[tuple[object, ...]], alert: InboxAlert, told: Collection[str], first: Mapping[str, int]
) -> Waiting:
    fields = row._asdict()
    return Waiting(
        alert=alert,
        step=fields["step"],
        telling=NotificationKind(fields["telling"]),
        channel=fields["channel"],
        written_at=fields["written_at"],
        attempts=fields["attempts"],
        told_before=alert.alert_id in told,
        is_first=first.get(alert.alert_id) == fields["step"],
        instead_of=fields["instead_of"],
    )
