"""Channels to people, through apprise: the only module that imports it."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apprise import Apprise, NotifyBase, NotifyFormat, NotifyType
from apprise.attachment.memory import AttachMemory
from apprise.plugins import url_to_dict
from apprise.utils.parse import parse_urls
from pydantic import SecretStr

from alerts.delivery.text import MessageText, OutgoingMessage
from alerts.model import NotificationKind
from shelfstream.errors import Fault, Faults
from shelfstream.identifiers import check_slug

PICTURES_MOST = 10
"""Pictures that go with one message, at most: what services take."""
_TAGS = re.compile(r"\s*([^:/=]+)=(?=\s*[\w+-]+:)")


class ChannelFailed(Exception):
    """The service did not take the message; it stays in the outbox. Says nothing of the channel's secrets."""


class Channel(Protocol):
    """Where messages go. ``name`` is safe to log; ``tags`` are what stores' routes call it; ``bundles``: whether the
    alerts of an aisle come as one message.
    """

    @property
    def name(self) -> str: ...

    @property
    def tags(self) -> frozenset[str]: ...

    @property
    def bundles(self) -> bool: ...

    def send(self, outgoing: OutgoingMessage, now: datetime) -> None:
        """Send one message now. Raises ``ChannelFailed``."""
        ...


@dataclass(frozen=True)
class AppriseChannel:
    """One person or group at one service. ``name`` is safe to log: the service's kind and a short hash of its URL;
    ``tags`` are what stores' routes call it.
    """

    name: str
    tags: frozenset[str]
    _apprise: Apprise
    _send_within_s: float
    bundles = True

    def send(self, outgoing: OutgoingMessage, now: datetime) -> None:  # noqa: ARG002 - services put their own time to it
        """Send one message now, with the pictures that there are. Raises ``ChannelFailed``."""
        good = outgoing.bundle.first.telling is NotificationKind.CLEARED
        self.notify(outgoing.wording, outgoing.pictures, good=good)

    def notify(self, wording: MessageText, pictures: Sequence[bytes] = (), *, good: bool) -> None:
        """Send words now, as good or as bad news. Raises ``ChannelFailed``."""
        attached = [
            AttachMemory(content=picture, name=_picture_name(number), mimetype="image/jpeg")  # type: ignore[no-untyped-call]
            for number, picture in enumerate(pictures, 1)
        ]
        result = self._apprise.notify(
            body=wording.body,
            title=wording.title,
            notify_type=NotifyType.SUCCESS if good else NotifyType.WARNING,
            body_format=NotifyFormat.TEXT,
            attach=attached or None,
            timeout=self._send_within_s,
        )
        if not result:
            raise ChannelFailed(f"{self.name}: {result.status.name.lower()}")


def _picture_name(number: int) -> str:
    return "shelf.jpg" if number == 1 else f"shelf-{number}.jpg"


def open_channels(urls: Sequence[SecretStr], send_within_s: float) -> Mapping[str, AppriseChannel]:
    """Channels by name, one for each person or group that a URL names; connects to nothing yet.

    So a message that some of them did not get is sent again to those alone. Raises ``Faults`` for URLs that apprise
    does not know and for tags that are none.
    """
    services: dict[str, Apprise] = {}
    tags: dict[str, frozenset[str]] = {}
    faults = []
    for index, secret in enumerate(urls):
        named, written = _tagged(secret.get_secret_value())
        faults += [Fault(f"channels[{index}]", fault) for fault in _tag_faults(named)]
        for url in _urls(written):
            found = _services(url)
            if not found:
                faults.append(Fault(f"channels[{index}]", "is no URL that apprise knows; see docs/alerts.md"))
            services |= found
            tags |= {name: tags.get(name, frozenset()) | named for name in found}
    if faults:
        raise Faults("settings of alerts.delivery", faults)
    return {name: AppriseChannel(name, tags[name], service, send_within_s) for name, service in services.items()}


def _tagged(written: str) -> tuple[frozenset[str], str]:
    """Tags and the rest of an entry, as apprise's own files write them: ``dairy,late=mailtos://…``."""
    found = _TAGS.match(written)
    if found is None:
        return frozenset(), written
    return frozenset(tag.strip() for tag in found[1].split(",")), written[found.end() :]


def _tag_faults(tags: frozenset[str]) -> list[str]:
    """What is wrong with tags. What is no tag is not repeated: it may be a secret."""
    try:
        for tag in tags:
            check_slug(tag)
    except ValueError:
        return ["begins with a tag that is none: lower-case letters, digits, '-', '_' and '.', such as dairy,late=…"]
    return []


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
        return {channel_name(url): _service(whole)}
    return {channel_name(f"{url}\n{target}"): _service(part) for target, part in parts.items()}


def _service(plugin: NotifyBase) -> Apprise:
    service = Apprise()
    service.add(plugin)
    return service


def channel_name(told: str) -> str:
    """A name for what a secret leads to: its kind and a short hash, the same at every start."""
    return f"{told.partition(':')[0].lower()}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"
