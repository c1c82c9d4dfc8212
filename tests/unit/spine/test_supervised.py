"""The services of a one-process run end with it, however it comes to its end."""

import threading
from collections.abc import Iterator
from io import StringIO

import pytest
from rich.console import Console

from deploy.runtime.supervised import Supervised
from deploy.runtime.supervisor import Supervisor
from shelfstream.clock import SystemClock
from shelfstream.errors import StageStopped, Unavailable
from tests.unit.spine.spine_fakes import FakeService


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    """Set in the end, so that no service outlives a failing test."""
    event = threading.Event()
    yield event
    event.set()


def supervised(stop: threading.Event, *services: FakeService, drain_within_s: float = 20) -> Supervised:
    return Supervised(Supervisor(services, SystemClock(), drain_within_s=drain_within_s), stop)


@pytest.mark.parametrize("trouble", [Unavailable("the bus"), ValueError("a bug"), SystemExit(1)])
def test_trouble_in_the_main_thread_drains_the_services(stop: threading.Event, trouble: BaseException) -> None:
    """Whatever ends the watching, a closed pipe's SystemExit too, stops all services and goes on."""
    service = FakeService("a")

    def watched() -> None:
        with supervised(stop, service):
            assert service.started.wait(10)
            raise trouble

    with pytest.raises(type(trouble)):
        watched()
    assert service.drained.is_set()


@pytest.mark.parametrize(
    ("cause", "code", "told"),
    [
        (None, 0, ""),
        (StageStopped("over the budget"), 3, "bad failed: over the budget"),
        (RuntimeError("a bug"), 1, "bad failed: a bug"),
    ],
)
def test_the_exit_code_says_how_it_ended(
    stop: threading.Event, cause: BaseException | None, code: int, told: str
) -> None:
    """A clean end is 0 and silent; a failure stops the demo, is told, and gives the code that ``run`` gives."""
    terminal = Console(file=StringIO())
    with supervised(stop, FakeService("bad", fails=cause, ends=cause is None)) as running:
        assert stop.wait(10)
    assert running.exit_code(terminal) == code
    assert isinstance(terminal.file, StringIO)
    assert terminal.file.getvalue().strip() == told


def test_a_drain_that_takes_too_long_is_told(stop: threading.Event) -> None:
    """A service that does not end in time is named once, with an exit code of its own."""
    terminal = Console(file=StringIO())
    hanging = FakeService("slow", hangs=True)
    with supervised(stop, hanging, drain_within_s=0.1) as running:
        assert hanging.started.wait(10)
    assert running.exit_code(terminal) == 4
    hanging.released.set()
    assert isinstance(terminal.file, StringIO)
    assert terminal.file.getvalue().count("did not end in time") == 1
