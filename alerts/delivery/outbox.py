"""The outbox in SQL: messages that wait, who is sending one, and how each ended.

A message is claimed before it is sent and marked after it: two processes never send the same one at once, and a crash
between the two sends it a second time once the claim has run out (at least once, never lost).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, Row, or_, select, update

from alerts.delivery.policy import DeliveryOutcome, Waiting
from alerts.inbox import alerts_by_id
from alerts.model import InboxAlert, NotificationKind
from alerts.tables import alert_messages
from shelfstream.sql import reading, writing

_AT_ONCE = 100
_NO_CHANNEL = "the channel is not in the settings any more"
_messages = alert_messages.c


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
            .order_by(_messages.written_at, _messages.telling.desc(), _messages.alert_id)
            .limit(_AT_ONCE)
        )
        with reading(self.engine) as connection:
            rows = connection.execute(query).all()
            ids = {row.alert_id for row in rows}
            found = {alert.alert_id: alert for alert in alerts_by_id(connection, ids)}
            ended = connection.execute(
                select(_messages.alert_id, _messages.outcome).where(
                    _messages.alert_id.in_(ids),
                    _messages.channel == channel,
                    _messages.telling == NotificationKind.RAISED.value,
                )
            )
            outcomes = {row.alert_id: row.outcome for row in ended}
        return [_waiting(row, found[row.alert_id], outcomes) for row in rows if row.alert_id in found]

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
        & (_messages.telling == waiting.telling.value)
        & (_messages.channel == waiting.channel)
    )


def _waiting(row: Row[tuple[object, ...]], alert: InboxAlert, outcomes: Mapping[str, str | None]) -> Waiting:
    fields = row._asdict()
    raised = outcomes.get(alert.alert_id)
    return Waiting(
        alert=alert,
        telling=NotificationKind(fields["telling"]),
        channel=fields["channel"],
        written_at=fields["written_at"],
        attempts=fields["attempts"],
        raised_outcome=None if raised is None else DeliveryOutcome(raised),
    )
