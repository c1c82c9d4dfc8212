"""Waves on a bus whose queue is small."""

from concurrent.futures import Future
from datetime import UTC, datetime

import pytest

from shelfstream.bus.loop_settings import LoopSettings
from shelfstream.bus.records import Appended, Message, Partition
from shelfstream.bus.sending import Patience, Sender
from shelfstream.bus.watch import Unwatched
from shelfstream.clock import ManualClock
from shelfstream.errors import StageStopped, Unavailable


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


def send(producer: NarrowProducer, count: int) -> None:
    clock = ManualClock(datetime(2026, 3, 1, tzinfo=UTC))
    settings = LoopSettings(give_up_after_s=5)
    patience = Patience(clock, settings, clock.sleep, Unwatched())
    wave = [Message("out", str(number), b"") for number in range(count)]
    Sender(producer, settings, patience, Unwatched()).send([wave])


def test_a_wave_larger_than_the_queue_is_sent_once_and_in_order() -> None:
    """When the queue is full in the middle of a wave, what is in it makes room; nothing is sent twice."""
    producer = NarrowProducer(room=3)
    send(producer, 10)
    assert producer.standing == [str(number) for number in range(10)]


def test_a_bus_that_takes_nothing_is_not_insisted_on_for_ever() -> None:
    """A queue that has no room at all is a bus that is away: patience ends with a sentence."""
    with pytest.raises(StageStopped, match="the queue is full"):
        send(NarrowProducer(room=0), 1)
