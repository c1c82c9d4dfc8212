"""The health server of one process."""

import json
import socket
import urllib.error
import urllib.request

import pytest

from shelfstream.errors import Faults
from shelfstream.health import HealthServer
from shelfstream.metrics import Counter, Metrics
from tests.unit.spine.spine_fakes import FakeService

_SEEN = Counter("shelfstream_test_seen_total", "Seen", "Nothing")


def _ask(server: HealthServer, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def test_alive_but_not_ready_until_built() -> None:
    """While a process still waits for its servers it must not be restarted, nor given work."""
    with HealthServer(Metrics(), "127.0.0.1", 0) as server:
        assert _ask(server, "/live")[0] == 200
        assert _ask(server, "/ready")[0] == 503
        server.watch([FakeService("a")])
        assert _ask(server, "/ready") == (200, json.dumps({"ok": True, "services": {"a": True}}))


def test_tells_which_service_is_not_well() -> None:
    """One service that hangs or is not ready yet turns the whole answer, which names it."""
    good, bad = FakeService("good"), FakeService("bad")
    with HealthServer(Metrics(), "127.0.0.1", 0) as server:
        server.watch([good, bad])
        bad.is_ready = False
        assert _ask(server, "/ready") == (503, json.dumps({"ok": False, "services": {"good": True, "bad": False}}))
        assert _ask(server, "/live")[0] == 200
        bad.is_alive = False
        assert _ask(server, "/live")[0] == 503


def test_serves_metrics() -> None:
    """Prometheus finds the process's metrics and whether its services are well."""
    metrics = Metrics()
    metrics.count(_SEEN, 5)
    with HealthServer(metrics, "127.0.0.1", 0) as server:
        server.watch([FakeService("a")])
        status, page = _ask(server, "/metrics")
    assert status == 200
    assert "shelfstream_test_seen_total 5.0" in page
    assert 'shelfstream_service_ready{service="a"} 1.0' in page


def test_other_paths_are_not_there() -> None:
    """Anything else is not found, and says what there is."""
    with HealthServer(Metrics(), "127.0.0.1", 0) as server:
        status, body = _ask(server, "/")
    assert status == 404
    assert "/metrics" in body


def test_a_taken_port_is_a_fault_or_gives_way() -> None:
    """In production a taken port is a fault that names the setting; a demo takes another."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Faults, match=r"process\.health_port"):
            HealthServer(Metrics(), "127.0.0.1", port)
        with HealthServer(Metrics(), "127.0.0.1", port, fall_back=True) as server:
            assert server.port != port
            assert _ask(server, "/live")[0] == 200
