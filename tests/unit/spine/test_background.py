"""Threads beside a service: their death is the service's."""

import threading
import time

import pytest

from shelfstream.background import Background


def test_work_runs_until_the_context_is_left() -> None:
    """It is told to end, waited for, and nothing is raised."""
    seen: list[str] = []

    def work(ending: threading.Event) -> None:
        ending.wait()
        seen.append("ended")

    stop = threading.Event()
    with Background("side", work, stop):
        assert seen == []
    assert (seen, stop.is_set()) == (["ended"], False)


@pytest.mark.parametrize("early", [False, True])
def test_a_death_stops_the_service_and_is_raised_in_its_thread(early: bool) -> None:
    """Whether it fails or just returns: the service is told to stop, and the failure is its own."""

    def work(ending: threading.Event) -> None:
        if not early:
            raise KeyError("gone")

    stop = threading.Event()
    with pytest.raises(RuntimeError if early else KeyError), Background("side", work, stop):
        assert stop.wait(10)


def test_a_failure_of_the_service_itself_is_not_hidden() -> None:
    """What the body raises passes, though the thread beside it fails as well."""

    def work(ending: threading.Event) -> None:
        ending.wait()
        raise KeyError("late")

    with pytest.raises(ZeroDivisionError), Background("side", work, threading.Event()):
        raise ZeroDivisionError


def test_a_failure_while_ending_is_told() -> None:
    """Work that fails when it is told to end has failed all the same."""

    def work(ending: threading.Event) -> None:
        ending.wait()
        raise KeyError("late")

    with pytest.raises(KeyError), Background("side", work, threading.Event()):
        time.sleep(0)
