"""The supervisor of one process."""

import threading

import pytest

from deploy.runtime.supervisor import DrainOverdue, ServiceFailed, Supervisor
from shelfstream.clock import SystemClock
from shelfstream.errors import StageStopped
from tests.unit.spine.spine_fakes import FakeService


def _supervisor(*services: FakeService, drain_within_s: float = 20) -> Supervisor:
    return Supervisor(services, SystemClock(), drain_within_s=drain_within_s)


def test_a_stop_drains_all() -> None:
    """When asked to stop, every service ends its work before the supervisor returns."""
    services = FakeService("a"), FakeService("b")
    stop = threading.Event()
    thread = threading.Thread(target=_supervisor(*services).run, args=(stop,))
    thread.start()
    assert all(service.started.wait(10) for service in services)
    stop.set()
    thread.join(20)
    assert not thread.is_alive()
    assert all(service.drained.is_set() for service in services)


@pytest.mark.parametrize("cause", [StageStopped("over the budget"), RuntimeError("a bug"), SystemExit(3)])
def test_the_first_failure_stops_all(cause: BaseException) -> None:
    """One service's failure, of whatever kind, drains the others and is what the supervisor raises."""
    good = FakeService("good")
    with pytest.raises(ServiceFailed, match="bad") as caught:
        _supervisor(good, FakeService("bad", fails=cause)).run(threading.Event())
    assert caught.value.__cause__ is cause
    assert good.drained.is_set()


def test_ends_when_all_have_ended() -> None:
    """Services that come to an end by themselves, such as a video's, end the run in good order."""
    services, stop = (FakeService("a", ends=True), FakeService("b", ends=True)), threading.Event()
    _supervisor(*services).run(stop)
    assert all(service.started.is_set() for service in services)
    assert stop.is_set()


def test_one_that_ends_does_not_stop_the_others() -> None:
    """A source that comes to its end leaves the other services running."""
    stop = threading.Event()
    other = FakeService("b")
    first = FakeService("a", ends=True)
    thread = threading.Thread(target=_supervisor(first, other).run, args=(stop,))
    thread.start()
    assert first.started.wait(10)
    assert other.started.wait(10)
    assert not stop.is_set()
    stop.set()
    thread.join(20)
    assert other.drained.is_set()


def test_a_drain_has_an_end() -> None:
    """A service that ignores the stop is named and given up after the allowed time."""
    hanging = FakeService("stuck", hangs=True)
    stop = threading.Event()
    stop.set()
    with pytest.raises(DrainOverdue, match="stuck"):
        _supervisor(hanging, FakeService("good"), drain_within_s=0.1).run(stop)
    hanging.released.set()
