"""Programs that are told: what they get is signed, comes once by its id, and leads nowhere inside."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from standardwebhooks import Webhook, WebhookVerificationError

from alerts.delivery.bundles import Bundle
from alerts.delivery.channels import ChannelFailed
from alerts.delivery.text import OutgoingMessage, bundle_text
from alerts.delivery.webhook import WebhookChannel, addresses_of, message_id, open_webhooks
from alerts.inbox import open_alerts
from alerts.model import NotificationKind
from alerts.settings import AlertsSettings, WebhookSettings
from analytics.contract import SlotState
from shelfstream.clock import SystemClock
from shelfstream.service import StageContext
from tests.unit.alerts.alert_rig import close_parts, open_parts, running, send, settings_for, until
from tests.unit.alerts.alert_samples import event, waiting
from tests.unit.alerts.test_wording import ALERT, CATALOGUE

OLD, NEW = (
    "whsec_" + "b2xkIHNlY3JldCBvbGQgc2VjcmV0IG9sZCBzZWNyZXQ=",
    "whsec_" + "bmV3IHNlY3JldCBuZXcgc2VjcmV0IG5ldyBzZWNyZXQ=",
)


@dataclass
class Receiver:
    """A program that takes webhooks."""

    url: str = ""
    status: int = 204
    location: str = ""
    taken: list[tuple[dict[str, str], str]] = field(default_factory=list)

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.taken]


@contextmanager
def receiver() -> Iterator[Receiver]:
    held = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            held.taken.append((dict(self.headers.items()), body))
            self.send_response(held.status)
            if held.location:
                self.send_header("Location", held.location)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        held.url = f"http://127.0.0.1:{server.server_address[1]}/alerts?shop=1"
        yield held
        server.shutdown()


def settings(url: str, *secrets: str, private_hosts: bool = True) -> WebhookSettings:
    kept = tuple(SecretStr(each) for each in secrets or (NEW,))
    return WebhookSettings(url=SecretStr(url), secrets=kept, tags=("till",), private_hosts=private_hosts)


def channel(url: str, *secrets: str) -> WebhookChannel:
    (made,) = open_webhooks([settings(url, *secrets)], 5.0).values()
    return made


def post(through: WebhookChannel, telling: NotificationKind = NotificationKind.RAISED) -> None:
    bundle = Bundle("A3", (waiting(ALERT, telling),))
    outgoing = OutgoingMessage(bundle, bundle_text(bundle, CATALOGUE, "https://x"), ())
    through.send(outgoing, SystemClock().now())


@pytest.mark.parametrize("kept", [(NEW,), (NEW, OLD)])
def test_a_receiver_verifies_what_it_gets(kept: tuple[str, ...]) -> None:
    """With the standard's own library: by each secret while two are there, and by no other."""
    with receiver() as program:
        post(channel(program.url, *kept))
        ((headers, body),) = program.taken
    for secret in kept:
        told = Webhook(secret).verify(body, headers)
        assert (told["type"], told["data"]["alert_id"]) == ("alert.raised", ALERT.alert_id)
    for wrong in {OLD, NEW} - set(kept):
        with pytest.raises(WebhookVerificationError):
            Webhook(wrong).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(kept[0]).verify(body.replace("f00d", "beef"), headers)
    assert headers["webhook-id"] == message_id(waiting(ALERT))


def test_what_is_told_of_an_alert() -> None:
    """What, where, since when, and the words that people get."""
    with receiver() as program:
        post(channel(program.url))
        (told,) = program.bodies()
    assert told["data"]["slot"] == "a1"
    assert told["data"]["text"].startswith("Main Street, aisle 4, bay Milk")
    assert told["timestamp"] == ALERT.raised_at.isoformat()


@pytest.mark.parametrize("status", [301, 307, 400, 410, 500])
def test_what_is_not_taken_has_failed_and_leads_nowhere_else(status: int) -> None:
    """A redirection is not followed: it could lead anywhere. Nothing of the URL is told."""
    with receiver() as elsewhere, receiver() as program:
        program.status, program.location = status, elsewhere.url
        with pytest.raises(ChannelFailed, match=f"answered {status}") as failed:
            post(channel(program.url))
        assert (len(program.taken), elsewhere.taken) == (1, [])
    assert "127.0.0.1" not in str(failed.value)


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["10.1.2.3"], ["169.254.169.254"], ["::1"], ["fd00::1"], ["::ffff:192.168.0.1"], ["100.64.0.1"],
     ["93.184.216.34", "10.0.0.1"], []],
)  # fmt: skip
def test_a_name_that_leads_inside_is_refused(addresses: list[str]) -> None:
    """Whoever may write a URL reaches no server of the store's own network by it, unless that is allowed."""
    hook = replace(
        channel("https://hooks.example/x"),
        settings=settings("https://hooks.example/x", private_hosts=False),
        resolve=lambda _host, _port: addresses,
    )
    with pytest.raises(ChannelFailed, match=r"private network|no address"):
        post(hook)


def test_what_was_checked_is_what_is_asked() -> None:
    """The name is looked up once: a server that answers differently the second time leads nowhere."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return addresses_of("127.0.0.1", port)

    with receiver() as program:
        hook = replace(channel(program.url.replace("127.0.0.1", "shelves.invalid")), resolve=resolve)
        post(hook)
        ((headers, _),) = program.taken
    assert asked == ["shelves.invalid"]
    assert headers["Host"].startswith("shelves.invalid:")


def test_a_service_that_is_away_has_failed() -> None:
    """It is told by the kind of failure alone."""
    with pytest.raises(ChannelFailed, match="Error"):
        post(channel("http://127.0.0.1:9/x"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "ftp://x"),
        ("url", "https://user:pass@x/"),
        ("url", "hooks.example"),
        ("secrets", []),
        ("secrets", ["whsec_c2hvcnQ="]),
        ("secrets", ["whsec_!!"]),
    ],
)
def test_settings_that_are_wrong_are_faults(field: str, value: object) -> None:
    """At start, not with the first alert."""
    right = {"url": "https://hooks.example/x", "secrets": [NEW]}
    assert WebhookSettings.model_validate(right)
    with pytest.raises(ValidationError):
        WebhookSettings.model_validate({**right, field: value})


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[StageContext]:
    opened = open_parts(tmp_path)
    yield opened
    close_parts(opened)


def hooked(url: str, **delivery: Any) -> AlertsSettings:
    made = settings_for(**delivery)
    delivering = made.delivery.model_copy(update={"webhooks": (settings(url),)})
    return made.model_copy(update={"delivery": delivering})


def test_alerts_go_to_a_program_each_and_once_by_their_ids(parts: StageContext) -> None:
    """Also where people get one message for an aisle; refused ones come again under the same id, told by a new time."""
    with receiver() as program:
        program.status = 503
        with running(hooked(program.url, bundle_most=20, bundle_wait_s=600.0, tell_cleared=True), parts):
            send(parts, event(1, SlotState.OUT).message(), event(1, SlotState.OUT, slot="a2").message())
            until(lambda: len(program.taken) >= 2)
            program.status = 200
            until(lambda: all(each.sent_at is not None for each in open_alerts(parts.engine)))
            send(parts, event(2, SlotState.STOCKED).message())
            until(lambda: "alert.cleared" in {body["type"] for body in program.bodies()})
    found = {(headers["webhook-id"], json.loads(body)["type"]) for headers, body in program.taken}
    assert sorted(kind for _, kind in found) == ["alert.cleared", "alert.raised", "alert.raised"]
    for headers, body in program.taken:
        Webhook(NEW).verify(body, headers)
