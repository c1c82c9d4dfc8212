"""Composition root of alerts: ``build`` makes the service that the ``shelfstream`` command runs.

The loop that keeps the ledger starts once the catalogue is known that it needs.
"""

import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta

from alerts.cameras.ledger import CameraLedger
from alerts.cameras.troubles import Patience
from alerts.cameras.watch import CameraWatch
from alerts.delivery.channels import AppriseChannel, Channel, open_channels
from alerts.delivery.log_progress import LogProgress
from alerts.delivery.outbox import Outbox
from alerts.delivery.webhook import open_webhooks
from alerts.delivery.worker import DeliveryContext, DeliveryWorker
from alerts.handler import AlertsHandler, AlertsItem, RemovedSlots
from alerts.ledger import Ledger, LedgerState
from alerts.links import AnswerLinks
from alerts.metrics import count_steps
from alerts.model import AlertsState, SlotWrite
from alerts.policy import Policy
from alerts.routes import Routes
from alerts.settings import AlertsSettings, DeliverySettings
from analytics.live.reader import LiveReader
from shelfstream.background import Background, Work
from shelfstream.bus.loop import Loop
from shelfstream.bus.observer import LoopObserver
from shelfstream.bus.stage import Stage
from shelfstream.bus.topics import ALERTS, ANSWERS, EVENTS, check_partitioning, topic_table
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.follower import CatalogueFollower
from shelfstream.catalogue.model import Store
from shelfstream.service import LoopService, Service, StageContext

_LOOK_EVERY_S = 0.05

GROUP = "alerts"
_READS = (EVENTS, ANSWERS)


class AlertsService:
    """Runs ``loop`` once ``loaded`` is set (the opening hours are known), with ``background`` running all along."""

    def __init__(self, loop: LoopService, background: Sequence[tuple[str, Work]], loaded: threading.Event) -> None:
        self.name = loop.name
        self._loop = loop
        self._background = tuple(background)
        self._loaded = loaded

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set. Raises what the loop or a thread in the background raises."""
        with ExitStack() as stack:
            for name, work in self._background:
                stack.enter_context(Background(name, work, stop))
            while not stop.is_set() and not self._loaded.wait(_LOOK_EVERY_S):
                pass
            if not stop.is_set():
                self._loop.run(stop)

    def alive(self) -> bool:
        """Whether the loop beats."""
        return self._loop.alive()

    def ready(self) -> bool:
        """Whether the loop has its partitions, their state restored."""
        return self._loop.ready()


def build(settings: AlertsSettings, parts: StageContext) -> Service:
    """Alerts as a service. Raises ``Faults`` for channels that apprise does not know."""
    channels = _channels(settings.delivery)
    follower = CatalogueFollower(parts.bus, settings.catalogue_every_s)

    def catalogue() -> Catalogue:
        return follower.snapshot.catalogue

    routes = Routes({name: channel.tags for name, channel in channels.items()}, catalogue)
    ledger = Ledger(parts.engine, routes.told, tell_cleared=settings.delivery.tell_cleared)

    def store_of(store: str) -> Store | None:
        return catalogue().stores.get(store)

    outbox = Outbox(parts.engine, parts.process, settings.delivery.claim_s)
    links = AnswerLinks(parts.link_keys) if parts.link_keys else None
    context = DeliveryContext(outbox, routes, catalogue, parts.pictures, parts.clock, parts.metrics, links)
    policy = Policy.of(settings, store_of)
    handler = AlertsHandler(policy, RemovedSlots(catalogue).is_gone)

    def make_loop(observer: LoopObserver) -> Loop[AlertsState, AlertsItem, SlotWrite]:
        loop = _loop(settings, parts, ledger, handler, observer)
        outbox.drop_others(tuple(channels), parts.clock.now())
        return loop

    background = [("alerts-catalogue", follower.run), *_delivery(context, channels, settings, parts)]
    background += _cameras(context, channels, settings, parts)
    return AlertsService(LoopService(GROUP, make_loop, parts, reads=_READS), background, follower.loaded)


def _channels(settings: DeliverySettings) -> dict[str, Channel]:
    """People's channels and programs', by name. Raises ``Faults``."""
    people = open_channels(settings.channels, settings.send_within_s)
    return {**people, **open_webhooks(settings.webhooks, settings.send_within_s)}


def _loop(
    settings: AlertsSettings, parts: StageContext, ledger: Ledger, handler: AlertsHandler, observer: LoopObserver
) -> Loop[AlertsState, AlertsItem, SlotWrite]:
    ledger.check()
    table = topic_table()
    admin = parts.bus.admin()
    counts = admin.partition_counts((*_READS, ALERTS))
    admin.close()
    check_partitioning(counts, (*_READS, ALERTS), table)

    def apply(writes: Sequence[SlotWrite]) -> None:
        ledger.apply(writes)
        count_steps(parts.metrics, writes)

    stage = Stage(
        group=GROUP,
        topics=_READS,
        handler=handler,
        initial=AlertsState(),
        store=LedgerState(ledger, table[EVENTS], counts[EVENTS]),
        apply=apply,
    )
    return Loop(stage, parts.bus, clock=parts.clock, settings=settings.loop, observer=observer)


def _delivery(
    context: DeliveryContext, channels: Mapping[str, Channel], settings: AlertsSettings, parts: StageContext
) -> list[tuple[str, Work]]:
    def work(channel: Channel) -> Work:
        return lambda stop: _deliver(context, channel, settings, parts, stop)

    return [(f"alerts-{name}", work(channel)) for name, channel in channels.items()]


def _cameras(
    context: DeliveryContext, channels: Mapping[str, Channel], settings: AlertsSettings, parts: StageContext
) -> list[tuple[str, Work]]:
    """The watch of cameras, where there is a Redis to look at and an operator to tell."""
    chosen = settings.cameras
    told = {
        name: channel
        for name, channel in channels.items()
        if isinstance(channel, AppriseChannel) and not channel.tags.isdisjoint(chosen.tells)
    }
    if parts.redis is None or not told:
        return []
    watch = CameraWatch(
        LiveReader(parts.redis, parts.clock),
        CameraLedger(parts.engine),
        context.catalogue,
        told,
        parts.clock,
        Patience(timedelta(seconds=chosen.hold_off_s), timedelta(seconds=chosen.silent_after_s)),
        console_url=settings.delivery.console_url,
        every_s=chosen.look_every_s,
        send_within_s=settings.delivery.send_within_s,
    )
    return [("alerts-cameras", watch.run)]


def _deliver(
    context: DeliveryContext, channel: Channel, settings: AlertsSettings, parts: StageContext, stop: threading.Event
) -> None:
    admin, reader = parts.bus.admin(), parts.bus.reader()
    try:
        log_progress = LogProgress(reader, admin, GROUP, topic_table()[EVENTS])
        DeliveryWorker(context, channel, log_progress, settings.delivery).run(stop)
    finally:
        reader.close()
        admin.close()
