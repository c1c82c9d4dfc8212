"""What is to be done with a message that waits in the outbox."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.model import InboxAlert, NotificationKind
from alerts.settings import DeliverySettings


class DeliveryOutcome(StrEnum):
    """How a message ended."""

    SENT = "sent"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that is due. ``raised_outcome``: how the message of the raising ended on the same channel."""

    alert: InboxAlert
    telling: NotificationKind
    channel: str
    written_at: datetime
    attempts: int
    raised_outcome: DeliveryOutcome | None


def dropped_because(waiting: Waiting, now: datetime, settings: DeliverySettings) -> str:
    """Why a message is not to be sent any more; empty when it is."""
    if waiting.telling is NotificationKind.RAISED and not waiting.alert.is_open:
        return "the alert was closed before anybody was told"
    if waiting.telling is NotificationKind.CLEARED and waiting.raised_outcome is not DeliveryOutcome.SENT:
        return "nobody was told that it was raised"
    if now - waiting.written_at > timedelta(seconds=settings.give_up_after_s):
        return "too old to be news"
    return ""


def waits_for_picture(waiting: Waiting, now: datetime, settings: DeliverySettings) -> bool:
    """Whether a message without its picture may still wait for it; a retry never does."""
    young = now - waiting.written_at < timedelta(seconds=settings.picture_wait_s)
    return waiting.telling is NotificationKind.RAISED and waiting.attempts == 0 and young


def next_try_at(attempts: int, now: datetime, settings: DeliverySettings) -> datetime:
    """When to try again after ``attempts`` failures: the wait doubles up to the longest one."""
    doublings = min(max(0, attempts - 1), 32)
    return now + timedelta(seconds=min(settings.retry_most_s, settings.retry_first_s * 2.0**doublings))
