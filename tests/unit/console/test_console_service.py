"""The service around the pages: its port, its end, and what it needs."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from fastapi import FastAPI

from console.__main__ import build
from console.service import ConsoleService
from console.settings import ConsoleSettings
from shelfstream.bus.embedded.bus import EmbeddedBus
from shelfstream.clock import SystemClock
from shelfstream.errors import Faults
from shelfstream.file_store import PictureStore
from shelfstream.metrics import Metrics
from shelfstream.service import StageContext
from shelfstream.sql import engine_of


@contextmanager
def _app() -> Iterator[FastAPI]:
    app = FastAPI()
    app.add_api_route("/who", lambda: {"who": "me"})
    yield app


def _wait(stop: threading.Event) -> None:
    stop.wait()


@contextmanager
def _running(service: ConsoleService) -> Iterator[str]:
    stop = threading.Event()
    thread = threading.Thread(target=service.run, args=(stop,))
    thread.start()
    try:
        yield service.url()
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def test_it_serves_in_any_thread_until_stopped() -> None:
    """Started outside the main thread, it answers, is ready, and ends when told to."""
    service = ConsoleService(ConsoleSettings(port=0), _app, {"beside": _wait})
    assert service.alive()
    assert not service.ready()
    with _running(service) as url:
        assert httpx.get(f"{url}/who").json() == {"who": "me"}
        assert service.ready()
    assert not service.ready()


def test_a_taken_port_leads_to_another_one() -> None:
    """Whatever sits on the port, the console opens on another and says where."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with _running(ConsoleService(ConsoleSettings(port=port), _app, {"beside": _wait})) as url:
            assert not url.endswith(f":{port}")
            assert httpx.get(f"{url}/who").json() == {"who": "me"}


def test_a_taken_port_stops_it_where_no_other_is_wanted() -> None:
    """Behind a proxy the port is fixed: then a taken one is a fault that names the setting."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        settings = ConsoleSettings(port=other.getsockname()[1], port_fallback=False)
        with pytest.raises(Faults, match=r"console\.port"):
            ConsoleService(settings, _app, {"beside": _wait}).run(threading.Event())


def test_a_follower_that_dies_ends_the_console() -> None:
    """Pages must not go on with a catalogue that nobody follows any more."""

    def dying(ending: threading.Event) -> None:
        raise KeyError("follower")

    with pytest.raises(KeyError, match="follower"):
        ConsoleService(ConsoleSettings(port=0), _app, {"beside": dying}).run(threading.Event())


def test_without_redis_it_says_what_is_missing() -> None:
    """A console that could show nothing does not start, and names the setting."""
    clock = SystemClock()
    bus = EmbeddedBus(None, clock)
    parts = StageContext(
        bus, clock, PictureStore("memory://console-test"), "test", None, engine_of("sqlite://"), Metrics()
    )
    with pytest.raises(Faults) as told:
        build(ConsoleSettings(), parts)
    assert {fault.where for fault in told.value.faults} == {"redis.url"}
    bus.close()
