"""Waves on a bus whose queue is small."""

from concurrent.futures import Future
from datetime import UTC, datetime

import pytest

from shelfstream.bus.api import Appended, Message, Partition
from shelfstream.bus.dead_letters import REASON, WITHOUT_VALUE
from shelfstream.bus.delivery import RetryPolicy, Sender
from shelfstream.bus.observer import NullObserver
from shelfstream.bus.settings import LoopSettings
from shelfstream.clock import ManualClock
from shelfstream.errors import InvalidMessage, StageStopped, Unavailable


class NarrowProducer:
    """Takes ``room`` messages; a flush makes them durable and has room for as many again."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._queued: list[tuple[Message, Future[Appended]]] = []
        self.standing: list[str] = []

    def send(self, message: Message) -> Future[Appended]:
        """Queue a message, if there is room."""
        if len(self._queued) >= self._room:
            raise Unavailable("the queue is full", retry_after_s=0.2)
        self._queued.append((message, Future()))
        return self._queued[-1][1]

    def flush(self, timeout_s: float) -> None:
        """Acknowledge what is queued."""
        for message, future in self._queued:
            self.standing.append(message.key)
            future.set_result(Appended(Partition(message.topic, 0), len(self.standing)))
        self._queued.clear()

    def close(self, timeout_s: float = 10.0) -> None:
        """Nothing is held."""


def sender(producer: NarrowProducer) -> Sender:
    clock = ManualClock(datetime(2026, 3, 1, tzinfo=UTC))
    settings = LoopSettings(give_up_after_s=5)
    retries = RetryPolicy(clock, settings, clock.sleep, NullObserver())
    return Sender(producer, settings, retries, NullObserver())


def send(producer: NarrowProducer, count: int) -> None:
    sender(producer).send([[Message("out", str(number), b"") for number in range(count)]])


def test_a_wave_larger_than_the_queue_is_sent_once_and_in_order() -> None:
    """When the queue is full in the middle of a wave, what is in it makes room; nothing is sent twice."""
    producer = NarrowProducer(room=3)
    send(producer, 10)
    assert producer.standing == [str(number) for number in range(10)]


class RefusingProducer(NarrowProducer):
    """A broker that refuses values beyond ten bytes."""

    def flush(self, timeout_s: float) -> None:
        """Acknowledge what is small enough."""
        for message, future in self._queued:
            if len(message.value or b"") > 10:
                future.set_exception(InvalidMessage("too large for the broker"))
        self._queued = [(message, future) for message, future in self._queued if not future.done()]
        self.values = [*getattr(self, "values", []), *(message for message, _ in self._queued)]
        super().flush(timeout_s)


def test_a_dead_letter_that_the_bus_refuses_goes_without_its_value() -> None:
    """Or a stage could never bury a frame where the dead letters' topic takes less: headers and reason still arrive."""
    producer = RefusingProducer(room=9)
    letters = [
        Message("in.dead", "a", b"small", ((REASON, b"bad"),)),
        Message("in.dead", "b", b"far too large", ((REASON, b"worse"), ("theirs", b"x"))),
    ]
    sender(producer).bury(letters)
    told = {message.key: (message.value, dict(message.headers)) for message in producer.values}
    assert told == {
        "a": (b"small", {REASON: b"bad"}),
        "b": (b"", {REASON: b"worse", WITHOUT_VALUE: b"too large for the broker"}),
    }


def test_a_bus_that_takes_nothing_is_not_insisted_on_for_ever() -> None:
    """A queue that has no room at all is a bus that is away: patience ends with a sentence."""
    with pytest.raises(StageStopped, match="the queue is full"):
        send(NarrowProducer(room=0), 1)
