"""What waits to be published while the bus is slow or away."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest

from ingest.camera_manager import in_thread
from ingest.camera_state import Counts
from ingest.publisher import Publisher
from shelfstream.bus.api import Message
from shelfstream.bus.topics import FRAMES
from shelfstream.clock import SystemClock
from shelfstream.errors import InvalidMessage, Unavailable
from tests.unit.ingest.slow_bus import SlowProducer


@pytest.fixture
def producer() -> SlowProducer:
    return SlowProducer()


@pytest.fixture
def outbox(producer: SlowProducer) -> Iterator[Publisher]:
    made = Publisher(producer, SystemClock())
    running = in_thread("outbox", made.run)
    yield made
    made.close()
    running.exception(5)


def _until(true: Callable[[], bool]) -> None:
    until_s = time.monotonic() + 5
    while not true():
        assert time.monotonic() < until_s, "it never came true"
        time.sleep(0.005)


def _frame(number: int, camera: str = "left") -> Message:
    return Message(FRAMES, f"main/{camera}", b"%d" % number)


def _values(producer: SlowProducer) -> list[bytes | None]:
    return [message.value for message in producer.sent]


def test_the_newest_frame_waits_and_the_others_are_counted(producer: SlowProducer, outbox: Publisher) -> None:
    """While one frame is under way, of all that come only the newest is sent after it."""
    outbox.offer(_frame(0))
    _until(lambda: len(producer.sent) == 1)
    for number in range(1, 6):
        outbox.offer(_frame(number))
    producer.acknowledge()
    _until(lambda: len(producer.sent) == 2)
    producer.acknowledge()
    assert outbox.drain(5)
    assert _values(producer) == [b"0", b"5"]
    assert outbox.counts(FRAMES, "main/left") == Counts(published=2, dropped=4)


def test_a_slow_camera_does_not_hold_up_another(producer: SlowProducer, outbox: Publisher) -> None:
    """Each camera has its own frame under way."""
    outbox.offer(_frame(0))
    outbox.offer(_frame(0, "right"))
    _until(lambda: len(producer.sent) == 2)


def test_an_absent_bus_costs_nothing_but_frames_in_between(producer: SlowProducer, outbox: Publisher) -> None:
    """While the bus is away the newest frame per camera is kept, and sent when it is back."""
    producer.away = True
    for number in range(4):
        outbox.offer(_frame(number))
        outbox.offer(_frame(number + 10, "right"))
    producer.away = False
    _until(lambda: len(producer.sent) == 2)
    producer.acknowledge()
    assert outbox.drain(5)
    assert sorted(value for value in _values(producer) if value) == [b"13", b"3"]
    assert outbox.counts(FRAMES, "main/left") == Counts(published=1, dropped=3)


def test_a_send_that_failed_is_repeated_unless_a_newer_frame_waits(producer: SlowProducer, outbox: Publisher) -> None:
    """A lost acknowledgement means: the same frame again, or the newer one in its place."""
    outbox.offer(_frame(0))
    _until(lambda: len(producer.sent) == 1)
    producer.fail(Unavailable("lost", retry_after_s=0.01))
    _until(lambda: len(producer.sent) == 2)
    outbox.offer(_frame(1))
    producer.fail(Unavailable("lost", retry_after_s=0.01))
    _until(lambda: len(producer.sent) == 3)
    producer.acknowledge()
    assert outbox.drain(5)
    assert _values(producer) == [b"0", b"0", b"1"]
    assert outbox.counts(FRAMES, "main/left") == Counts(published=1, dropped=1)


def test_a_refused_frame_is_dropped_and_the_next_one_goes(producer: SlowProducer, outbox: Publisher) -> None:
    """A message that the bus will never take is counted and forgotten."""
    producer.refusal = InvalidMessage("too large")
    outbox.offer(_frame(0))
    _until(lambda: outbox.counts(FRAMES, "main/left").dropped == 1)
    producer.refusal = None
    outbox.offer(_frame(1))
    _until(lambda: len(producer.sent) == 1)


def test_a_patient_source_can_wait_for_its_frame(producer: SlowProducer, outbox: Publisher) -> None:
    """``wait_until_sent`` tells whether a camera's frame is through, so that a file loses none."""
    outbox.offer(_frame(0))
    assert not outbox.wait_until_sent(FRAMES, "main/left", 0.05)
    _until(lambda: len(producer.sent) == 1)
    producer.acknowledge()
    assert outbox.wait_until_sent(FRAMES, "main/left", 5)


def test_a_bug_in_sending_ends_the_outbox(producer: SlowProducer) -> None:
    """What is neither absence nor a bad message is raised, not hidden."""
    made = Publisher(producer, SystemClock())
    running: Future[None] = in_thread("outbox", made.run)
    made.offer(_frame(0))
    _until(lambda: len(producer.sent) == 1)
    producer.fail(ZeroDivisionError("a bug"))
    assert isinstance(running.exception(5), ZeroDivisionError)
