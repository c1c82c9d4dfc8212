"""Channels to people, through apprise: the only module that imports it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apprise import Apprise, NotifyFormat, NotifyType
from apprise.attachment.memory import AttachMemory
from pydantic import SecretStr

from alerts.effects import Telling
from alerts.wording import Wording
from shelfstream.errors import Fault, Faults

_PICTURE_NAME = "shelf.jpg"


class ChannelFailed(Exception):
    """The service did not take the message; it stays in the outbox. Says nothing of the channel's secrets."""


@dataclass(frozen=True)
class Channel:
    """One service. ``name`` is safe to log: the service's kind and a short hash of its URL."""

    name: str
    _apprise: Apprise
    _send_within_s: float

    def send(self, wording: Wording, telling: Telling, picture: bytes | None) -> None:
        """Send one message now, with the picture where there is one. Raises ``ChannelFailed``."""
        attached = None
        if picture is not None:
            attached = AttachMemory(content=picture, name=_PICTURE_NAME, mimetype="image/jpeg")  # type: ignore[no-untyped-call]
        result = self._apprise.notify(
            body=wording.body,
            title=wording.title,
            notify_type=NotifyType.WARNING if telling is Telling.RAISED else NotifyType.SUCCESS,
            body_format=NotifyFormat.TEXT,
            attach=attached,
            timeout=self._send_within_s,
        )
        if not result:
            raise ChannelFailed(f"{self.name}: {result.status.name.lower()}")


def open_channels(urls: Sequence[SecretStr], send_within_s: float) -> Mapping[str, Channel]:
    """Channels by name; connects to nothing yet. Raises ``Faults`` for URLs that apprise does not know."""
    channels: dict[str, Channel] = {}
    faults = []
    for index, secret in enumerate(urls):
        url = secret.get_secret_value()
        service = Apprise()
        if not service.add(url):
            faults.append(Fault(f"channels[{index}]", "is no URL that apprise knows; see docs/alerts.md"))
            continue
        name = f"{url.partition(':')[0].lower()}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"
        channels[name] = Channel(name, service, send_within_s)
    if faults:
        raise Faults("settings of alerts.delivery", faults)
    return channels
