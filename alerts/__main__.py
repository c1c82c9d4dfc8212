"""Composition root of alerts: ``build`` makes the service that the ``shelfstream`` command runs.

The loop that keeps the ledger starts once the catalogue is known that it needs.
"""

import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from alerts.delivery.channels import Channel, open_channels
from alerts.delivery.log_progress import Horizon
from alerts.delivery.outbox import Outbox
from alerts.delivery.worker import Bag, Courier
from alerts.handler import AlertsHandler, AlertsItem, MissingSlots
from alerts.ledger import Ledger, LedgerState
from alerts.metrics import count_steps
from alerts.model import AlertsState, SlotWrite
from alerts.rules import Policy
from alerts.settings import AlertsSettings
from shelfstream.background import Background, Work
from shelfstream.bus.loop import Loop
from shelfstream.bus.observer import LoopWatch
from shelfstream.bus.stage import Stage
from shelfstream.bus.topics import ALERTS, ANSWERS, EVENTS, check_partitioning, topic_table
from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.follower import CatalogueFollower
from shelfstream.catalogue.model import Store
from shelfstream.service import LoopService, Parts, Service

_LOOK_EVERY_S = 0.05


class AlertsService:
    """Runs ``loop`` once ``loaded`` is set (the opening hours are known), with ``beside`` running all along."""

    def __init__(self, loop: LoopService, beside: Sequence[tuple[str, Work]], loaded: threading.Event) -> None:
        self.name = loop.name
        self._loop = loop
        self._beside = tuple(beside)
        self._loaded = loaded

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set. Raises what the loop or a thread beside it raises."""
        with ExitStack() as stack:
            for name, work in self._beside:
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


GROUP = "alerts"
_READS = (EVENTS, ANSWERS)


def build(settings: AlertsSettings, parts: Parts) -> Service:
    """Alerts as a service. Raises ``Faults`` for channels that apprise does not know."""
    channels = open_channels(settings.delivery.channels, settings.delivery.send_within_s)
    follower = CatalogueFollower(parts.bus, settings.catalogue_every_s)
    ledger = Ledger(parts.engine, tuple(channels), tell_cleared=settings.delivery.tell_cleared)

    def catalogue() -> Catalogue:
        return follower.snapshot.catalogue

    def store_of(store: str) -> Store | None:
        return catalogue().stores.get(store)

    outbox = Outbox(parts.engine, parts.process, settings.delivery.claim_s)
    bag = Bag(outbox, catalogue, parts.pictures, parts.clock, parts.metrics)
    policy = Policy.of(settings, store_of)
    handler = AlertsHandler(policy, MissingSlots(catalogue).is_gone)

    def make_loop(watch: LoopWatch) -> Loop[AlertsState, AlertsItem, SlotWrite]:
        loop = _loop(settings, parts, ledger, handler, watch)
        outbox.drop_others(tuple(channels), parts.clock.now())
        return loop

    beside = [("alerts-catalogue", follower.run), *_couriers(bag, channels, settings, parts)]
    return AlertsService(LoopService(GROUP, make_loop, parts, reads=_READS), beside, follower.loaded)


def _loop(
    settings: AlertsSettings, parts: Parts, ledger: Ledger, handler: AlertsHandler, watch: LoopWatch
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
    return Loop(stage, parts.bus, clock=parts.clock, settings=settings.loop, watch=watch)


def _couriers(
    bag: Bag, channels: Mapping[str, Channel], settings: AlertsSettings, parts: Parts
) -> list[tuple[str, Work]]:
    def work(channel: Channel) -> Work:
        return lambda stop: _courier(bag, channel, settings, parts, stop)

    return [(f"alerts-{name}", work(channel)) for name, channel in channels.items()]


def _courier(bag: Bag, channel: Channel, settings: AlertsSettings, parts: Parts, stop: threading.Event) -> None:
    admin, reader = parts.bus.admin(), parts.bus.reader()
    try:
        horizon = Horizon(reader, admin, GROUP, topic_table()[EVENTS])
        Courier(bag, channel, horizon, settings.delivery).run(stop)
    finally:
        reader.close()
        admin.close()
