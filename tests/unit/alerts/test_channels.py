"""Who gets a message when some of a channel's recipients do not: each once, whatever the form they were written in."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr

from alerts.delivery.channels import open_channels
from analytics.contract import SlotState
from shelfstream.service import StageContext
from tests.unit.alerts.alert_rig import close_parts, open_parts, running, send, settings_for, until
from tests.unit.alerts.alert_samples import event


@dataclass
class Topics:
    """A service like ntfy that counts what each topic got, and refuses those of ``closed``."""

    port: int = 0
    closed: set[str] = field(default_factory=set)
    taken: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


@contextmanager
def topics() -> Iterator[Topics]:
    held = Topics()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            topic = self.path.strip("/") or json.loads(body).get("topic", "?")
            refused = topic in held.closed
            (held.refused if refused else held.taken)[topic] += 1
            self.send_response(403 if refused else 200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        held.port = server.server_address[1]
        yield held
        server.shutdown()


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[StageContext]:
    opened = open_parts(tmp_path)
    yield opened
    close_parts(opened)


@pytest.mark.parametrize(
    "written",
    [
        ["json://127.0.0.1:{port}/open json://127.0.0.1:{port}/shut"],
        ["json://127.0.0.1:{port}/open", "json://127.0.0.1:{port}/shut"],
        # Apprise lets some seconds pass between two messages to this service.
        pytest.param(["ntfy://127.0.0.1:{port}/open/shut"], marks=pytest.mark.slow),
        pytest.param(["ntfy://127.0.0.1:{port}/?to=open,shut"], marks=pytest.mark.slow),
        pytest.param(["ntfy://127.0.0.1:{port}/open, ntfy://127.0.0.1:{port}/shut"], marks=pytest.mark.slow),
    ],
)
def test_a_recipient_that_fails_costs_the_others_no_copy(parts: StageContext, written: list[str]) -> None:
    """One of two is refused again and again; the other one has the message once. Let in, the first has it once, too."""
    with topics() as service:
        service.closed = {"shut"}
        with running(settings_for(*(each.format(port=service.port) for each in written)), parts):
            send(parts, event(1, SlotState.STOCKED).message(), event(2, SlotState.OUT).message())
            until(lambda: service.refused["shut"] >= 2)
            assert dict(service.taken) == {"open": 1}
            service.closed = set()
            until(lambda: service.taken["shut"] == 1)
    assert dict(service.taken) == {"open": 1, "shut": 1}


@pytest.mark.parametrize(
    ("url", "count"),
    [
        ("mailto://me:pass@example.com?to=a@example.com,b@example.com", 2),
        ("tgram://123456789:abcdefg_hijklmnop/111/222", 2),
        ("signal://localhost:8080/+15551234567/+15557654321/+15557654322", 2),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general/@bob", 2),
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", 1),
        ("json://localhost/path", 1),
    ],
)
def test_every_recipient_is_a_channel_of_its_own(url: str, count: int) -> None:
    """By names that are the same at every start and hold nothing of the URL."""
    channels = open_channels([SecretStr(url)], 5.0)
    assert len(channels) == count
    assert list(open_channels([SecretStr(url)], 5.0)) == list(channels)
    kind = url.partition(":")[0]
    assert all(name.removeprefix(f"{kind}-").isalnum() and len(name) == len(kind) + 9 for name in channels)
