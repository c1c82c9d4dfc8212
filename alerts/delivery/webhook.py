"""Alerts to programs: signed as Standard Webhooks describe (standardwebhooks.com), an alert's step each.

A receiver that keeps each ``webhook-id`` takes no message twice; one that checks ``webhook-timestamp`` takes none that
somebody has recorded and sends again.
"""

import ipaddress
import json
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import SplitResult, urlsplit

import urllib3
from standardwebhooks import Webhook

from alerts.delivery.channels import ChannelFailed, channel_name
from alerts.delivery.policy import Waiting
from alerts.delivery.text import OutgoingMessage
from alerts.settings import WebhookSettings

_TAKEN = range(200, 300)


Resolve = Callable[[str, int], list[str]]


def addresses_of(host: str, port: int) -> list[str]:
    """The addresses of a host. Raises ``OSError``."""
    return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


@dataclass(frozen=True)
class WebhookChannel:
    """A program that is told. ``name`` is safe to log."""

    name: str
    tags: frozenset[str]
    settings: WebhookSettings
    send_within_s: float
    resolve: Resolve = addresses_of
    bundles = False

    def send(self, outgoing: OutgoingMessage, now: datetime) -> None:
        """Post one message now. Raises ``ChannelFailed``; what the other side answers is not repeated."""
        parts = urlsplit(self.settings.url.get_secret_value())
        body = json.dumps(_payload(outgoing), separators=(",", ":"), ensure_ascii=False)
        headers = self._signed(message_id(outgoing.bundle.first), now, body)
        try:
            status = self._posted(parts, body.encode(), headers)
        except (OSError, urllib3.exceptions.HTTPError) as exc:
            raise ChannelFailed(f"{self.name}: {type(exc).__name__}") from exc
        if status not in _TAKEN:
            raise ChannelFailed(f"{self.name}: answered {status}")

    def _signed(self, identifier: str, now: datetime, body: str) -> dict[str, str]:
        signatures = [Webhook(each.get_secret_value()).sign(identifier, now, body) for each in self.settings.secrets]
        return {
            "Content-Type": "application/json",
            "webhook-id": identifier,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }

    def _posted(self, parts: SplitResult, body: bytes, headers: dict[str, str]) -> int:
        """Post to the address that was checked: a name that leads elsewhere a moment later leads nowhere."""
        host, encrypted = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if encrypted else 80)
        address = self._allowed(self.resolve(host, port))
        timeout = urllib3.Timeout(total=self.send_within_s)
        pool: urllib3.HTTPConnectionPool
        if encrypted:
            pool = urllib3.HTTPSConnectionPool(
                address, port, server_hostname=host, assert_hostname=host, timeout=timeout
            )
        else:
            pool = urllib3.HTTPConnectionPool(address, port, timeout=timeout)
        path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        with pool:
            sent = {**headers, "Host": parts.netloc}
            answer = pool.urlopen("POST", path, body, sent, retries=False, redirect=False, preload_content=False)
            answer.close()
            return answer.status

    def _allowed(self, addresses: Sequence[str]) -> str:
        """The first address, if none of them is one that nobody else could mean. Raises ``ChannelFailed``."""
        if not self.settings.private_hosts and not all(_is_public(each) for each in addresses):
            raise ChannelFailed(f"{self.name}: leads into a private network; private_hosts allows that")
        if not addresses:
            raise ChannelFailed(f"{self.name}: has no address")
        return addresses[0]


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address)
    return (getattr(found, "ipv4_mapped", None) or found).is_global


def open_webhooks(settings: Sequence[WebhookSettings], send_within_s: float) -> dict[str, WebhookChannel]:
    """Webhooks by name; connects to nothing yet."""
    named = [(channel_name(each.url.get_secret_value()), each) for each in settings]
    return {name: WebhookChannel(name, frozenset(each.tags), each, send_within_s) for name, each in named}


def message_id(waiting: Waiting) -> str:
    """The same message always has the same id, however often it is sent."""
    return f"{waiting.alert.alert_id}.{waiting.step}"


def _payload(outgoing: OutgoingMessage) -> dict[str, object]:
    """What happened, when, and what of."""
    waiting, wording = outgoing.bundle.first, outgoing.wording
    alert = waiting.alert
    return {
        "type": f"alert.{waiting.telling.value}",
        "timestamp": waiting.written_at.isoformat(),
        "data": {
            "alert_id": alert.alert_id,
            "store": alert.store,
            "bay": alert.bay,
            "slot": alert.slot,
            "gtin": alert.gtin,
            "state": alert.state.value,
            "status": alert.status.value,
            "raised_at": alert.raised_at.isoformat(),
            "onset": [alert.onset_earliest.isoformat(), alert.onset_latest.isoformat()],
            "level": alert.level,
            "cleared_at": None if alert.cleared_at is None else alert.cleared_at.isoformat(),
            "cleared_why": alert.cleared_why,
            "title": wording.title,
            "text": wording.body,
        },
    }
