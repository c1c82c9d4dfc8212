"""What is to be done with a message that waits in the outbox."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.contract import AlertStatus
from alerts.model import InboxAlert, NotificationKind
from alerts.settings import DeliverySettings


class DeliveryOutcome(StrEnum):
    """How a message ended."""

    SENT = "sent"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that is due. ``step``: of its alert, which it tells of; ``told_before``: whether the same channel took
    a message about the alert; ``is_first``: whether no older one about it waits there; ``instead_of``: the channel that
    it stands in for.
    """

    alert: InboxAlert
    step: int
    telling: NotificationKind
    channel: str
    written_at: datetime
    attempts: int
    told_before: bool
    is_first: bool = True
    instead_of: str | None = None


def dropped_because(waiting: Waiting, now: datetime, settings: DeliverySettings) -> str:
    """Why a message is not to be sent any more; empty when it is."""
    cleared = waiting.telling is NotificationKind.CLEARED
    if not cleared and not waiting.alert.is_open:
        return "the alert was closed before anybody was told"
    if not cleared and waiting.alert.status is not AlertStatus.RAISED:
        return "somebody took the alert before this was sent"
    if waiting.telling is NotificationKind.ESCALATED and not waiting.is_first:
        return "the alert is told for the first time just now"
    if cleared and not waiting.told_before:
        return "nobody was told that it was raised"
    if now - waiting.written_at > timedelta(seconds=settings.give_up_after_s):
        return "too old to be news"
    return ""


def waits_for_picture(waiting: Waiting, now: datetime, settings: DeliverySettings) -> bool:
    """Whether a message without its picture may still wait for it; a retry never does."""
    young = now - waiting.written_at < timedelta(seconds=settings.picture_wait_s)
    has_pictures = waiting.telling is NotificationKind.RAISED or waiting.alert.cleared_event_id is not None
    return has_pictures and waiting.attempts == 0 and young


def falls_back(waiting: Waiting, now: datetime, settings: DeliverySettings) -> bool:
    """Whether others are to be told instead of a channel that does not take its message."""
    return now - waiting.written_at >= timedelta(seconds=settings.fall_back_after_s)


def next_try_at(attempts: int, now: datetime, settings: DeliverySettings) -> datetime:
    """When to try again after ``attempts`` failures: the wait doubles up to the longest one."""
    doublings = min(max(0, attempts - 1), 32)
    return now + timedelta(seconds=min(settings.retry_most_s, settings.retry_first_s * 2.0**doublings))
