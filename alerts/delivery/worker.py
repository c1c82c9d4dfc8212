"""Carries messages from the outbox to people, one thread per channel.

Nothing that happens here holds up the ledger, and a channel that hangs holds up no other one.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from alerts.delivery.bundles import Bundle, BundleKey, bundled, is_due
from alerts.delivery.channels import PICTURES_MOST, Channel, ChannelFailed
from alerts.delivery.log_progress import Offsets, Progress, reached
from alerts.delivery.outbox import Outbox
from alerts.delivery.policy import (
    DeliveryOutcome,
    Waiting,
    dropped_because,
    falls_back,
    next_try_at,
    waits_for_picture,
)
from alerts.delivery.text import OutgoingMessage, bundle_text
from alerts.links import AnswerLinks
from alerts.metrics import count_message, tell_waiting
from alerts.model import NotificationKind
from alerts.routes import Routes
from alerts.settings import DeliverySettings
from analytics.contract import evidence_id
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.clock import Clock
from shelfstream.errors import Unavailable
from shelfstream.file_store import PictureStore
from shelfstream.metrics import Metrics

_log = structlog.get_logger(__name__)
_Key = tuple[str, int]


class ReadsProgress(Protocol):
    """What the worker asks of a ``Horizon``."""

    def read(self) -> Progress: ...

    def of_store(self, store: str, offsets: Offsets) -> Offsets: ...


@dataclass(frozen=True)
class DeliveryContext:
    """What every worker carries with it. ``catalogue`` gives the catalogue as it is now.

    Without ``links`` messages lead to the inbox.
    """

    outbox: Outbox
    routes: Routes
    catalogue: Callable[[], Catalogue]
    pictures: PictureStore
    clock: Clock
    metrics: Metrics
    links: AnswerLinks | None = None


class DeliveryWorker:
    """Looks through the outbox again and again for one channel. Messages go one after another, an aisle's as one."""

    def __init__(
        self, context: DeliveryContext, channel: Channel, log_progress: ReadsProgress, settings: DeliverySettings
    ) -> None:
        self._context = context
        self._channel = channel
        self._log_progress = log_progress
        self._settings = settings
        self._most = settings.bundle_most if channel.bundles else 1
        self._wanted: dict[_Key, Offsets] = {}
        # Of each aisle; a process that has just begun knows of none, and sends the first one at once.
        self._last_sent_at: dict[BundleKey, datetime] = {}

    def run(self, stop: threading.Event) -> None:
        """Deliver until ``stop`` is set; what is away is waited for."""
        released = False
        while not stop.is_set():
            wait_s = self._settings.look_every_s
            try:
                if not released:
                    self._context.outbox.release(self._channel.name)
                    released = True
                self.round(stop)
            except Unavailable as away:
                wait_s = away.retry_after_s
                _log.warning("unavailable", what=away.what, retry_after_s=wait_s, worker=self._channel.name)
            stop.wait(wait_s)

    def round(self, stop: threading.Event) -> None:
        """Go through the messages that are due, once, up to the first that fails. Raises ``Unavailable``."""
        found = self._due()
        tell_waiting(self._context.metrics, self._channel.name, len(found))
        if not found:
            self._wanted.clear()
            return
        progress = self._log_progress.read()
        # Read again: what the ledger had read by the look is in these, so an alert that was closed meanwhile shows.
        found = self._due()
        self._wanted = {key: self._wanted[key] for each in found if (key := _key(each)) in self._wanted}
        ready = [each for each in found if not self._dropped(each) and self._caught_up(each, progress)]
        for bundle in bundled(ready, self._context.catalogue(), self._most):
            # A failure may have taken long: what was read of the others' alerts is old by then.
            if stop.is_set() or (self._is_due(bundle) and not self._deliver(bundle, stop)):
                return

    def _is_due(self, bundle: Bundle) -> bool:
        last_sent_at = self._last_sent_at.get(bundle.key)
        return is_due(bundle, last_sent_at, self._context.clock.now(), self._settings, self._most)

    def _due(self) -> list[Waiting]:
        return self._context.outbox.waiting(self._channel.name, self._context.clock.now())

    def _dropped(self, waiting: Waiting) -> bool:
        now = self._context.clock.now()
        why = dropped_because(waiting, now, self._settings)
        if why:
            self._context.outbox.ended(waiting, DeliveryOutcome.DROPPED, why, now)
            count_message(self._context.metrics, waiting.channel, DeliveryOutcome.DROPPED.value)
        return bool(why)

    def _caught_up(self, waiting: Waiting, progress: Progress) -> bool:
        """Whether all that stood in the log when the message was first found is in the ledger by now."""
        ends = self._log_progress.of_store(waiting.alert.store, progress.ends)
        return reached(progress.read, self._wanted.setdefault(_key(waiting), ends))

    def _deliver(self, bundle: Bundle, stop: threading.Event) -> bool:
        """Send a message, unless it waits for pictures or others have all of it; ``False`` if the channel failed."""
        context, now = self._context, self._context.clock.now()
        pictures = [self._pictures(each) for each in bundle.members[:PICTURES_MOST]]
        for each, found in zip(bundle.members, pictures, strict=False):
            if not all(found) and waits_for_picture(each, now, self._settings):
                return True
        claimed = tuple(each for each in bundle.members if context.outbox.claim(each, now))
        if not claimed:
            return True
        tokens = [self._token(each, now) for each in claimed]
        sent = Bundle(bundle.aisle, claimed)
        wording = bundle_text(sent, context.catalogue(), self._settings.console_url, tokens)
        try:
            self._channel.send(OutgoingMessage(sent, wording, _shown(pictures)), now)
        except ChannelFailed as failed:
            for each in claimed:
                self._failed(each, str(failed))
            return False
        self._last_sent_at[bundle.key] = now
        count_message(context.metrics, self._channel.name, DeliveryOutcome.SENT.value)
        for each in claimed:
            self._mark_sent(each, stop)
        return True

    def _token(self, waiting: Waiting, now: datetime) -> str | None:
        """For a link that answers; what is closed needs no answer."""
        links = self._context.links
        if links is None or waiting.telling is NotificationKind.CLEARED:
            return None
        return links.token(waiting.alert.alert_id, now, timedelta(hours=self._settings.link_valid_h))

    def _failed(self, waiting: Waiting, detail: str) -> None:
        attempts = waiting.attempts + 1
        again_at = next_try_at(attempts, self._context.clock.now(), self._settings)
        _log.warning("message_failed", alert=waiting.alert.alert_id, detail=detail, attempts=attempts)
        count_message(self._context.metrics, waiting.channel, "failed")
        self._context.outbox.failed(waiting, detail, again_at)
        self._fall_back(waiting)

    def _fall_back(self, waiting: Waiting) -> None:
        """Tell others where a channel has been dead for too long; it is tried on, but nobody waits for it."""
        now = self._context.clock.now()
        if not falls_back(waiting, now, self._settings):
            return
        others = self._context.outbox.fall_back(waiting, self._context.routes.instead_of, now)
        if others:
            _log.warning("told_others", alert=waiting.alert.alert_id, instead_of=waiting.channel, channels=others)

    def _mark_sent(self, waiting: Waiting, stop: threading.Event) -> None:
        """Insist: a message that is not marked is sent again."""
        while True:
            try:
                return self._context.outbox.ended(waiting, DeliveryOutcome.SENT, "", self._context.clock.now())
            except Unavailable as away:
                _log.warning("message_not_marked", alert=waiting.alert.alert_id, what=away.what)
                if stop.wait(away.retry_after_s):
                    return None

    def _pictures(self, waiting: Waiting) -> list[bytes | None]:
        """Of a gap the newest evidence; of its end the gap and what was seen instead, where the camera saw it.

        ``None`` where one is not there, or the picture store is away: a message goes without.
        """
        alert = waiting.alert
        events = [alert.event_id]
        if waiting.telling is NotificationKind.CLEARED:
            events = [] if alert.cleared_event_id is None else [alert.event_id, alert.cleared_event_id]
        try:
            return [self._context.pictures.get(evidence_id(alert.store, event, "after")) for event in events]
        except Unavailable as away:
            _log.warning("picture_unavailable", what=away.what)
            return [None for _ in events]


def _shown(pictures: Sequence[Sequence[bytes | None]]) -> tuple[bytes, ...]:
    there = [picture for found in pictures for picture in found if picture is not None]
    return tuple(there[:PICTURES_MOST])


def _key(waiting: Waiting) -> _Key:
    return waiting.alert.alert_id, waiting.step
