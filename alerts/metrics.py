"""What alerts tell Prometheus."""

from collections.abc import Iterable

from alerts.model import SlotWrite
from shelfstream.metrics import Counter, Gauge, Metrics

STEPS = Counter(
    "shelfstream_alerts_steps_total",
    "Steps of alerts, by the status that each led to",
    "Many raised and few cleared: look at the slots that are raised most, their plan or camera may be wrong",
    ("status",),
)
MESSAGES = Counter(
    "shelfstream_alerts_messages_total",
    "Messages to people by channel and how each try ended: sent, failed, dropped",
    "Failures that go on: the channel's service is away or its URL is wrong; the messages wait in the outbox",
    ("channel", "outcome"),
)
WAITING = Gauge(
    "shelfstream_alerts_waiting_messages",
    "Messages to a channel that are due and not sent yet, as this process sees them (a page at most)",
    "Above zero for longer than an aisle's messages are gathered: shelfstream_alerts_messages_total says if it fails",
    ("channel",),
)


def count_steps(metrics: Metrics, writes: Iterable[SlotWrite]) -> None:
    """Count the steps that the ledger has taken in."""
    for write in writes:
        for step in write.steps:
            metrics.count(STEPS, status=step.record.status.value)


def count_message(metrics: Metrics, channel: str, outcome: str) -> None:
    """Count how one try to send a message ended."""
    metrics.count(MESSAGES, channel=channel, outcome=outcome)


def tell_waiting(metrics: Metrics, channel: str, messages: int) -> None:
    """Say how many messages to a channel are due and not sent yet."""
    metrics.set(WAITING, messages, channel=channel)
