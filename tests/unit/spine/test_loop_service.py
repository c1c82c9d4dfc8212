"""A loop as a service, on the embedded bus."""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import pytest

from shelfstream.background import Work
from shelfstream.bus.api import Message, Record
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.bus.loop import Loop
from shelfstream.bus.observer import LoopObserver
from shelfstream.bus.settings import LoopSettings
from shelfstream.bus.stage import Outcome, Received, Stage, Stateless
from shelfstream.bus.topics import EVENTS
from shelfstream.clock import SystemClock
from shelfstream.errors import StageStopped
from shelfstream.file_store import PictureStore
from shelfstream.metrics import Metrics
from shelfstream.service import LoopService, StageContext
from shelfstream.sql import engine_of
from tests.unit.spine.spine_fakes import page_of


class _Counting:
    """Counts records and raises when it meets the word that ends it."""

    def __init__(self) -> None:
        self.seen = threading.Semaphore(0)

    def decode(self, record: Record) -> bytes:
        return record.value or b""

    def handle(self, state: None, batch: Sequence[Received[bytes]], now: datetime) -> Outcome[None, object]:
        for received in batch:
            if received.item == b"end":
                raise StageStopped("told to end")
            self.seen.release()
        return Outcome(None)


@pytest.fixture
def parts() -> Iterator[StageContext]:
    """An embedded bus in memory and what goes with it."""
    bus = EmbeddedBus(None, SystemClock())
    yield StageContext(
        bus, SystemClock(), PictureStore("memory://loop-service"), "test", None, engine_of("sqlite://"), Metrics()
    )
    bus.close()


@pytest.fixture
def counting() -> _Counting:
    """The handler of the stage under test."""
    return _Counting()


def _service(parts: StageContext, counting: _Counting, *background: tuple[str, Work]) -> LoopService:
    def make_loop(watch: LoopObserver) -> Loop[None, bytes, object]:
        stage = Stage("counting", (EVENTS,), counting, None, Stateless())
        return Loop(stage, parts.bus, clock=parts.clock, settings=LoopSettings(tick_every_s=0.05), observer=watch)

    return LoopService("counting", make_loop, parts, reads=(EVENTS,), background=background)


def _until(true: Callable[[], bool]) -> None:
    wait = threading.Event()
    for _ in range(2000):
        if true():
            return
        wait.wait(0.01)
    raise AssertionError("it did not come about")


def _send(parts: StageContext, value: bytes) -> None:
    producer = parts.bus.producer()
    producer.send(Message(EVENTS, "mill-road/slot", value)).result(10)
    producer.close()


def test_lives_becomes_ready_counts_and_drains(parts: StageContext, counting: _Counting) -> None:
    """A service is alive from the start, ready once assigned, tells records and lag, and is not alive after its end."""
    service = _service(parts, counting)
    assert service.alive()
    assert not service.ready()
    stop = threading.Event()
    thread = threading.Thread(target=service.run, args=(stop,))
    thread.start()
    _until(service.ready)
    _send(parts, b"one")
    assert counting.seen.acquire(timeout=20)
    _until(lambda: parts.metrics.value("shelfstream_loop_records_total", stage="counting") == 1)
    _until(lambda: "shelfstream_loop_lag_records{" in page_of(parts.metrics))
    stop.set()
    thread.join(20)
    assert not thread.is_alive()
    assert not service.alive()
    assert not service.ready()


def test_raises_what_ends_the_loop(parts: StageContext, counting: _Counting) -> None:
    """A loop that stops on purpose ends its service with the same exception, and it is not alive any more."""
    service = _service(parts, counting)
    _send(parts, b"end")
    with pytest.raises(StageStopped, match="told to end"):
        service.run(threading.Event())
    assert not service.alive()


def test_a_thread_beside_the_loop_that_dies_ends_the_service(parts: StageContext, counting: _Counting) -> None:
    """Not ready for ever with half of itself gone: it stops, is no longer alive, and raises what killed the thread."""

    def dying(ending: threading.Event) -> None:
        raise OSError("the disk is gone")

    service, stop = _service(parts, counting, ("dying", dying)), threading.Event()
    with pytest.raises(OSError, match="the disk is gone"):
        service.run(stop)
    assert (stop.is_set(), service.alive()) == (True, False)


def test_a_lag_that_cannot_be_looked_up_for_an_unknown_reason_ends_the_service(
    parts: StageContext, counting: _Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that watches the lag is no exception."""

    def broken(self: object, group: str, topics: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("shelfstream.bus.embedded.bus.EmbeddedAdmin.lag", broken)
    with pytest.raises(ZeroDivisionError):
        _service(parts, counting).run(threading.Event())
