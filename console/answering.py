"""Puts what staff answer on the bus, once per alert and kind however often it is tapped."""

from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import TimeoutError as FutureTimeout

from alerts.contract import AlertStatus
from alerts.model import InboxAlert
from shelfstream.answers import Answer, AnswerKind
from shelfstream.bus.api import Producer
from shelfstream.clock import Clock
from shelfstream.errors import Unavailable

_ON_THEIR_WAY_MAX = 1000
_ON_THEIR_WAY_S = 60.0


def answer_id_of(alert: InboxAlert, kind: AnswerKind) -> str:
    """The same answer to the same alert always has the same id, whoever taps it, however often.

    An alert that was taken and is open to others again can be taken anew.
    """
    comes_again = (AnswerKind.ACKNOWLEDGED, AnswerKind.HANDED_OVER)
    again = f"-{alert.step}" if kind in comes_again and alert.step > 1 else ""
    return f"{alert.alert_id}-{kind.value}{again}"


def answer_to(alert: InboxAlert, kind: AnswerKind, clock: Clock, by: str) -> Answer:
    """The answer as it goes on the bus."""
    return Answer(
        answer_id=answer_id_of(alert, kind)[:64],
        store=alert.store,
        slot=alert.slot,
        gtin=alert.gtin,
        alert_id=alert.alert_id,
        kind=kind,
        answered_at=clock.now(),
        by=by,
    )


def is_booked(alert: InboxAlert, kind: str) -> bool:
    """Whether the ledger shows an answer of this kind by now."""
    if kind == AnswerKind.ACKNOWLEDGED:
        return alert.status is not AlertStatus.RAISED
    if kind == AnswerKind.HANDED_OVER:
        return alert.status is not AlertStatus.ACKNOWLEDGED
    return alert.answer == kind or not alert.is_open


class Answering:
    """Sends answers and remembers for a minute which are on their way. Any thread may use it."""

    def __init__(self, producer: Producer, clock: Clock, *, within_s: float, by: str) -> None:
        self._producer = producer
        self._clock = clock
        self._within_s = within_s
        self._by = by
        self._sent: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def answer(self, alert: InboxAlert, kind: AnswerKind, by: str = "") -> Answer:
        """Send one answer and wait until the bus has it. Raises ``Unavailable``: then nothing may have been sent."""
        answer = answer_to(alert, kind, self._clock, by or self._by)
        try:
            self._producer.send(answer.message()).result(self._within_s)
        except FutureTimeout as exc:
            raise Unavailable("the bus did not take the answer in time; try again", retry_after_s=5) from exc
        self._sent[alert.alert_id] = (kind.value, self._clock.monotonic_s() + _ON_THEIR_WAY_S)
        while len(self._sent) > _ON_THEIR_WAY_MAX:
            self._sent.popitem(last=False)
        return answer

    def on_their_way(self, alerts: Iterable[InboxAlert]) -> dict[str, str]:
        """Answers that were sent and do not show in these alerts yet, by alert."""
        now_s = self._clock.monotonic_s()
        found = {}
        for alert in alerts:
            kind, until_s = self._sent.get(alert.alert_id, ("", 0.0))
            if kind and now_s < until_s and not is_booked(alert, kind):
                found[alert.alert_id] = kind
        return found
