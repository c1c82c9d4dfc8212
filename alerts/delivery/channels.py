"""Channels to people, through apprise: the only module that imports it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apprise import Apprise, NotifyBase, NotifyFormat, NotifyType
from apprise.attachment.memory import AttachMemory
from apprise.plugins import url_to_dict
from apprise.utils.parse import parse_urls
from pydantic import SecretStr

from alerts.delivery.text import MessageText
from alerts.model import NotificationKind
from shelfstream.errors import Fault, Faults

_PICTURE_NAME = "shelf.jpg"


class ChannelFailed(Exception):
    """The service did not take the message; it stays in the outbox. Says nothing of the channel's secrets."""


@dataclass(frozen=True)
class Channel:
    """One person or group at one service. ``name`` is safe to log: the service's kind and a short hash of its URL."""

    name: str
    _apprise: Apprise
    _send_within_s: float

    def send(self, wording: MessageText, telling: NotificationKind, picture: bytes | None) -> None:
        """Send one message now, with the picture where there is one. Raises ``ChannelFailed``."""
        attached = None
        if picture is not None:
            attached = AttachMemory(content=picture, name=_PICTURE_NAME, mimetype="image/jpeg")  # type: ignore[no-untyped-call]
        result = self._apprise.notify(
            body=wording.body,
            title=wording.title,
            notify_type=NotifyType.WARNING if telling is NotificationKind.RAISED else NotifyType.SUCCESS,
            body_format=NotifyFormat.TEXT,
            attach=attached,
            timeout=self._send_within_s,
        )
        if not result:
            raise ChannelFailed(f"{self.name}: {result.status.name.lower()}")


def open_channels(urls: Sequence[SecretStr], send_within_s: float) -> Mapping[str, Channel]:
    """Channels by name, one for each person or group that a URL names; connects to nothing yet.

    So a message that some of them did not get is sent again to those alone. Raises ``Faults`` for URLs that apprise
    does not know.
    """
    channels: dict[str, Channel] = {}
    faults = []
    for index, secret in enumerate(urls):
        for url in _urls(secret.get_secret_value()):
            found = _services(url)
            if not found:
                faults.append(Fault(f"channels[{index}]", "is no URL that apprise knows; see docs/alerts.md"))
            channels |= {name: Channel(name, service, send_within_s) for name, service in found.items()}
    if faults:
        raise Faults("settings of alerts.delivery", faults)
    return channels


def _urls(written: str) -> list[str]:
    """The URLs of one entry, which may hold several."""
    return list(parse_urls(written)) or [written]  # type: ignore[no-untyped-call]


def _services(url: str) -> dict[str, Apprise]:
    """A service for each target of one URL, by name; nothing for a URL that apprise does not know."""
    parsed = url_to_dict(url, secure_logging=True)  # type: ignore[no-untyped-call]
    whole = Apprise.instantiate(parsed) if parsed else None
    if whole is None:
        return {}
    targets = [part for each in parsed.get("targets") or () for part in each.split(",") if part.strip()]
    made = {target: Apprise.instantiate({**parsed, "targets": [target]}) for target in targets}
    parts = {target: part for target, part in made.items() if part is not None and len(part) == 1}
    # Some kinds take all of their targets in one request, which succeeds or fails as one: these stay whole.
    if len(parts) < 2 or not len(parts) == len(made) == len(whole):
        return {_name(url): _service(whole)}
    return {_name(f"{url}\n{target}"): _service(part) for target, part in parts.items()}


def _service(plugin: NotifyBase) -> Apprise:
    service = Apprise()
    service.add(plugin)
    return service


def _name(told: str) -> str:
    return f"{told.partition(':')[0].lower()}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"
